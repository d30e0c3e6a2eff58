// A live copy of one collection: lists and watches it for as long as it runs, keeps the objects in a cache, and tells
// listeners what changed. The protocol is list-watch.ts; here are its awaits.

import type { Resource } from '../api/resources.ts'
import { ApiError } from '../api/status.ts'
import { formatTime } from '../api/time.ts'
import type { ApiObject } from '../api/types.ts'
import { withJitter } from '../base/backoff.ts'
import { type Clock, sleep } from '../base/clock.ts'
import { type Log, silentLog } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Change, Indexes } from './cache.ts'
import type { Client, ListSelection } from './client.ts'
import { beginning, type CacheChange, type Following, type Heard, step } from './list-watch.ts'
import { Mirror } from './mirror.ts'

export type { Change } from './cache.ts'

export interface InformerOptions<T extends ApiObject> extends ListSelection {
  readonly client: Client
  readonly resource: Resource
  readonly clock: Clock
  readonly random: Random
  readonly log?: Log | undefined
  readonly indexes?: Indexes<T>
  /** Drops what nobody here reads, before it is kept. */
  readonly trim?: (object: T) => T
}

export interface Informer<T extends ApiObject> {
  /** Starts to follow; returns the way to stop. Once only. */
  start(): () => void
  /** Resolves with the first complete list. */
  readonly synced: Promise<void>
  hasSynced(): boolean
  /** By `namespace/name`, or `name` of a cluster-wide object. */
  get(key: string): T | undefined
  /** In no particular order: callers sort. */
  list(): readonly T[]
  byIndex(index: string, value: string): readonly T[]
  /** Those that have a value which begins so. */
  byIndexPrefix(index: string, prefix: string): readonly T[]
  /** Further indexes, by name; one that is there already is kept. */
  addIndexes(indexes: Indexes<T>): void
  /** The newest resourceVersion the cache has processed. */
  readonly revision: number
  /** Takes in the server's answer to a write of this process, before its event comes (mirror.ts). */
  wrote(object: T): void
  /** The same of a deletion: 'going' where the object may still be seen for a while. */
  wroteDeletion(object: T, state: 'going' | 'gone'): void
  /** Hears of every object that is known already as 'added', then of every change; returns the way to stop. */
  onChange(listener: (change: Change<T>) => void): () => void
}

export const informerLimits = {
  /** Objects a page. Upstream: pager.defaultPageSize. */
  pageSize: 500,
  /** A watch asks to be ended after this time and up to as much again, so that a server's watches spread (W16.1). */
  watchSeconds: 300,
  /** A watch that is not ended by then hangs, and is broken off. */
  overdueSeconds: 30,
  /** A watch that ends sooner, and without an event, counts as a failure (W16.3). */
  shortWatchMs: 1000,
} as const

export function createInformer<T extends ApiObject>(options: InformerOptions<T>): Informer<T> {
  return new Follower(options)
}

class Follower<T extends ApiObject> implements Informer<T> {
  readonly synced: Promise<void>
  readonly #options: InformerOptions<T>
  readonly #log: Log
  readonly #mirror: Mirror<T>
  readonly #listeners = new Set<(change: Change<T>) => void>()
  #hasSynced = false
  #resolveSynced: () => void = () => {}
  #started = false

  constructor(options: InformerOptions<T>) {
    this.#options = options
    this.#log = (options.log ?? silentLog).child({ informer: options.resource.plural })
    this.#mirror = new Mirror(options.indexes)
    this.synced = new Promise((resolve) => {
      this.#resolveSynced = resolve
    })
  }

  get revision(): number {
    return this.#mirror.revision
  }

  hasSynced(): boolean {
    return this.#hasSynced
  }

  get(key: string): T | undefined {
    return this.#mirror.cache.get(key)
  }

  list(): readonly T[] {
    return this.#mirror.cache.list()
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.#mirror.cache.byIndex(index, value)
  }

  byIndexPrefix(index: string, prefix: string): readonly T[] {
    return this.#mirror.cache.byIndexPrefix(index, prefix)
  }

  addIndexes(indexes: Indexes<T>): void {
    this.#mirror.cache.addIndexes(indexes)
  }

