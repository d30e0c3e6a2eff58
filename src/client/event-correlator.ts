// Which of many happenings become an event, and which only count up an earlier one (R9.10). No clock, no client: the
// time comes with each happening. Upstream: client-go/tools/record/events_cache.go.

import type { ObjectReference } from '../api/types.ts'

/** Something that happened, before it is written down. */
export interface Happening {
  readonly involved: ObjectReference
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export type Correlated =
  /** A new event under this name. */
  | { readonly do: 'create'; readonly message: string; readonly entry: Entry }
  /** The entry's event has happened once more. */
  | { readonly do: 'count'; readonly message: string; readonly entry: Entry }
  /** Too many of this kind: dropped. */
  | { readonly do: 'drop' }

/** What is known of one event that was written. */
export interface Entry {
  count: number
  readonly firstMs: number
  lastMs: number
  /** The object's name in the API; set by whoever wrote it. */
  name: string | undefined
}

export const correlation = {
  /** So many different messages of one object, type and reason … */
  similarMessages: 10,
  /** … with never a longer silence than this between two, are told as one event. */
  similarWithinMs: 600_000,
  /** Events of one object and type that may come at once … */
  burst: 25,
  /** … and how long one more takes. */
  refillMs: 300_000,
  /** How many of each are remembered; the longest untouched goes first. Upstream: maxLruCacheEntries. */
  remembered: 4096,
} as const

interface Similar {
  readonly messages: Set<string>
  lastMs: number
}

interface Bucket {
  tokens: number
  atMs: number
}

/** The memory of one source (a component on a host). */
export class EventCorrelator {
  readonly #similar = new Map<string, Similar>()
  readonly #entries = new Map<string, Entry>()
  readonly #buckets = new Map<string, Bucket>()

  correlate(happening: Happening, nowMs: number): Correlated {
    const { involved, type, reason } = happening
    const { apiVersion, kind, namespace, name, uid, fieldPath } = involved
    const objectAndType = [apiVersion, kind, namespace, name, uid, type].join('\0')
    const alike = [objectAndType, fieldPath, reason].join('\0')
    const combined = this.#isOneOfMany(alike, happening.message, nowMs)
    const message = combined ? `(combined from similar events): ${happening.message}` : happening.message
    const entryKey = combined ? alike : `${alike}\0${message}`
    const entry = touch(this.#entries, entryKey, () => ({ count: 0, firstMs: nowMs, lastMs: nowMs, name: undefined }))
    entry.count++
    entry.lastMs = nowMs
    if (!this.#takeToken(objectAndType, nowMs)) return { do: 'drop' }
    return { do: entry.name === undefined ? 'create' : 'count', message, entry }
  }

  #isOneOfMany(alike: string, message: string, nowMs: number): boolean {
    const similar = touch(this.#similar, alike, () => ({ messages: new Set<string>(), lastMs: nowMs }))
    if (nowMs - similar.lastMs > correlation.similarWithinMs) similar.messages.clear()
    similar.lastMs = nowMs
    similar.messages.add(message)
    if (similar.messages.size < correlation.similarMessages) return false
    const [oldest] = similar.messages
    similar.messages.delete(oldest!)
    return true
  }

  #takeToken(objectAndType: string, nowMs: number): boolean {
    const bucket = touch(this.#buckets, objectAndType, () => ({ tokens: correlation.burst, atMs: nowMs }))
    bucket.tokens = Math.min(correlation.burst, bucket.tokens + (nowMs - bucket.atMs) / correlation.refillMs)
    bucket.atMs = nowMs
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }
}

/** The value of a key, made where there is none, and moved to the young end of a bounded map. */
function touch<V>(map: Map<string, V>, key: string, make: () => V): V {
  const value = map.get(key) ?? make()
  map.delete(key)
  map.set(key, value)
  if (map.size > correlation.remembered) {
    const [oldest] = map.keys()
    map.delete(oldest!)
  }
  return value
}
