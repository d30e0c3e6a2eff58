// Between a store and its disk: what is written goes through the transformer of its collection, and what is found there
// comes back through it. In memory everything is readable; on disk only what `identity` wrote is.

import type { Log } from '../../base/log.ts'
import type { Journal, JournalWrite } from '../journal.ts'
import type { StoredRecord } from '../store.ts'
import type { Encryption } from './encryption.ts'

/** Why a record cannot be read: thrown by whoever asks for its bytes, and by nobody else. */
export class UnreadableRecord extends Error {
  override name = 'UnreadableRecord'
}

export function encryptedJournal(journal: Journal, encryption: Encryption, log: Log): Journal {
  return {
    ...journal,
    opened: { revision: journal.opened.revision, records: readAll(journal, encryption, log) },
    flush: (writes, reserve) =>
      journal.flush(
        writes.map((write) => toStorage(encryption, write)),
        reserve,
      ),
  }
}

function toStorage(encryption: Encryption, write: JournalWrite): JournalWrite {
  const { collection, type, record } = write
  if (type === 'deleted') return write
  const bytes = encryption.transformerOf(collection).toStorage(record.bytes, placeOf(collection, record))
  return bytes === record.bytes ? write : { collection, type, record: { ...record, bytes } }
}

/** Where upstream keeps it in etcd: what aesgcm binds the bytes to. */
function placeOf(collection: string, { key }: StoredRecord): string {
  return `/registry/${collection}/${key}`
}

const named = 10

function readAll(
  { opened }: Journal,
  encryption: Encryption,
  log: Log,
): { collection: string; record: StoredRecord }[] {
  const unreadable: string[] = []
  const records: { collection: string; record: StoredRecord }[] = []
  for (const { collection, record } of opened.records) {
    const read = fromStorage(encryption, collection, record)
    if (read instanceof UnreadableRecord) {
      unreadable.push(read.message)
      records.push({ collection, record: withoutBytes(record, read) })
    } else {
      records.push({ collection, record: read })
    }
  }
  if (unreadable.length > 0) {
    log.warn('objects cannot be read: is --encryption-provider-config what they were written with?', {
      count: unreadable.length,
      first: unreadable.slice(0, named),
    })
  }
  return records
}

function fromStorage(
  encryption: Encryption,
  collection: string,
  record: StoredRecord,
): StoredRecord | UnreadableRecord {
  const place = placeOf(collection, record)
  try {
    const { bytes, stale } = encryption.transformerOf(collection).fromStorage(record.bytes, place)
    if (bytes === record.bytes && !stale) return record
    return { key: record.key, revision: record.revision, bytes, ...(stale ? { stale } : {}) }
  } catch (cause) {
    return new UnreadableRecord(`unable to transform key "${place}": ${(cause as Error).message}`, { cause })
  }
}

/** It keeps its place and its revision, so that nothing else is taken for it; whoever wants to look inside is told. */
function withoutBytes({ key, revision }: StoredRecord, problem: UnreadableRecord): StoredRecord {
  return {
    key,
    revision,
    get bytes(): Uint8Array {
      throw problem
    },
  }
}
