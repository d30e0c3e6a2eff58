// Writing to the store: one decision about one object, taken and written in one tick, so that nothing comes between
// what was read and what is written.

import type { Resource } from '../api/resources.ts'
import { ApiError, alreadyExistsError, conflictError, notFoundError } from '../api/status.ts'
import type { ApiObject } from '../api/types.ts'
import { RevisionMismatch, type StoredRecord, type WriteOptions } from '../store/store.ts'
import { noteFacts } from './facts.ts'
import type { Parts } from './parts.ts'
import { encodeStored, parseStored, restamp, storageOf, storeKey } from './stored.ts'

/** Which stored object. */
export interface Place {
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly name: string
}

export type Decision =
  | { readonly do: 'put'; readonly object: ApiObject }
  /** For good. `object` is the last state watchers see; undefined: as it was. */
  | { readonly do: 'remove'; readonly object?: ApiObject }
  | { readonly do: 'nothing' }

export interface Outcome {
  readonly did: Decision['do']
  /** The object after the write, or its last state. */
  readonly bytes: Uint8Array
}

export const registryLimits = {
  /** Only a store whose expectations can fail between `head` and `write` ever needs a second try. */
  tries: 5,
} as const

/** The object must not be there. On a dry run nothing is stored, and the answer has no resourceVersion (W9.8). */
export async function createStored(
  parts: Parts,
  place: Place,
  object: ApiObject,
  dryRun: boolean,
): Promise<Uint8Array> {
  const key = keyOf(place)
  const storage = storageOf(place.resource)
  const { collection } = storage
  if (dryRun) {
    if (parts.store.head(collection, key) === undefined) return encodeUnstored(storage, object)
    return refuse(parts, storage, key, alreadyExistsError(place.resource, place.name))
  }
  const write = { collection, key, expect: 0, encode: encodeAndNote(storage, object), ...durabilityOf(parts, storage) }
  try {
    return (await parts.store.write(write)).bytes
  } catch (error) {
    if (!(error instanceof RevisionMismatch)) throw error
    return refuse(parts, storage, key, alreadyExistsError(place.resource, place.name))
  }
}

/** `decide` is given the object as it stands now; it must not change it, and must not wait. */
export async function changeStored(
  parts: Parts,
  place: Place,
  dryRun: boolean,
  decide: (old: ApiObject, record: StoredRecord) => Decision,
): Promise<Outcome> {
  const storage = storageOf(place.resource)
  const key = keyOf(place)
  for (let attempt = 1; ; attempt++) {
    const record = parts.store.head(storage.collection, key)
    if (record === undefined) return refuse(parts, storage, key, notFoundError(place.resource, place.name))
    let decision: Decision
    try {
      const old = parseStored(record.bytes)
      decision = decide(old, record)
      // Written anew although nothing changes: this is how `kubectl get … | kubectl replace -f -` brings what is stored
      // under today's key. Upstream: etcd3/store.go, GuaranteedUpdate (origState.stale).
      if (decision.do === 'nothing' && record.stale === true) decision = { do: 'put', object: old }
    } catch (error) {
      return refuse(parts, storage, key, error)
    }
    if (dryRun) return { did: decision.do, bytes: unstored(storage, record, decision) }
    if (decision.do === 'nothing') {
      await visible(parts, storage, key)
      return { did: 'nothing', bytes: record.bytes }
    }
    try {
      const written = await parts.store.write(writeOf(parts, storage, key, record, decision))
      return { did: decision.do, bytes: written.bytes }
    } catch (error) {
      if (!(error instanceof RevisionMismatch)) throw error
      if (attempt === registryLimits.tries) throw conflictError(place.resource, place.name)
    }
  }
}

/** Refuses as a change would. */
export async function mustBeThere(parts: Parts, place: Place): Promise<void> {
  const storage = storageOf(place.resource)
  const key = keyOf(place)
  if (parts.store.head(storage.collection, key) !== undefined) return
  await refuse(parts, storage, key, notFoundError(place.resource, place.name))
}

function writeOf(
  parts: Parts,
  storage: Resource,
  key: string,
  record: StoredRecord,
  decision: Exclude<Decision, { do: 'nothing' }>,
): WriteOptions {
  const { collection } = storage
  const common = { collection, key, expect: record.revision, ...durabilityOf(parts, storage) }
  switch (decision.do) {
    case 'put':
      return { ...common, encode: encodeAndNote(storage, decision.object) }
    case 'remove': {
      const { object } = decision
      const encode =
        object === undefined
          ? (revision: number) => restamp(storage, record.bytes, revision)
          : encodeAndNote(storage, object)
      return { ...common, delete: true, encode }
    }
    default:
      return decision satisfies never
  }
}

function keyOf({ resource, namespace, name }: Place): string {
  return storeKey(resource.namespaced ? namespace : undefined, name)
}

function encodeAndNote(storage: Resource, object: ApiObject): (revision: number) => Uint8Array {
  const encode = encodeStored(storage, object)
  return (revision) => {
    const bytes = encode(revision)
    noteFacts(storage, bytes, object)
    return bytes
  }
}

function durabilityOf(parts: Parts, storage: Resource): Pick<WriteOptions, 'durability'> {
  return { durability: parts.durability === 'strict' ? 'flushed' : storage.durability }
}

function unstored(storage: Resource, record: StoredRecord, decision: Decision): Uint8Array {
  if (decision.do === 'nothing' || decision.object === undefined) return record.bytes
  return encodeStored(storage, decision.object)(record.revision)
}

function encodeUnstored(storage: Resource, object: ApiObject): Uint8Array {
  const { resourceVersion, ...metadata } = object.metadata
  return Buffer.from(JSON.stringify({ ...object, kind: storage.kind, metadata }))
}

/**
 * A refusal says what stands there now, so it waits like any answer: whoever is told of a conflict and looks must find
 * what it conflicted with, or it would decide the same again and again.
 */
async function refuse(parts: Parts, storage: Resource, key: string, refusal: unknown): Promise<never> {
  await visible(parts, storage, key)
  throw refusal
}

/**
 * Waits until readers see this object as it was last written: an answer that says "it is so already" promises as much
 * as a write does.
 */
function visible({ store, clock }: Parts, { collection }: Resource, key: string): Promise<void> {
  const isVisible = () => store.get(collection, key)?.revision === store.head(collection, key)?.revision
  if (isVisible()) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      unsubscribe()
      cancel()
      settle()
    }
    const unsubscribe = store.subscribe(collection, (event) => {
      if (event.record.key === key && isVisible()) done(resolve)
    })
    const late = new ApiError('Timeout', `${key} is not stored yet`, { retryAfterSeconds: 1 })
    const cancel = clock.after(visibleTimeoutMs, () => done(() => reject(late)))
  })
}

const visibleTimeoutMs = 10_000
