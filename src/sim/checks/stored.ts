// ST1, ST2, ST6: revisions only grow, each write follows the one before it, and what was promised to be kept is kept,
// whenever the process died.

import type { Store, StoreEvent } from '../../store/store.ts'
import type { Change } from '../truth.ts'
import type { Judging } from './check.ts'

/** Answered and shown before they are flushed: a crash may lose them, and only them. */
const mayBeLost: ReadonlySet<string> = new Set(['events', 'coordination.k8s.io/leases'])

export class Stored {
  readonly #violated: Judging['violated']
  readonly #last = new Map<string, StoreEvent>()
  #revision = 0

  constructor({ violated }: Pick<Judging, 'violated'>) {
    this.#violated = violated
  }

  change({ event, object, previous }: Change): void {
    const { collection, record, revision } = event
    const where = `${collection} ${record.key}`
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
    if (event.type === 'deleted' && (object.metadata.finalizers ?? []).length > 0) {
      this.#violated('ST6', `${where} left with finalizers`)
    }
    const { deletionTimestamp } = previous?.metadata ?? {}
    const isSame = previous?.metadata.uid === object.metadata.uid
    if (isSame && deletionTimestamp !== undefined) {
      const after = object.metadata.deletionTimestamp
      if (after === undefined || after > deletionTimestamp)
        this.#violated('ST6', `${where} was deleted, and is no more`)
    }
  }

  /** After a crash: the store as it was opened again. */
  reopened(store: Store): void {
    if (store.revision < this.#revision) {
      this.#violated('ST1', `the store was at ${this.#revision} and is at ${store.revision}`)
    }
    for (const event of this.#last.values()) {
      const { collection, record } = event
      const found = store.get(collection, record.key)
      const wanted = event.type === 'deleted' ? undefined : record
      if (mayBeLost.has(collection)) {
        this.#last.delete(`${collection} ${record.key}`)
        continue
      }
      // Decided and on the disk, but nobody was told: it may be there.
      if (found !== undefined && found.revision > (wanted?.revision ?? event.revision)) continue
      if (found === undefined && wanted !== undefined) {
        this.#violated('ST1', `${collection} ${record.key}: revision ${wanted.revision} is lost`)
      } else if (found !== undefined && found.revision !== wanted?.revision) {
        this.#violated('ST1', `${collection} ${record.key}: is at ${found.revision}, was at ${event.revision}`)
      }
    }
  }
}
