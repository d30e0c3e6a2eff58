// The work a controller still has to do: keys, each at most once, none handed to two workers at a time, failed ones
// later and later, urgent ones before the others. Upstream: client-go/util/workqueue, which knows no urgency.

import { assert } from '../base/assert.ts'
import { type Backoff, backoffMs } from '../base/backoff.ts'
import type { Cancel, Clock } from '../base/clock.ts'
import { Heap } from '../base/heap.ts'

export const queueLimits = {
  /** Keys waiting and delayed. A key names an object, so this is never reached while the server keeps its own limits. */
  keys: 1_000_000,
} as const

/** Upstream: DefaultControllerRateLimiter, per item. */
export const keyBackoff: Backoff = { initialMs: 5, maxMs: 1_000_000 }

interface Delayed {
  readonly key: string
  readonly at: number
  readonly sequence: number
}

export class WorkQueue {
  readonly #clock: Clock
  readonly #backoff: Backoff
  /** In the order of arrival. */
  readonly #urgent = new Set<string>()
  readonly #usual = new Set<string>()
  readonly #working = new Set<string>()
  /** Asked for again while a worker has them. */
  readonly #again = new Set<string>()
  readonly #urgentAgain = new Set<string>()
  readonly #failures = new Map<string, number>()
  readonly #dueAt = new Map<string, number>()
  readonly #delayed = new Heap<Delayed>((a, b) => a.at < b.at || (a.at === b.at && a.sequence < b.sequence))
  #sequence = 0
  #timer: { readonly at: number; readonly cancel: Cancel } | undefined
  #takers: ((key: string | undefined) => void)[] = []
  #idlers: (() => void)[] = []
  #stopped = false

  constructor(options: { clock: Clock; backoff?: Backoff }) {
    this.#clock = options.clock
    this.#backoff = options.backoff ?? keyBackoff
  }

  /** Keys that wait for a worker (not the delayed ones, not those in work). */
  get length(): number {
    return this.#urgent.size + this.#usual.size
  }

  /** Nothing waits and nothing is in work; delayed keys may still come. */
  get idle(): boolean {
    return this.length === 0 && this.#working.size === 0
  }

  /** A worker has the key, and somebody has asked for it since who should not have to wait. */
  isUrgent(key: string): boolean {
    return this.#urgentAgain.has(key)
  }

  add(key: string, how: 'usual' | 'urgent' = 'usual'): void {
    if (this.#stopped || this.#urgent.has(key)) return
    if (this.#working.has(key)) {
      this.#again.add(key)
      if (how === 'urgent') this.#urgentAgain.add(key)
      return
    }
    if (this.#usual.has(key)) {
      if (how === 'usual') return
      this.#usual.delete(key)
      this.#urgent.add(key)
      return
    }
    const taker = this.#takers.shift()
    if (taker !== undefined) {
      this.#working.add(key)
      taker(key)
      return
    }
    assert(this.length < queueLimits.keys, `queue ${key}: ${queueLimits.keys} keys wait already`)
    if (how === 'urgent') this.#urgent.add(key)
    else this.#usual.add(key)
  }

  /** Adds the key in `ms`. Of several such wishes for one key the earliest holds. */
  addAfter(key: string, ms: number): void {
    if (this.#stopped) return
    if (ms <= 0) {
      this.add(key)
      return
    }
    const at = this.#clock.monotonic() + ms
    const known = this.#dueAt.get(key)
    if (known !== undefined && known <= at) return
    assert(this.#dueAt.size < queueLimits.keys, `delay ${key}: ${queueLimits.keys} keys are delayed already`)
    this.#dueAt.set(key, at)
    this.#delayed.push({ key, at, sequence: this.#sequence++ })
    this.#setTimer()
  }

  /** Adds the key after a wait that doubles with each failure in a row. */
  retry(key: string): void {
    const failures = (this.#failures.get(key) ?? 0) + 1
    this.#failures.set(key, failures)
    this.addAfter(key, backoffMs(this.#backoff, failures))
  }

  /** It worked: the next failure counts as the first. */
  forget(key: string): void {
    this.#failures.delete(key)
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  /** The next key, now or when there is one; undefined once the queue is stopped. Give it back with `done`. */
  take(): Promise<string | undefined> {
    for (const waiting of [this.#urgent, this.#usual]) {
      for (const key of waiting) {
        waiting.delete(key)
        this.#working.add(key)
        return Promise.resolve(key)
      }
    }
    if (this.#stopped) return Promise.resolve(undefined)
    return new Promise((resolve) => this.#takers.push(resolve))
  }

  done(key: string): void {
    assert(this.#working.delete(key), `done with ${key}: no worker has it`)
    const how = this.#urgentAgain.delete(key) ? 'urgent' : 'usual'
    if (this.#again.delete(key)) this.add(key, how)
    if (this.idle) for (const resolve of this.#idlers.splice(0)) resolve()
  }

  /** Resolves when nothing waits and nothing is in work (delayed keys are not waited for). */
  whenIdle(): Promise<void> {
    if (this.idle) return Promise.resolve()
    return new Promise((resolve) => this.#idlers.push(resolve))
  }

  /** Forgets what waits, refuses what comes, and resolves when the workers have given back what they hold. */
  stop(): Promise<void> {
    this.#stopped = true
    this.#urgent.clear()
    this.#usual.clear()
    this.#again.clear()
    this.#urgentAgain.clear()
    this.#dueAt.clear()
    this.#timer?.cancel()
    for (const taker of this.#takers.splice(0)) taker(undefined)
    return this.whenIdle()
  }

  #setTimer(): void {
    const next = this.#delayed.peek()
    if (next === undefined || (this.#timer !== undefined && this.#timer.at <= next.at)) return
    this.#timer?.cancel()
    this.#timer = { at: next.at, cancel: this.#clock.after(next.at - this.#clock.monotonic(), () => this.#release()) }
  }

  #release(): void {
    this.#timer = undefined
    const now = this.#clock.monotonic()
    for (let next = this.#delayed.peek(); next !== undefined && next.at <= now; next = this.#delayed.peek()) {
      this.#delayed.pop()
      // A later wish of a key that an earlier one has overtaken is still in the heap, but no longer in the map.
      if (this.#dueAt.get(next.key) !== next.at) continue
      this.#dueAt.delete(next.key)
      this.add(next.key)
    }
    this.#setTimer()
  }
}
