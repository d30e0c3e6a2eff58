// What becomes of one object in view of its owners and its dependents: kept, released, deleted, or let go at last.
// Upstream: pkg/controller/garbagecollector/garbagecollector.go, attemptToDeleteItem and orphanDependents.

import type { OwnerReference } from '../api/types.ts'

/** The finalizers by which a deletion says what happens to dependents (W11.4). */
export const orphanFinalizer = 'orphan'
export const foregroundFinalizer = 'foregroundDeletion'

export type Propagation = 'Background' | 'Foreground' | 'Orphan'

/** An owner as its dependent meets it: there, verified to be gone, or waiting for its dependents to go first. */
export type OwnerState = 'present' | 'absent' | 'waiting for dependents'

export interface GarbageSnapshot {
  readonly item: {
    readonly uid: string
    readonly deleting: boolean
    readonly finalizers: readonly string[]
    readonly ownerReferences: readonly OwnerReference[]
  }
  /** One state a reference of the item, in the same order. */
  readonly owners: readonly OwnerState[]
  /** Every object that refers to the item. */
  readonly dependents: readonly {
    readonly uid: string
    /** Its reference has blockOwnerDeletion (R10.16). */
    readonly blocks: boolean
    /** It is itself in foreground deletion. */
    readonly waiting: boolean
  }[]
}

export type GarbageAction =
  | { readonly do: 'delete'; readonly propagation: Propagation; readonly because: string }
  /** Drops these owners from the item's references. */
  | { readonly do: 'release'; readonly owners: readonly string[]; readonly because: string }
  /** Takes blockOwnerDeletion out of the item's references. */
  | { readonly do: 'unblock'; readonly because: string }
  /** Drops the item from the references of its dependents. */
  | { readonly do: 'orphan'; readonly because: string }
  | { readonly do: 'remove finalizer'; readonly finalizer: string; readonly because: string }
  /** Looks at these next. */
  | { readonly do: 'visit'; readonly uids: readonly string[]; readonly because: string }

export function collectGarbage(snapshot: GarbageSnapshot): readonly GarbageAction[] {
  const { item } = snapshot
  if (!item.deleting) return judge(snapshot)
  if (item.finalizers.includes(orphanFinalizer)) {
    const because = 'the object is deleted, its dependents stay'
    return [
      { do: 'orphan', because },
      { do: 'remove finalizer', finalizer: orphanFinalizer, because },
    ]
  }
  if (item.finalizers.includes(foregroundFinalizer)) return goAfterDependents(snapshot)
  return []
}

/** Upstream: processDeletingDependentsItem. R10.18, W11.6. */
function goAfterDependents({ dependents }: GarbageSnapshot): readonly GarbageAction[] {
  if (!dependents.some((dependent) => dependent.blocks)) {
    return [{ do: 'remove finalizer', finalizer: foregroundFinalizer, because: 'no dependent blocks the deletion' }]
  }
  const uids = dependents.filter((dependent) => !dependent.waiting).map((dependent) => dependent.uid)
  return uids.length === 0 ? [] : [{ do: 'visit', uids, because: 'their owner waits for them to go' }]
}

function judge({ item, owners, dependents }: GarbageSnapshot): readonly GarbageAction[] {
  if (owners.length === 0) return []
  const gone = item.ownerReferences.filter((_, i) => owners[i] !== 'present').map((reference) => reference.uid)
  if (gone.length === 0) return []
  if (gone.length < owners.length) {
    return [{ do: 'release', owners: gone, because: 'another owner remains' }]
  }
  if (owners.includes('waiting for dependents') && dependents.length > 0) {
    const remove = { do: 'delete', propagation: 'Foreground', because: 'its owner waits for it to go' } as const
    // Two that wait for each other would wait for ever.
    const circle = dependents.some((dependent) => dependent.waiting)
    return circle ? [{ do: 'unblock', because: 'it may be part of a circle of owners' }, remove] : [remove]
  }
  const because = owners.includes('waiting for dependents') ? 'its owner waits for it to go' : 'its owner is gone'
  return [{ do: 'delete', propagation: ownWish(item.finalizers), because }]
}

/** W11.7: an object that already carries one of the finalizers is deleted the way they ask for. */
function ownWish(finalizers: readonly string[]): Propagation {
  if (finalizers.includes(orphanFinalizer)) return 'Orphan'
  if (finalizers.includes(foregroundFinalizer)) return 'Foreground'
  return 'Background'
}
