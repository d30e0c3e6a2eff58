// What a ledger needs of a disk: what was there at the start, and to make groups of writes durable, in order.

import type { StoredRecord } from './store.ts'

export interface JournalWrite {
  readonly collection: string
  readonly type: 'created' | 'updated' | 'deleted'
  readonly record: StoredRecord
}

export interface Journal {
  readonly opened: {
    /** No revision up to this one may be given again. */
    readonly revision: number
    readonly records: Iterable<{ readonly collection: string; readonly record: StoredRecord }>
  }
  /**
   * Resolves when the writes are durable: all of them, or none when it rejects or the process dies. A group comes only
   * after the one before it has resolved. With it, the promise that after a crash the next `opened.revision` is not
   * below `reserve`: this is what lets a write be shown before it is flushed, without its revision ever meaning two
   * things.
   */
  flush(writes: readonly JournalWrite[], reserve: number): Promise<void>
  /** Nothing is in flight. The next `opened.revision` may be exactly this one; undefined: it is what was reserved. */
  close(revision: number | undefined): Promise<void>
}
