// The rules every store shares: revisions are given and expectations checked at once, writes are made durable in
// groups by a journal, and become visible in the order of their revisions.

import { assert } from '../base/assert.ts'
import type { Cancel, Clock } from '../base/clock.ts'
import { Collection } from './collection.ts'
import type { HistoryLimits } from './history.ts'
import type { Journal, JournalWrite } from './journal.ts'
import {
  historyLimits,
  type Listing,
  type ListOptions,
  RevisionMismatch,
  type Store,
  type StoredRecord,
  type StoreEvent,
  StoreUnavailable,
  type WriteOptions,
} from './store.ts'

export const ledgerLimits = {
  /** Writes in one group: one that waits behind a full group still waits only some tens of milliseconds. */
  groupWrites: 4096,
  /** Revisions set aside at a time (see Journal.flush). */
  reserve: 10_000,
  /** Characters in a key, and in a collection: three bytes each and both together fit into a key of lmdb (1978). */
  nameLength: 320,
  /** What may wait for a disk that hangs, before further writes are refused. */
  waitingBytes: 256 * 1024 * 1024,
} as const

export interface LedgerOptions {
  readonly journal: Journal
  readonly historyLimits: HistoryLimits
  /** With it, writes of durability 'written' wait up to `lazyFlushMs` for company; without, they are flushed at once. */
  readonly clock: Clock | undefined
  readonly lazyFlushMs: number
  /** Told once, when the journal has failed and no more writes are taken. */
  readonly onUnavailable?: (error: StoreUnavailable) => void
}

/** A write that is decided. */
interface Pending {
  readonly collection: Collection
  readonly event: StoreEvent
  readonly lazy: boolean
  readonly resolve: (record: StoredRecord) => void
  readonly reject: (error: Error) => void
}

export class Ledger implements Store {
  readonly #journal: Journal
  readonly #options: LedgerOptions
  readonly #collections = new Map<string, Collection>()
  readonly #nothing: Collection
  /** History before this is forgotten in every collection. */
  #floor: number
  #visible: number
  #decided: number
  #durable: number
  #reserved: number
  /** Decided and not visible, in the order of their revisions. */
  readonly #coming = new Set<Pending>()
  #unflushed: Pending[] = []
  #unflushedBytes = 0
  /** How many of the unflushed are waited for. */
  #urgent = 0
  #flushing: Promise<void> | undefined
  #cancelLazyFlush: Cancel | undefined
  #refusal: StoreUnavailable | undefined
  #failed = false
  /** When which revision was the newest: one in a tenth of the age to which history is kept. */
  readonly #passed: { readonly atMs: number; readonly revision: number }[] = []
  #closed: Promise<void> | undefined

  constructor(options: LedgerOptions) {
    this.#options = options
    this.#journal = options.journal
    this.#nothing = new Collection('', options.historyLimits)
    const { revision, records } = options.journal.opened
    this.#floor = this.#visible = this.#decided = this.#durable = this.#reserved = revision
    for (const { collection, record } of records) {
      assert(
        record.revision <= revision,
        `open: ${collection} ${record.key} is at ${record.revision}, beyond ${revision}`,
      )
      this.#collection(collection).restore(record)
    }
  }

  get revision(): number {
    return this.#visible
  }

  get(collection: string, key: string): StoredRecord | undefined {
    return this.#collections.get(collection)?.get(key)
  }

  head(collection: string, key: string): StoredRecord | undefined {
    return this.#collections.get(collection)?.head(key)
  }

  count(collection: string, prefix = ''): number {
    return this.#collections.get(collection)?.count(prefix) ?? 0
  }

