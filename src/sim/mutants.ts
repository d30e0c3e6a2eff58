// Faults of ours, planted one at a time at the seams of the parts, to see that the checks find them (B4). No part of the
// product knows of them: each is a wrapper around what a part is handed.

import { pods } from '../api/resources.ts'
import type { ApiObject, DaemonSet, List, Pod } from '../api/types.ts'
import type { ApiBody, ApiRequest, ApiResponse, Send } from '../api/wire.ts'
import { Unreachable } from '../client/client.ts'
import type { Change, Informer } from '../client/informer.ts'
import type { Informers } from '../client/informers.ts'
import type { Journal } from '../store/journal.ts'
import { MemoryDisk } from '../store/memory.ts'

export interface Mutant {
  readonly name: string
  /** The disk of the store. */
  readonly disk?: () => MemoryDisk
  /** The server itself. */
  readonly handle?: (send: Send) => Send
  /** What a client's requests go through before the network. */
  readonly network?: (who: string, send: Send) => Send
  /** What the controllers see. */
  readonly informers?: (informers: Informers) => Informers
}

const daemonSetController = 'system:controller:daemonset-controller'

const withoutPreconditions: Mutant = {
  name: 'skip preconditions',
  network: (who, send) => (who === daemonSetController ? (request) => send(unconditional(request)) : send),
}

const withoutUid: Mutant = {
  name: 'drop the uid check',
  network: (who, send) => {
    if (!who.startsWith('system:node:')) return send
    return (request) => send(unconditional(request))
  },
}

/** A controller that forgets what it has just done, until the server tells it. */
const staleCache: Mutant = {
  name: 'act on a stale cache',
  informers: (informers) => ({
    of: (resource, indexes) => without(informers.of(resource, indexes), { wrote() {}, wroteDeletion() {} }),
    stop: () => informers.stop(),
  }),
}

/** Old pods that serve nobody are taken for pods that do, and new ones as well. */
const countsUnready: Mutant = {
  name: 'count unready pods wrong',
  informers: (informers) => ({
    of: <T extends ApiObject>(resource: Parameters<Informers['of']>[0], indexes: Parameters<Informers['of']>[1]) => {
      const informer = informers.of<T>(resource, indexes as never)
      return resource === pods ? seenAs(informer, readyAlways as unknown as (object: T) => T) : informer
    },
    stop: () => informers.stop(),
  }),
}

/** Now and then a bookmark instead of an event: the client believes that it has seen what it has not. */
const forgottenEvent: Mutant = {
  name: 'bookmark ahead of the events',
  handle: (send) => {
    let lines = 0
    return watching(send, (line) => (++lines % 50 === 0 ? bookmarkOf(line) : line))
  },
}

/** Whoever asks is told that it is safe while it is not. */
const ackBeforeFlush: Mutant = {
  name: 'answer before the flush',
  disk: () =>
    diskThat((journal) => ({
      ...journal,
      flush: async (writes, reserve) => void journal.flush(writes, reserve),
    })),
}

/** After a crash revisions go on from the last one on the disk, not from what was set aside. */
const reusedRevision: Mutant = {
  name: 'use a revision twice',
  disk: () =>
    diskThat((journal) => {
      const records = [...journal.opened.records]
      const revision = Math.max(1, ...records.map(({ record }) => record.revision))
      return { ...journal, opened: { records, revision } }
    }),
}

/** What was deleted while nobody listened stays in the list that follows. */
const lostDelete: Mutant = {
  name: 'lose a DELETE on 410',
  network: (who, send) => {
    if (!who.endsWith(':informers')) return send
    let known: List<Pod>['items'] = []
    return async (request) => {
      const response = await send(request)
      if (request.path !== '/api/v1/pods' || request.query.get('watch') === 'true' || response.status !== 200) {
        return response
      }
      const list: List<Pod> = JSON.parse(textOf(response.body))
      const names = new Set(list.items.map(({ metadata }) => metadata.name))
      const items = [...list.items, ...known.filter(({ metadata }) => !names.has(metadata.name))]
      known = items
      return { ...response, body: bodyOf({ ...list, items }) }
    }
  },
}

