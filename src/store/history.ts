// The events of one collection that are still remembered: what a watch resumes from, and what a listing of the past is
// made of. Bounded by number and by bytes; the oldest go first.

import type { StoredRecord, StoreEvent } from './store.ts'

export interface HistoryLimits {
  readonly events: number
  readonly bytes: number
  /** Events are kept at least so long, and not much longer; default: `historyLimits.ageMs`. Needs a clock. */
  readonly ageMs?: number
}

export class History {
  readonly #limits: HistoryLimits
  /** Oldest first; those before `#start` are forgotten and wait to be cut off. */
  #events: StoreEvent[] = []
  #start = 0
  #bytes = 0
  #forgotten = 0

  constructor(limits: HistoryLimits) {
    this.#limits = limits
  }

  add(event: StoreEvent): void {
    this.#events.push(event)
    this.#bytes += event.record.bytes.byteLength
    while (this.#size > this.#limits.events || (this.#bytes > this.#limits.bytes && this.#size > 1))
      this.#forgetOldest()
  }

  /** The events after `revision`, oldest first; 'compacted' when one of them is forgotten. */
  after(revision: number): readonly StoreEvent[] | 'compacted' {
    if (revision < this.#forgotten) return 'compacted'
    return this.#events.slice(this.#firstAfter(revision))
  }

  /** What has changed since `revision`: by key, the record that stood there then (undefined: none did). */
  changedSince(revision: number): ReadonlyMap<string, StoredRecord | undefined> | 'compacted' {
    if (revision < this.#forgotten) return 'compacted'
    const then = new Map<string, StoredRecord | undefined>()
    for (let i = this.#firstAfter(revision); i < this.#events.length; i++) {
      const { record, previous } = this.#events[i]!
      if (!then.has(record.key)) then.set(record.key, previous)
    }
    return then
  }

  /** Forgets the events up to and including `revision`. */
  forget(revision: number): void {
    while (this.#size > 0 && this.#events[this.#start]!.revision <= revision) this.#forgetOldest()
  }

  get #size(): number {
    return this.#events.length - this.#start
  }

  #forgetOldest(): void {
    const oldest = this.#events[this.#start]!
    this.#forgotten = oldest.revision
    this.#bytes -= oldest.record.bytes.byteLength
    this.#start++
    // Cut off by the eighth: the cost of forgetting stays constant, and little more is held than is kept.
    if (this.#start * 8 < this.#events.length) return
    this.#events = this.#events.slice(this.#start)
    this.#start = 0
  }

  #firstAfter(revision: number): number {
    let low = this.#start
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#events[middle]!.revision <= revision) low = middle + 1
      else high = middle
    }
    return low
  }
}
