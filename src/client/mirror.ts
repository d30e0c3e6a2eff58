// A mirror of one collection: what the server has told, and what this process itself wrote and has not been told of yet.
// A controller that decides from it sees its own writes, so it never makes a pod twice or takes two down for one.
// Upstream counts its writes instead and waits until as many events have come (expectations), or since 1.36 until the
// cache has reached the version of the last write (KEP-5647); here nobody has to wait.

import type { ApiObject } from '../api/types.ts'
import { Cache, type Change, type Indexes, keyOf } from './cache.ts'
import type { CacheChange } from './list-watch.ts'

export const mirrorLimits = {
  /** A write that no list and no event confirms by then is given up. Upstream: ExpectationsTimeout. */
  unconfirmedMs: 300_000,
} as const

interface Written {
  readonly version: number
  readonly atMs: number
}

interface Deleted {
  /** 'going' may still be seen, with this deletionTimestamp; 'gone' may not. */
  readonly state: 'going' | 'gone'
  readonly deletionTimestamp: string
  readonly atMs: number
}

const nothing: readonly never[] = []

export class Mirror<T extends ApiObject> {
  readonly cache: Cache<T>
  /** By key: versions are compared, which Kubernetes allows inside one collection (KEP-5504). */
  readonly #written = new Map<string, Written>()
  /** By uid: an object whose deletion was accepted never comes back, whatever late events say. */
  readonly #deleted = new Map<string, Deleted>()
  #revision = 0

  constructor(indexes: Indexes<T> = {}) {
    this.cache = new Cache(indexes)
  }

  /** The newest resourceVersion the server has told of. */
  get revision(): number {
    return this.#revision
  }

  /** Writes that no event has confirmed yet. */
  get unconfirmed(): number {
    return this.#written.size + this.#deleted.size
  }

  /** What the server tells. */
  apply(change: CacheChange<T>, nowMs: number): readonly Change<T>[] {
    switch (change.do) {
      case 'replace':
        this.#revision = Number(change.resourceVersion)
        return this.#replace(change.items, nowMs)
      case 'put':
        this.#revision = versionOf(change.object)
        return this.#put(change.object, nowMs)
      case 'remove':
        this.#revision = versionOf(change.object)
        return this.#remove(change.object)
      case 'note':
        this.#revision = Number(change.resourceVersion)
        return nothing
      default:
        return change satisfies never
    }
  }

  /** The server's answer to a create, an update or a patch. */
  wrote(object: T, nowMs: number): readonly Change<T>[] {
    const key = keyOf(object)
    const version = versionOf(object)
    const known = this.cache.get(key)
    if (known !== undefined && versionOf(known) >= version) return nothing
    // Told of everything up to there, and it is not here: it was deleted before its answer came.
    if (version <= this.#revision && known?.metadata.uid !== object.metadata.uid) return nothing
    const shown = this.#shown(object, nowMs)
    if (shown === undefined) return nothing
    if (version > this.#revision) this.#written.set(key, { version, atMs: nowMs })
    return this.cache.put(shown)
  }

  /** The server has accepted the deletion of this object, or says that it is gone. */
  wroteDeletion(object: T, state: Deleted['state'], deletionTimestamp: string, nowMs: number): readonly Change<T>[] {
    const known = this.cache.get(keyOf(object))
    const { uid = '' } = object.metadata
    if (known === undefined || known.metadata.uid !== uid) return nothing
    this.#deleted.set(uid, { state, deletionTimestamp, atMs: nowMs })
    if (state === 'gone') return this.cache.remove(known)
    return known.metadata.deletionTimestamp === undefined ? this.cache.put(this.#shown(known, nowMs)!) : nothing
  }

  #put(object: T, nowMs: number): readonly Change<T>[] {
    const key = keyOf(object)
    const known = this.cache.get(key)
    if (known !== undefined && versionOf(known) > versionOf(object)) return nothing
    this.#written.delete(key)
    // Our own write, told of: nothing is new.
    if (isSame(known, object)) return nothing
    const shown = this.#shown(object, nowMs)
    return shown === undefined ? nothing : this.cache.put(shown)
  }

  #remove(object: T): readonly Change<T>[] {
    this.#deleted.delete(object.metadata.uid ?? '')
    const known = this.cache.get(keyOf(object))
    // A later one of the same name, which we have made ourselves, stays.
    if (known !== undefined && known.metadata.uid !== object.metadata.uid && versionOf(known) > versionOf(object)) {
      return nothing
    }
    this.#written.delete(keyOf(object))
    return this.cache.remove(object)
  }

  #replace(listed: readonly T[], nowMs: number): readonly Change<T>[] {
    const objects = new Map<string, T>()
    const uids = new Set<string>()
    for (const object of listed) {
      uids.add(object.metadata.uid ?? '')
      const shown = this.#shown(object, nowMs)
      if (shown !== undefined) objects.set(keyOf(object), shown)
    }
    for (const [key, { version, atMs }] of this.#written) {
      const ours = this.cache.get(key)
      // The list may have been made before our write.
      const isNewer = version > this.#revision && nowMs - atMs < mirrorLimits.unconfirmedMs
      if (isNewer && ours !== undefined) objects.set(key, ours)
      else this.#written.delete(key)
    }
    for (const [uid, { atMs }] of this.#deleted) {
      if (!uids.has(uid) || nowMs - atMs >= mirrorLimits.unconfirmedMs) this.#deleted.delete(uid)
    }
    return this.cache.replace([...objects.values()])
  }

  /** How an object looks once our deletions are taken into account; undefined: it is gone. */
  #shown(object: T, nowMs: number): T | undefined {
    const deleted = this.#deleted.get(object.metadata.uid ?? '')
    if (deleted === undefined || nowMs - deleted.atMs >= mirrorLimits.unconfirmedMs) return object
    if (deleted.state === 'gone') return undefined
    if (object.metadata.deletionTimestamp !== undefined) return object
    return { ...object, metadata: { ...object.metadata, deletionTimestamp: deleted.deletionTimestamp } }
  }
}

function isSame(a: ApiObject | undefined, b: ApiObject): boolean {
  return a?.metadata.uid === b.metadata.uid && a?.metadata.resourceVersion === b.metadata.resourceVersion
}

function versionOf(object: ApiObject): number {
  return Number(object.metadata.resourceVersion ?? 0)
}
