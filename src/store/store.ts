// What a store is: named collections of encoded objects, one revision a write, history to watch from. Every
// implementation passes the same suite (store-suite.ts). The store never looks inside the bytes.

/** One object as it was last written. Immutable: a later write makes a new record. */
export interface StoredRecord {
  /** `namespace/name`, or `name` in a cluster-wide collection. Unique in its collection; listings are in byte order. */
  readonly key: string
  /** The revision of the write that made this record: the object's resourceVersion. */
  readonly revision: number
  readonly bytes: Uint8Array
  /** On disk it lies in a form that would not be written today (see encryption/): writing it anew is no waste. */
  readonly stale?: boolean
}

/** One change of one object, at one revision. */
export interface StoreEvent {
  readonly collection: string
  readonly type: 'created' | 'updated' | 'deleted'
  readonly revision: number
  /** After the change; for 'deleted' the last state, encoded with the deletion's own revision (W7.4). */
  readonly record: StoredRecord
  /** Before the change; undefined for 'created'. */
  readonly previous: StoredRecord | undefined
}

export interface WriteOptions {
  readonly collection: string
  readonly key: string
  /**
   * The revision the record must have now, 0 for "must not exist". Compared with `head`, not with `get`: writes that
   * wait for their flush count. Undefined: whatever it is (a delete of what is not there is still refused).
   */
  readonly expect: number | undefined
  /**
   * The bytes to store, given the revision this write will have; called once, synchronously. For a delete: the last
   * state, to be sent to watchers.
   */
  readonly encode: (revision: number) => Uint8Array
  readonly delete?: boolean
  /** 'written': answered and fanned out before it is flushed (leases, events). Default 'flushed'. */
  readonly durability?: 'flushed' | 'written'
}

/** The write's expectation did not hold: nothing was stored. */
export class RevisionMismatch extends Error {
  override name = 'RevisionMismatch'
  /** What stands there now, undefined when nothing does. */
  readonly found: StoredRecord | undefined

  constructor(found: StoredRecord | undefined, message: string) {
    super(message)
    this.found = found
  }
}

/** The store can no longer accept writes (disk full, I/O error): reads go on (ST8). */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable'
}

export interface ListOptions {
  /** Only keys that start with this (`default/`). Default: all. */
  readonly prefix?: string
  /** Only keys after this one. */
  readonly after?: string
  /** Default, and 0: all. */
  readonly limit?: number
  /** The collection as it stood at this revision; 'compacted' when history no longer reaches back so far. */
  readonly at?: number
}

export interface Listing {
  readonly records: readonly StoredRecord[]
  /** The revision the listing is a snapshot of. */
  readonly revision: number
  /** How many records follow the last one of a limited listing. */
  readonly remaining: number
}

/**
 * Reads are synchronous and serve only what is flushed (or was written with durability 'written'). A write is decided
 * synchronously (revision taken, expectation checked, `encode` called) and resolves once it is visible to readers and
 * watchers; writes become visible in the order of their revisions.
 */
export interface Store {
  /** The newest visible revision; 1 in an empty store. */
  readonly revision: number
  get(collection: string, key: string): StoredRecord | undefined
  /** The newest record, flushed or not: what a read-modify-write must start from. */
  head(collection: string, key: string): StoredRecord | undefined
  list(collection: string, options?: ListOptions): Listing | 'compacted'
  /** Number of visible records under `prefix` (default: all). */
  count(collection: string, prefix?: string): number
  /** The names of all collections that hold a record. */
  collections(): readonly string[]
  write(options: WriteOptions): Promise<StoredRecord>
  /**
   * Visible events of one collection after `revision`, oldest first; 'compacted' when some of them are forgotten.
   * Together with `subscribe` in the same tick: nothing missed, nothing twice.
   */
  eventsAfter(collection: string, revision: number): readonly StoreEvent[] | 'compacted'
  /** Calls back for every event that becomes visible from now on, in order. Returns the way to stop. */
  subscribe(collection: string, listener: (event: StoreEvent) => void): () => void
  /** Forgets history up to and including `revision`. */
  compact(revision: number): Promise<void>
  /** Waits for pending writes, then releases files and locks. Writes after it are refused. */
  close(): Promise<void>
}

/**
 * History kept per collection: whichever is reached first. Events beyond it are compacted away. The age is the interval
 * in which kube-apiserver compacts etcd (--etcd-compaction-interval).
 */
export const historyLimits = { events: 5_000, bytes: 16 * 1024 * 1024, ageMs: 5 * 60_000 } as const
