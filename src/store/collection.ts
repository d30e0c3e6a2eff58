// One collection in memory: the visible records, the writes that are on their way, the history, and who listens.

import { sortedBy } from '../base/sorted.ts'
import { History, type HistoryLimits } from './history.ts'
import { SortedRecords } from './sorted-records.ts'
import type { ListOptions, StoredRecord, StoreEvent } from './store.ts'

/** Above every key that starts with the same prefix: keys are names, none of them has this character. */
const beyond = '\uffff'

export class Collection {
  readonly name: string
  readonly history: History
  readonly #records = new SortedRecords()
  /** By key, the newest write that is decided and not yet visible. */
  readonly #coming = new Map<string, StoreEvent>()
  #listeners: readonly Listener[] = []

  constructor(name: string, limits: HistoryLimits) {
    this.name = name
    this.history = new History(limits)
  }

  get size(): number {
    return this.#records.size
  }

  get(key: string): StoredRecord | undefined {
    return this.#records.get(key)
  }

  head(key: string): StoredRecord | undefined {
    const coming = this.#coming.get(key)
    if (coming === undefined) return this.#records.get(key)
    return coming.type === 'deleted' ? undefined : coming.record
  }

  count(prefix: string): number {
    if (prefix === '') return this.#records.size
    return this.#records.rank(prefix + beyond) - this.#records.rank(prefix)
  }

  /** Puts back what was there when the store was opened: no event, no history. */
  restore(record: StoredRecord): void {
    this.#records.set(record)
  }

  decided(event: StoreEvent): void {
    this.#coming.set(event.record.key, event)
  }

  /** The write will never become visible. */
  lost(event: StoreEvent): void {
    this.#coming.delete(event.record.key)
  }

  /** The write becomes visible, to readers first, then to the listeners. */
  show(event: StoreEvent): void {
    if (this.#coming.get(event.record.key) === event) this.#coming.delete(event.record.key)
    if (event.type === 'deleted') this.#records.delete(event.record.key)
    else this.#records.set(event.record)
    this.history.add(event)
    // The array is never changed in place: who subscribes while an event goes round has it in the history already.
    for (const listener of this.#listeners) if (listener.active) tell(listener, event)
  }

  subscribe(hear: (event: StoreEvent) => void): () => void {
    const listener = { hear, active: true }
    this.#listeners = [...this.#listeners, listener]
    return () => {
      listener.active = false
      this.#listeners = this.#listeners.filter((other) => other !== listener)
    }
  }

  list(options: ListOptions): { records: readonly StoredRecord[]; remaining: number } | 'compacted' {
    const { prefix = '', after, at } = options
    const limit = options.limit || Number.POSITIVE_INFINITY
    const inRange = (key: string) => key.startsWith(prefix) && (after === undefined || key > after)
    const end = prefix === '' ? this.#records.size : this.#records.rank(prefix + beyond)
    const start = Math.min(end, Math.max(this.#records.rank(prefix), after === undefined ? 0 : this.#rankAfter(after)))
    if (at === undefined) {
      const records = this.#records.slice(start, Math.min(end, start + limit))
      return { records, remaining: end - start - records.length }
    }

    const changed = this.history.changedSince(at)
    if (changed === 'compacted') return changed
    const changedHere = [...changed].filter(([key]) => inRange(key))
    let total = end - start
    for (const [key, then] of changedHere) total += (then ? 1 : 0) - (this.#records.get(key) ? 1 : 0)
    // Enough of today's records that a full page is left even if every changed one drops out of it.
    const now = this.#records.slice(start, Math.min(end, start + limit + changedHere.length))
    const kept = now.filter(({ key }) => !changed.has(key))
    const then = changedHere.flatMap(([, record]) => record ?? [])
    const records = then.length === 0 ? kept : sortedBy([...kept, ...then], (record) => record.key)
    const page = records.length > limit ? records.slice(0, limit) : records
    return { records: page, remaining: total - page.length }
  }

  #rankAfter(key: string): number {
    return this.#records.rank(key) + (this.#records.get(key) === undefined ? 0 : 1)
  }
}

interface Listener {
  readonly hear: (event: StoreEvent) => void
  active: boolean
}

/** A listener that throws is a broken assumption: the others still hear the event, then the program stops. */
function tell(listener: Listener, event: StoreEvent): void {
  try {
    listener.hear(event)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
