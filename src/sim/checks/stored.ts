// ST1, ST2, ST6: revisions only grow, each write follows the one before it, and what was promised to be kept is kept,
// whenever the process died.

import type { ApiObject } from '../../api/types.ts'
import type { Store, StoredRecord, StoreEvent } from '../../store/store.ts'
import type { Change } from '../truth.ts'
import type { Judging } from './check.ts'

/** Answered and shown before they are flushed: a crash may lose them, and only them. */
const mayBeLost: ReadonlySet<string> = new Set(['events', 'coordination.k8s.io/leases'])

/** A deletion by another policy takes these away by itself. */
const collectorFinalizers: ReadonlySet<string> = new Set(['orphan', 'foregroundDeletion'])

export class Stored {
  readonly #violated: Judging['violated']
  readonly #last = new Map<string, StoreEvent>()
  /** By object: revisions that were given and not shown yet. A crash may keep or lose them. */
  readonly #decided = new Map<string, Map<number, 'put' | 'deleted'>>()
  #revision = 0

  constructor({ violated }: Pick<Judging, 'violated'>) {
    this.#violated = violated
  }

  decided(collection: string, key: string, revision: number, what: 'put' | 'deleted'): void {
    const where = `${collection} ${key}`
    const decided = this.#decided.get(where) ?? new Map<number, 'put' | 'deleted'>()
    this.#decided.set(where, decided.set(revision, what))
  }

  change({ event, object, previous, by }: Change): void {
    const { collection, record, revision } = event
    const where = `${collection} ${record.key}`
    this.#decided.get(where)?.delete(revision)
    if (revision <= this.#revision) this.#violated('ST2', `${where}: revision ${revision} after ${this.#revision}`)
    this.#revision = Math.max(this.#revision, revision)
    const last = this.#last.get(where)
    const known = last === undefined || last.type === 'deleted' ? 0 : last.revision
    if ((event.previous?.revision ?? 0) !== known && !mayBeLost.has(collection)) {
      this.#violated('ST2', `${where}: follows ${event.previous?.revision ?? 0}, the last write was ${known}`)
    }
    this.#last.set(where, event)
    if (object.metadata.resourceVersion !== String(revision)) {
      this.#violated('ST2', `${where}: says it is ${object.metadata.resourceVersion}, and is ${revision}`)
    }
    // Whoever takes the last finalizer away makes it go, and the last state that is told still has it, as upstream.
    const held = (object.metadata.finalizers ?? []).filter((one) => !collectorFinalizers.has(one))
    if (event.type === 'deleted' && held.length > 0 && by?.request.method === 'DELETE') {
      this.#violated('ST6', `${where} left with finalizers ${held}`)
    }
    const { deletionTimestamp } = previous?.metadata ?? {}
    const isSame = previous?.metadata.uid === object.metadata.uid
    if (isSame && deletionTimestamp !== undefined) {
      const after = object.metadata.deletionTimestamp
      if (after === undefined || after > deletionTimestamp)
        this.#violated('ST6', `${where} was deleted, and is no more`)
    }
  }

  /** After a crash: the store as it was opened again. Returns what is on the disk and was never shown. */
  reopened(store: Store): StoreEvent[] {
    const unseen: StoreEvent[] = []
    if (store.revision < this.#revision) {
      this.#violated('ST1', `the store was at ${this.#revision} and is at ${store.revision}`)
    }
    for (const [where, event] of this.#last) {
      const { collection, record } = event
      if (mayBeLost.has(collection)) {
        this.#last.delete(where)
        continue
      }
      const found = store.get(collection, record.key)
      const decided = this.#decided.get(where) ?? new Map()
      const isAsShown = (found?.revision ?? 0) === (event.type === 'deleted' ? 0 : record.revision)
      // Decided and on the disk, but nobody was told of it yet.
      const isAsDecided =
        found === undefined ? [...decided.values()].includes('deleted') : decided.get(found.revision) === 'put'
      if (!isAsShown && !isAsDecided) {
        this.#violated('ST1', `${where}: was shown at ${event.revision}, is at ${found?.revision ?? 'nothing'}`)
      }
      if (isAsShown) continue
      unseen.push(...between(event, found))
    }
    for (const collection of store.collections()) {
      for (const record of recordsOf(store, collection)) {
        if (this.#last.has(`${collection} ${record.key}`)) continue
        unseen.push({ collection, type: 'created', record, revision: record.revision, previous: undefined })
      }
    }
    for (const event of unseen) this.#last.set(`${event.collection} ${event.record.key}`, event)
    this.#revision = Math.max(this.#revision, store.revision)
    this.#decided.clear()
    return unseen
  }
}

/** What happened between what was shown last and what is found. */
function between({ collection, type, record, revision }: StoreEvent, found: StoredRecord | undefined): StoreEvent[] {
  const shown = type === 'deleted' ? undefined : record
  const created: StoreEvent[] =
    found === undefined
      ? []
      : [{ collection, type: 'created', record: found, revision: found.revision, previous: undefined }]
  if (shown === undefined) return created
  // Another one under its name: the first has gone, or whoever counts them would wait for it for ever.
  if (found === undefined || uidOf(found) !== uidOf(shown)) {
    return [{ collection, type: 'deleted', record: shown, revision, previous: shown }, ...created]
  }
  return [{ collection, type: 'updated', record: found, revision: found.revision, previous: shown }]
}

function uidOf({ bytes }: StoredRecord): string | undefined {
  const object: ApiObject = JSON.parse(Buffer.from(bytes).toString('utf8'))
  return object.metadata.uid
}

function recordsOf(store: Store, collection: string): readonly StoredRecord[] {
  const listing = store.list(collection)
  return listing === 'compacted' ? [] : listing.records
}
