// A store on disk. Every record lives in memory as well, which serves all reads; lmdb is what makes writes durable and
// what the memory is filled from at the start. History is not kept: a watch from before the start gets 'compacted'.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { type Log, silentLog } from '../base/log.ts'
import { encryptedJournal } from './encryption/encrypted-journal.ts'
import { type Encryption, noEncryption } from './encryption/encryption.ts'
import { checkFormat } from './format.ts'
import type { HistoryLimits } from './history.ts'
import { Ledger } from './ledger.ts'
import { type CrashPoint, openLmdbJournal } from './lmdb-journal.ts'
import { takeLock } from './lock.ts'
import { historyLimits, type Store, StoreUnavailable } from './store.ts'

export interface LmdbStoreOptions {
  /** Made when it is not there. The store owns everything in it. */
  readonly directory: string
  readonly clock?: Clock
  readonly log?: Log
  /** How long a write of durability 'written' may wait to be flushed together with others. */
  readonly lazyFlushMs?: number
  readonly history?: HistoryLimits
  /** What lies on disk in another form than in memory. Default: nothing does. */
  readonly encryption?: Encryption
  /** Sets records aside that are not what was written, instead of refusing to open. */
  readonly salvage?: boolean
  /** For tests: called at each of the moments at which a crash is interesting. */
  readonly at?: (point: CrashPoint) => void
  /** For tests of the durability test: acknowledges writes without waiting for the disk. */
  readonly mutant?: 'no flush'
}

/** Throws LockHeld, UnknownFormat or DamagedRecords with a message for the person who chose the directory. */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const { directory, clock = timers, log = silentLog, lazyFlushMs = 250, history = historyLimits } = options
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  let ledger: Ledger | undefined
  const lock = takeLock(lockPath(directory), () => {
    ledger?.fail(new StoreUnavailable(`the store takes no more writes: another process took the lock of ${directory}`))
  })
  try {
    checkFormat(directory)
    const journal = encryptedJournal(
      await openLmdbJournal({ ...options, log }),
      options.encryption ?? noEncryption,
      log,
    )
    ledger = new Ledger({
      journal: {
        ...journal,
        async close(revision) {
          await journal.close(revision)
          lock.release()
        },
      },
      clock,
      lazyFlushMs,
      historyLimits: history,
      onUnavailable: (error) => log.error('store unavailable', { directory, reason: error.message }),
    })
    log.info('store opened', { directory, revision: ledger.revision })
    return ledger
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Where the lock of a store in this directory lies. */
export function lockPath(directory: string): string {
  return join(directory, 'lock')
}

/** Real time. Its timers keep no process alive: who wants the last lazy writes flushed closes the store. */
const timers: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
