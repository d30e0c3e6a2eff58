// A store that lives in memory: alone it forgets everything; on a MemoryDisk it can crash, losing the writes that were
// not flushed, and be opened again.

import type { Clock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { encryptedJournal } from './encryption/encrypted-journal.ts'
import { type Encryption, noEncryption } from './encryption/encryption.ts'
import type { HistoryLimits } from './history.ts'
import type { Journal, JournalWrite } from './journal.ts'
import { Ledger } from './ledger.ts'
import { historyLimits, type Store, type StoredRecord } from './store.ts'

export interface MemoryStoreOptions {
  /** What outlives the store. Default: nothing does. */
  readonly disk?: MemoryDisk
  /** With it, writes of durability 'written' wait up to `lazyFlushMs` to be flushed; without, not at all. */
  readonly clock?: Clock
  readonly lazyFlushMs?: number
  readonly history?: HistoryLimits
  /** What lies on the disk in another form than in memory. Default: nothing does. */
  readonly encryption?: Encryption
}

export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { disk, clock, lazyFlushMs = 250, history = historyLimits, encryption = noEncryption } = options
  const journal = disk === undefined ? forgetfulJournal() : encryptedJournal(disk.open(), encryption, silentLog)
  return new Ledger({ journal, clock, lazyFlushMs, historyLimits: history })
}

function forgetfulJournal(): Journal {
  return { opened: { revision: 1, records: [] }, flush: async () => {}, close: async () => {} }
}

/** A group of writes on its way to the disk. */
interface Group {
  readonly writes: readonly JournalWrite[]
  readonly reserve: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * A disk with a cache that a crash empties. Groups of writes are flushed at once, or one by one when the driver says
 * so (`flush: 'by hand'`). It is in use by one store at a time.
 */
export class MemoryDisk {
  readonly #byHand: boolean
  readonly #collections = new Map<string, Map<string, StoredRecord>>()
  #revision = 1
  #waiting: Group[] = []
  #failure: Error | undefined
  /** Counts the stores that were opened on it; only the newest is listened to. */
  #generation = 0
  #inUse = false

  constructor(options: { readonly flush?: 'at once' | 'by hand' } = {}) {
    this.#byHand = options.flush === 'by hand'
  }

  /** Groups that are written and not flushed. */
  get waiting(): number {
    return this.#waiting.length
  }

  open(): Journal {
    if (this.#inUse) throw new Error('open the memory disk: another store uses it')
    this.#inUse = true
    const generation = ++this.#generation
    // A process that died neither writes nor hears of anything: its promises stay open for ever.
    const alive = () => generation === this.#generation && this.#inUse
    return {
      opened: { revision: this.#revision, records: this.#records() },
      flush: (writes, reserve) =>
        new Promise((resolve, reject) => {
          if (!alive()) return
          this.#waiting.push({ writes, reserve, resolve, reject })
          if (!this.#byHand || this.#failure !== undefined) this.flush()
        }),
      close: async (revision) => {
        if (!alive()) return
        this.#revision = revision ?? this.#revision
        this.#inUse = false
      },
    }
  }

  /** Flushes what is waiting. */
  flush(): void {
    for (const group of this.#waiting.splice(0)) {
      if (this.#failure !== undefined) group.reject(this.#failure)
      else {
        this.#keep(group)
        group.resolve()
      }
    }
  }

  /** From now on every flush fails with this error. */
  fail(error: Error): void {
    this.#failure = error
    this.flush()
  }

  /**
   * The process dies. What was not flushed is lost, but for the first `survivors` groups: a disk may have written what
   * it has not yet answered for, and it writes in order.
   */
  crash(survivors = 0): void {
    for (const group of this.#waiting.splice(0).slice(0, survivors)) this.#keep(group)
    this.#failure = undefined
    this.#inUse = false
    this.#generation++
  }

  #keep({ writes, reserve }: Group): void {
    for (const { collection, type, record } of writes) {
      const records = this.#collections.get(collection) ?? new Map<string, StoredRecord>()
      this.#collections.set(collection, records)
      if (type === 'deleted') records.delete(record.key)
      else records.set(record.key, record)
    }
    this.#revision = reserve
  }

  #records(): { collection: string; record: StoredRecord }[] {
    return [...this.#collections].flatMap(([collection, records]) =>
      [...records.values()].map((record) => ({ collection, record })),
    )
  }
}
