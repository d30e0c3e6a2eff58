// The journal on lmdb: a group of writes is one transaction, and lmdb's own order of writing and syncing makes it
// durable, all or none. Nothing is read after the start.

import { closeSync, fsyncSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, open, type RootDatabase } from 'lmdb'
import type { Log } from '../base/log.ts'
import { problemOfDataFile } from './data-file.ts'
import type { Journal, JournalWrite } from './journal.ts'
import { decodeRecord, encodeRecord, nameOf, partsOf } from './record-bytes.ts'
import type { StoredRecord } from './store.ts'

/** Moments at which a crash is interesting. */
export type CrashPoint = 'before-commit' | 'flushed-not-acknowledged' | 'before-close'

/** Some records are not what was written. The message says what can be done. */
export class DamagedRecords extends Error {
  override name = 'DamagedRecords'
}

export interface LmdbJournalOptions {
  readonly directory: string
  readonly log: Log
  readonly salvage?: boolean
  readonly at?: (point: CrashPoint) => void
  readonly mutant?: 'no flush'
}

/**
 * Address space set aside for the file, far above what a cluster needs (lmdb grows it by itself, by stopping the
 * world). The file is only as large as what is in it.
 */
const mapBytes = 16 * 1024 ** 3

export async function openLmdbJournal(options: LmdbJournalOptions): Promise<Journal> {
  const { directory, at = () => {}, mutant } = options
  const root = openEnvironment(directory)
  try {
    const records = root.openDB<Buffer, string>('records', { encoding: 'binary' })
    const opened = { revision: revisionIn(root, directory), records: readRecords(root, records, options) }
    syncDirectory(directory)
    let reserved = opened.revision
    return {
      opened,
      async flush(writes, reserve) {
        at('before-commit')
        const committed = root.batch(() => {
          if (reserve !== reserved) putRevision(root, reserve)
          for (const { collection, type, record } of newestOfEach(writes)) {
            const name = nameOf(collection, record.key)
            if (type === 'deleted') records.remove(name)
            else records.put(name, encodeRecord(name, record))
          }
        })
        reserved = reserve
        if (mutant !== 'no flush') await durable(committed)
        at('flushed-not-acknowledged')
      },
      async close(revision) {
        at('before-close')
        if (revision !== undefined) await durable(root.batch(() => putRevision(root, revision)))
        await root.close()
      },
    }
  } catch (error) {
    await root.close()
    if (!String(error).includes('MDB_')) throw error
    throw new DamagedRecords(`${join(directory, 'data.mdb')} is damaged: ${(error as Error).message}`, { cause: error })
  }
}

function openEnvironment(directory: string): RootDatabase<Buffer, string> {
  const options = {
    path: directory,
    encoding: 'binary' as const,
    mapSize: mapBytes,
    // A transaction's promise resolves when it is synced, as lmdb itself means it. The faster way of lmdb-js, commit now
    // and sync later, gains nothing for a writer that waits for the sync anyway.
    overlappingSync: false,
    // Otherwise a failed commit also rejects a promise that nobody can get at, which ends the process.
    eventTurnBatching: false,
  }
  const problem = problemOfDataFile(join(directory, 'data.mdb'))
  if (problem !== undefined) throw new DamagedRecords(`${join(directory, 'data.mdb')} cannot be opened: ${problem}`)
  try {
    return open<Buffer, string>(options)
  } catch (cause) {
    throw new DamagedRecords(`${join(directory, 'data.mdb')} cannot be opened: ${(cause as Error).message}`, { cause })
  }
}

/** The revision that the next start goes on from: reserved while the store is open, exact after a clean close. */
const resumeAt = 'resume at'

function putRevision(root: RootDatabase<Buffer, string>, revision: number): void {
  root.put(resumeAt, encodeRecord(resumeAt, { key: '', revision, bytes: new Uint8Array() }))
}

function revisionIn(root: RootDatabase<Buffer, string>, directory: string): number {
  const encoded = root.get(resumeAt)
  if (encoded === undefined) return 1
  const decoded = decodeRecord(resumeAt, encoded)
  if (decoded === undefined) throw new DamagedRecords(`${directory}: the revision it stood at is not what was written`)
  return decoded.revision
}

/** So that the files themselves are still there after a power failure. Not every system lets a directory be opened. */
function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(directory, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

/** Within a group only the last write of a key matters: the group is all or nothing. */
function newestOfEach(writes: readonly JournalWrite[]): Iterable<JournalWrite> {
  const newest = new Map<string, JournalWrite>()
  for (const write of writes) newest.set(nameOf(write.collection, write.record.key), write)
  return newest.values()
}

/** Unwraps lmdb-js' own way of saying why a commit failed. */
async function durable(committed: Promise<boolean>): Promise<void> {
  try {
    await committed
  } catch (error) {
    await (error as { commitError?: Promise<never> }).commitError
    throw error
  }
}

function readRecords(
  root: RootDatabase<Buffer, string>,
  records: Database<Buffer, string>,
  { directory, log, salvage }: LmdbJournalOptions,
): { collection: string; record: StoredRecord }[] {
  const found: { collection: string; record: StoredRecord }[] = []
  const damaged: { key: string; value: Buffer }[] = []
  for (const { key, value } of records.getRange()) {
    const record = decodeRecord(key, value)
    if (record === undefined) damaged.push({ key, value })
    else found.push({ collection: partsOf(key).collection, record })
  }
  if (damaged.length === 0) return found

  const names = damaged.map(({ key }) => key)
  if (!salvage) {
    throw new DamagedRecords(
      `${directory}: ${damaged.length} of ${found.length + damaged.length} records are not what was written ` +
        `(${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}); restore a backup, or open with salvage to go on without them`,
    )
  }
  const aside = root.openDB<Buffer, string>('damaged', { encoding: 'binary' })
  root.transactionSync(() => {
    for (const { key, value } of damaged) {
      aside.putSync(key, value)
      records.removeSync(key)
    }
  })
  log.warn('damaged records set aside', { directory, count: names.length, first: names.slice(0, 10) })
  return found
}