  onChange(listener: (change: Change<T>) => void): () => void {
    for (const object of this.#mirror.cache.list()) listener({ type: 'added', object })
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  wrote(object: T): void {
    this.#tell(this.#mirror.wrote(this.#trim(object), this.#options.clock.monotonic()))
  }

  wroteDeletion(object: T, state: 'going' | 'gone'): void {
    const { clock } = this.#options
    this.#tell(this.#mirror.wroteDeletion(object, state, formatTime(clock.now()), clock.monotonic()))
  }

  start(): () => void {
    if (this.#started) throw new Error(`the informer of ${this.#options.resource.plural} runs already`)
    this.#started = true
    const stop = new AbortController()
    void this.#follow(stop.signal)
    return () => stop.abort()
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options
    let state: Following<T> = beginning
    while (!signal.aborted) {
      if (state.restMs > 0) await sleep(clock, withJitter(state.restMs, 1, random.float()), signal)
      if (signal.aborted) return
      switch (state.at) {
        case 'listing': {
          const heard = await this.#page(state)
          if (signal.aborted) return
          state = this.#hear(state, heard)
          break
        }
        case 'watching':
          state = await this.#watch(state, signal)
          break
        default:
          state satisfies never
      }
    }
  }

  async #page(state: Following<T> & { at: 'listing' }): Promise<Heard<T>> {
    const { client, resource, namespace, labelSelector, fieldSelector } = this.#options
    const limit = state.paged ? informerLimits.pageSize : undefined
    const selection = { namespace, labelSelector, fieldSelector, limit, continue: state.continueToken }
    try {
      const { items, metadata } = await client.list<T>(resource, selection)
      const continueToken = metadata.continue === '' ? undefined : metadata.continue
      return {
        heard: 'page',
        items: items.map(this.#trim),
        resourceVersion: metadata.resourceVersion ?? '',
        continueToken,
      }
    } catch (error) {
      return this.#broken('list', error)
    }
  }

  /** Watches until something else is to be done. */
  async #watch(watching: Following<T> & { at: 'watching' }, signal: AbortSignal): Promise<Following<T>> {
    const { client, clock, random, resource, namespace, labelSelector, fieldSelector } = this.#options
    const startedAt = clock.monotonic()
    const timeoutSeconds = Math.ceil(withJitter(informerLimits.watchSeconds, 1, random.float()))
    const end = new AbortController()
    const endWatch = () => end.abort()
    signal.addEventListener('abort', endWatch)
    const cancelOverdue = clock.after((timeoutSeconds + informerLimits.overdueSeconds) * 1000, endWatch)
    const events = client
      .watch<T>(
        resource,
        {
          namespace,
          labelSelector,
          fieldSelector,
          resourceVersion: watching.resourceVersion,
          allowBookmarks: true,
          timeoutSeconds,
        },
        end.signal,
      )
      [Symbol.asyncIterator]()
    let state: Following<T> = watching
    let silent = true
    try {
      for (;;) {
        const heard = await this.#nextEvent(
          events,
          () => silent && clock.monotonic() - startedAt < informerLimits.shortWatchMs,
        )
        if (signal.aborted) return state
        state = this.#hear(state, heard)
        if (heard.heard !== 'event') return state
        silent = false
      }
    } finally {
      cancelOverdue()
      signal.removeEventListener('abort', endWatch)
      end.abort()
      void events.return?.()
    }
  }

  async #nextEvent(
    events: AsyncIterator<{ type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: T }>,
    isShort: () => boolean,
  ): Promise<Heard<T>> {
    try {
      const next = await events.next()
      if (next.done === true) return { heard: 'end', short: isShort() }
      const { type, object } = next.value
      return { heard: 'event', event: { type, object: type === 'BOOKMARK' ? object : this.#trim(object) } }
    } catch (error) {
      return this.#broken('watch', error)
    }
  }

  #broken(act: 'list' | 'watch', error: unknown): Heard<T> {
    if (error instanceof ApiError && error.code === 410) {
      this.#log.debug(`${act} expired`, { error: error.message })
      return { heard: 'gone' }
    }
    this.#log.warn(`${act} failed`, { error: String(error) })
    const seconds = error instanceof ApiError ? (error.details?.retryAfterSeconds ?? 0) : 0
    return { heard: 'failure', retryAfterMs: seconds * 1000 }
  }

  #hear(state: Following<T>, heard: Heard<T>): Following<T> {
    const [next, change] = step(state, heard)
    if (change !== undefined) this.#apply(change)
    return next
  }

  #apply(change: CacheChange<T>): void {
    this.#tell(this.#mirror.apply(change, this.#options.clock.monotonic()))
    if (change.do !== 'replace' || this.#hasSynced) return
    this.#hasSynced = true
    this.#resolveSynced()
  }

  #tell(changes: readonly Change<T>[]): void {
    for (const change of changes) for (const listener of this.#listeners) listener(change)
  }

  #trim = (object: T): T => this.#options.trim?.(object) ?? object
}