/** The status says that the newest template has been seen, before it has. */
const statusFirst: Mutant = {
  name: 'status before spec',
  network: (who, send) => {
    if (who !== daemonSetController) return send
    return async (request) => {
      if (request.method !== 'PUT' || !request.path.endsWith('/status')) return send(request)
      const current = await send({
        ...request,
        method: 'GET',
        path: request.path.replace(/\/status$/, ''),
        body: noBody,
      })
      if (current.status !== 200) return send(request)
      const { metadata }: DaemonSet = JSON.parse(textOf(current.body))
      const wanted: DaemonSet = JSON.parse(Buffer.from(request.body).toString())
      if (wanted.metadata.uid !== metadata.uid || wanted.status === undefined) return send(request)
      const status = { ...wanted.status, observedGeneration: metadata.generation ?? 0 }
      const { resourceVersion } = metadata
      return send({
        ...request,
        body: bytesOf({ ...wanted, metadata: { ...wanted.metadata, resourceVersion }, status }),
      })
    }
  },
}

/** And under another name: the server draws it where the request has none. */
const createsTwice: Mutant = {
  name: 'create again on a timeout',
  network: (who, send) => {
    if (who !== daemonSetController) return send
    return (request) => {
      return send(request).catch((error) => {
        const again = request.method === 'POST' && request.path.endsWith('/pods') && error instanceof Unreachable
        if (!again) throw error
        return send(unnamed(request))
      })
    }
  },
}

export const mutants: readonly Mutant[] = [
  withoutPreconditions,
  withoutUid,
  staleCache,
  countsUnready,
  forgottenEvent,
  ackBeforeFlush,
  reusedRevision,
  lostDelete,
  statusFirst,
  createsTwice,
]

const noBody = new Uint8Array()

/** The request without preconditions, where it deletes a pod. */
function unconditional(request: ApiRequest): ApiRequest {
  if (request.method !== 'DELETE' || !request.path.includes('/pods/') || request.body.length === 0) return request
  const options = JSON.parse(Buffer.from(request.body).toString())
  return { ...request, body: bytesOf({ ...options, preconditions: undefined }) }
}

function unnamed(request: ApiRequest): ApiRequest {
  const pod: Pod = JSON.parse(Buffer.from(request.body).toString())
  const { name, ...metadata } = pod.metadata
  return metadata.generateName === undefined ? request : { ...request, body: bytesOf({ ...pod, metadata }) }
}

function without<T extends ApiObject>(informer: Informer<T>, changed: Partial<Informer<T>>): Informer<T> {
  return new Proxy(informer, {
    get(target, name) {
      if (name in changed) return changed[name as keyof Informer<T>]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Every object looks as `view` has it. */
function seenAs<T extends ApiObject>(informer: Informer<T>, view: (object: T) => T): Informer<T> {
  const viewed = new WeakMap<T, T>()
  const look = (object: T) => {
    const seen = viewed.get(object) ?? view(object)
    viewed.set(object, seen)
    return seen
  }
  const lookAt = (change: Change<T>): Change<T> => ({
    ...change,
    object: look(change.object),
    ...(change.previous === undefined ? {} : { previous: look(change.previous) }),
  })
  return without(informer, {
    get: (key) => {
      const object = informer.get(key)
      return object === undefined ? undefined : look(object)
    },
    list: () => informer.list().map(look),
    byIndex: (index, value) => informer.byIndex(index, value).map(look),
    byIndexPrefix: (index, prefix) => informer.byIndexPrefix(index, prefix).map(look),
    onChange: (listener) => informer.onChange((change) => listener(lookAt(change))),
  })
}

function readyAlways(pod: Pod): Pod {
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }]
  return { ...pod, status: { ...pod.status, conditions } }
}

/** The server with other lines in its watches of all pods. */
function watching(send: Send, change: (line: Uint8Array) => Uint8Array): Send {
  return async (request) => {
    const response = await send(request)
    const { body } = response
    if (body.kind !== 'stream' || request.path !== '/api/v1/pods') return response
    const start: typeof body.start = (sink) =>
      body.start({
        write: (line) => sink.write(change(line)),
        drained: () => sink.drained(),
        end: () => sink.end(),
        destroy: () => sink.destroy(),
      })
    return { ...response, body: { kind: 'stream', start } }
  }
}

function bookmarkOf(line: Uint8Array): Uint8Array {
  const { object } = JSON.parse(Buffer.from(line).toString())
  const { resourceVersion } = object.metadata
  const bookmark = { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion, creationTimestamp: null } }
  return Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object: bookmark })}\n`)
}

function diskThat(change: (journal: Journal) => Journal): MemoryDisk {
  const disk = new MemoryDisk({ flush: 'by hand' })
  return new Proxy(disk, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (name === 'open') return () => change(target.open())
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function textOf(body: ApiBody): string {
  if (body.kind === 'stream') return ''
  return Buffer.from(body.kind === 'bytes' ? body.bytes : Buffer.concat(body.slices)).toString()
}

function bodyOf(value: unknown): ApiResponse['body'] {
  return { kind: 'bytes', bytes: bytesOf(value) }
}

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}