  collections(): readonly string[] {
    return [...this.#collections.values()]
      .filter(({ size }) => size > 0)
      .map(({ name }) => name)
      .sort()
  }

  list(collection: string, options: ListOptions = {}): Listing | 'compacted' {
    const { at = this.#visible } = options
    assert(at <= this.#visible, `list ${collection} at ${at}: the store is at ${this.#visible}`)
    if (at < this.#floor) return 'compacted'
    const { at: _, ...newest } = options
    const found = (this.#collections.get(collection) ?? this.#nothing).list(at === this.#visible ? newest : options)
    return found === 'compacted' ? found : { ...found, revision: at }
  }

  eventsAfter(collection: string, revision: number): readonly StoreEvent[] | 'compacted' {
    if (revision < this.#floor) return 'compacted'
    return (this.#collections.get(collection) ?? this.#nothing).history.after(revision)
  }

  subscribe(collection: string, listener: (event: StoreEvent) => void): () => void {
    return this.#collection(collection).subscribe(listener)
  }

  /** Everything before the first `await` happens at once: this is where a write is decided. */
  async write(options: WriteOptions): Promise<StoredRecord> {
    const { key } = options
    if (this.#refusal !== undefined) throw this.#refusal
    assertName(options.collection)
    assertName(key)
    if (this.#unflushedBytes > ledgerLimits.waitingBytes) {
      throw new StoreUnavailable(
        `write ${options.collection} ${key}: ${this.#unflushed.length} writes wait for the disk`,
      )
    }
    const collection = this.#collection(options.collection)
    const previous = collection.head(key)
    const problem = mismatch(options, previous)
    if (problem !== undefined) throw new RevisionMismatch(previous, `write ${options.collection} ${key}: ${problem}`)
    const revision = this.#decided + 1
    const record = { key, revision, bytes: own(options.encode(revision)) }
    assert(this.#decided === revision - 1, `write ${options.collection} ${key}: encode made another write`)
    this.#decided = revision
    const type = options.delete ? 'deleted' : previous === undefined ? 'created' : 'updated'
    const event: StoreEvent = { collection: options.collection, type, revision, record, previous }
    collection.decided(event)
    return new Promise((resolve, reject) => {
      this.#enqueue({ collection, event, lazy: options.durability === 'written', resolve, reject })
    })
  }

  async compact(revision: number): Promise<void> {
    this.#forget(Math.min(revision, this.#visible))
  }

  #forget(revision: number): void {
    this.#floor = Math.max(this.#floor, revision)
    for (const { history } of this.#collections.values()) history.forget(this.#floor)
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish()
    return this.#closed
  }

  /** Takes no more writes; those that are not visible yet never will be. */
  fail(error: StoreUnavailable): void {
    if (this.#failed) return
    this.#failed = true
    this.#refusal = error
    for (const { collection, event, reject } of this.#coming) {
      collection.lost(event)
      reject(error)
    }
    this.#coming.clear()
    this.#unflushed = []
    this.#cancelLazyFlush?.()
    this.#options.onUnavailable?.(error)
  }

  #collection(name: string): Collection {
    let collection = this.#collections.get(name)
    if (collection === undefined) {
      collection = new Collection(name, this.#options.historyLimits)
      this.#collections.set(name, collection)
    }
    return collection
  }

  #enqueue(pending: Pending): void {
    this.#coming.add(pending)
    this.#unflushed.push(pending)
    this.#unflushedBytes += pending.event.record.bytes.byteLength
    if (!this.#mayShow(pending)) this.#urgent++
    else queueMicrotask(() => this.#show())
    this.#scheduleFlush()
  }

  /** Safe from being lost, or of the kind that may be, as long as its revision will not be given again. */
  #mayShow({ event, lazy }: Pending): boolean {
    return event.revision <= this.#durable || (lazy && event.revision <= this.#reserved)
  }

  #show(): void {
    for (const pending of this.#coming) {
      if (!this.#mayShow(pending)) break
      this.#coming.delete(pending)
      this.#visible = pending.event.revision
      pending.collection.show(pending.event)
      pending.resolve(pending.event.record)
    }
    this.#forgetOld()
  }

  /** Without a timer of its own: where nothing is written, nothing is added to what is held either. */
  #forgetOld(): void {
    const { clock, historyLimits: limits } = this.#options
    if (clock === undefined) return
    const { ageMs = historyLimits.ageMs } = limits
    const now = clock.now()
    if (now - (this.#passed.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) < ageMs / 10) return
    this.#passed.push({ atMs: now, revision: this.#visible })
    const kept = this.#passed.findIndex(({ atMs }) => atMs > now - ageMs)
    const old = this.#passed.splice(0, kept).at(-1)
    if (old !== undefined) this.#forget(old.revision)
  }

  #scheduleFlush(): void {
    if (this.#flushing !== undefined || this.#unflushed.length === 0) return
    const { clock, lazyFlushMs } = this.#options
    if (this.#urgent > 0 || clock === undefined) {
      this.#cancelLazyFlush?.()
      this.#cancelLazyFlush = undefined
      // Not at once: whatever else is written in this tick goes into the same group.
      this.#flushing = Promise.resolve().then(() => this.#flush())
    } else {
      this.#cancelLazyFlush ??= clock.after(lazyFlushMs, () => {
        this.#cancelLazyFlush = undefined
        this.#flushing ??= this.#flush()
      })
    }
  }

  /** Makes one group durable and shows it; what has come meanwhile is the next group. */
  async #flush(): Promise<void> {
    const group = this.#unflushed.splice(0, ledgerLimits.groupWrites)
    const last = group.at(-1)?.event.revision ?? this.#durable
    const reserve = last + ledgerLimits.reserve / 2 > this.#reserved ? last + ledgerLimits.reserve : this.#reserved
    try {
      await this.#journal.flush(group.map(journalWrite), reserve)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      this.fail(new StoreUnavailable(`the store takes no more writes: ${reason}`, { cause }))
      return
    } finally {
      this.#flushing = undefined
    }
    if (this.#failed) return
    this.#durable = last
    this.#reserved = reserve
    for (const { event } of group) this.#unflushedBytes -= event.record.bytes.byteLength
    this.#urgent = 0
    for (const pending of this.#unflushed) if (!this.#mayShow(pending)) this.#urgent++
    this.#show()
    this.#scheduleFlush()
  }

  async #finish(): Promise<void> {
    this.#refusal ??= new StoreUnavailable('the store is closed')
    while (this.#flushing !== undefined || this.#unflushed.length > 0) {
      this.#flushing ??= this.#flush()
      await this.#flushing
    }
    this.#cancelLazyFlush?.()
    await this.#journal.close(this.#failed ? undefined : this.#durable)
  }
}

/** Every journal must be able to keep it: no spaces and control characters, and not longer than lmdb allows. */
function assertName(name: string): void {
  assert(/^[^\0- ]+$/.test(name), `write: ${JSON.stringify(name)} is empty or has spaces or control characters in it`)
  assert(name.length <= ledgerLimits.nameLength, `write: ${name.slice(0, 80)}… has ${name.length} characters`)
}

function mismatch(options: WriteOptions, found: StoredRecord | undefined): string | undefined {
  const at = found?.revision ?? 0
  if (options.expect !== undefined && options.expect !== at) return `expected revision ${options.expect}, found ${at}`
  if (options.delete && found === undefined) return 'there is nothing to delete'
  return undefined
}

/** Bytes that share a larger buffer would keep all of it in memory for as long as the record lives. */
function own(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}

function journalWrite({ event, collection }: Pending): JournalWrite {
  return { collection: collection.name, type: event.type, record: event.record }
}
