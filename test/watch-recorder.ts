// Notes every watch that a server answers, and everything its store writes, so that both can be held against each other
// (watch-validator.ts).
import { fromStored } from '../src/api/conversion.ts'
import { matchesFields, parseFieldSelector } from '../src/api/field-selectors.ts'
import { matchesLabels, parseLabelSelector } from '../src/api/labels.ts'
import { type Resource, resources } from '../src/api/resources.ts'
import type { ApiObject } from '../src/api/types.ts'
import type { ApiRequest, ApiResponse, ByteSink, Send } from '../src/api/wire.ts'
import { negotiate } from '../src/apiserver/negotiate.ts'
import { partialMetadata } from '../src/apiserver/present.ts'
import { isTrue, routeOf, type Target } from '../src/apiserver/request.ts'
import { parseStored, storageOf } from '../src/apiserver/stored.ts'
import type { Store, StoreEvent } from '../src/store/store.ts'
import { checkWatch, type WatchedObject, type WatchHistory, type Written } from './watch-validator.ts'

export interface WatchRecorder {
  /** The same server, listened in on. */
  listeningTo(handle: Send): Send
  /** What is wrong with what was told so far; only watches that were not looked at before their end. */
  problems(): string[]
}

/** Begins at once: before the server writes its first. */
export function recordWatches(store: Store): WatchRecorder {
  const written = new Map<string, StoreEvent[]>()
  for (const collection of new Set(resources.map((resource) => storageOf(resource).collection))) {
    const events: StoreEvent[] = []
    written.set(collection, events)
    store.subscribe(collection, (event) => events.push(event))
  }
  const watches: Recorded[] = []
  return {
    listeningTo: (handle) => async (request) => {
      const response = await handle(request)
      const route = routeOf(request)
      const { body } = response
      if (body.kind !== 'stream' || route.to !== 'target' || route.verb !== 'watch') return response
      const start = (sink: ByteSink) => {
        const recorded = record(store, request, route.target)
        watches.push(recorded)
        const stop = body.start(recorded.tee(sink))
        return () => {
          recorded.left()
          stop()
        }
      }
      return { ...response, body: { kind: 'stream', start } } satisfies ApiResponse
    },
    problems() {
      const problems = watches.flatMap((watch) => checkWatch(watch.history(written)))
      watches.splice(0, watches.length, ...watches.filter((watch) => watch.isOpen()))
      return problems
    },
  }
}

interface Recorded {
  tee(sink: ByteSink): ByteSink
  left(): void
  isOpen(): boolean
  history(written: ReadonlyMap<string, readonly StoreEvent[]>): WatchHistory
}

function record(store: Store, request: ApiRequest, target: Target): Recorded {
  const { resource } = target
  const { collection } = storageOf(resource)
  const startedAt = store.revision
  const listing = store.list(collection)
  if (listing === 'compacted') throw new Error('the present is never compacted')
  const chunks: Uint8Array[] = []
  let end: WatchHistory['end'] = 'open'
  let toldAfterEnd = false
  let behind = false
  const view = viewOf(resource)
  return {
    tee: (sink) => ({
      write(chunk) {
        if (end !== 'open') toldAfterEnd = true
        chunks.push(chunk)
        const isTaken = sink.write(chunk)
        if (!isTaken) behind = true
        return isTaken
      },
      async drained() {
        await sink.drained()
        behind = false
      },
      end() {
        if (end === 'open') end = 'ended'
        sink.end()
      },
      destroy() {
        if (end === 'open') end = 'ended'
        sink.destroy()
      },
    }),
    left() {
      if (end === 'open') end = 'left'
    },
    isOpen: () => end === 'open',
    history: (written) => ({
      what: `${request.method} ${request.path}?${request.query}`,
      from: fromOf(request),
      present: listing.records.map(({ bytes }) => view(bytes)),
      startedAt,
      written: (written.get(collection) ?? []).map((event) => writtenOf(event, view)),
      selects: selectorOf(request, target),
      shown: shownOf(request, target),
      events: eventsOf(chunks),
      end,
      caughtUp: !behind,
      toldAfterEnd,
    }),
  }
}

function writtenOf({ revision, type, record, previous }: StoreEvent, view: (bytes: Uint8Array) => ApiObject): Written {
  const before = previous === undefined ? undefined : view(previous.bytes)
  return { revision, type, object: view(record.bytes), previous: before }
}

function viewOf(resource: Resource): (bytes: Uint8Array) => ApiObject {
  const isStored = storageOf(resource) === resource
  return (bytes) => {
    let stored = parsed.get(bytes)
    if (stored === undefined) {
      stored = parseStored(bytes)
      parsed.set(bytes, stored)
    }
    return isStored ? stored : fromStored(resource, stored)
  }
}

/** Many watches are shown the same objects. */
const parsed = new WeakMap<Uint8Array, ApiObject>()

function fromOf({ query }: ApiRequest): WatchHistory['from'] {
  const initial = query.get('sendInitialEvents')
  const version = Number(query.get('resourceVersion') || '0')
  if (initial !== null) return isTrue(initial) || version === 0 ? 'present' : version
  return version === 0 ? 'present' : version
}

/** Whole objects are looked at, no index and no notes. */
function selectorOf({ query }: ApiRequest, target: Target): (object: WatchedObject) => boolean {
  const { resource, namespace, name } = target
  const labels = parseLabelSelector(query.get('labelSelector') ?? '')
  const fields = parseFieldSelector(resource, query.get('fieldSelector') ?? '')
  return (watched) => {
    const object = watched as ApiObject
    const { metadata } = object
    if (namespace !== undefined && metadata.namespace !== namespace) return false
    if (name !== undefined && metadata.name !== name) return false
    return matchesLabels(labels, metadata.labels) && matchesFields(storageOf(resource), fields, object)
  }
}

function shownOf(request: ApiRequest, { resource }: Target): WatchHistory['shown'] {
  const { as } = negotiate(request)
  switch (as) {
    case 'object':
      return (object) => object
    case 'metadata':
      return (object) => partialMetadata(object as ApiObject)
    case 'table':
      // Ages depend on the moment; the version and the type are looked at.
      return () => undefined
    default:
      throw new Error(`a watch of ${resource.plural} as ${as satisfies never}`)
  }
}

function eventsOf(chunks: readonly Uint8Array[]): WatchHistory['events'] {
  const lines = Buffer.concat(chunks).toString('utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}
