// What a change of an object does to who owns its fields, whoever made the change.
// Upstream: structured-merge-diff/merge/update.go.

import { fieldElement } from './element.ts'
import { difference, differenceBelow, type FieldSet, intersection, isEmptySet, setOfPaths, union } from './field-set.ts'
import type { Manager, Managers } from './managers.ts'
import type { Comparison } from './walk.ts'

/** The others after a change: who owns what the change gave another value (a conflict), and what all of them keep. */
export interface Aftermath {
  readonly conflicts: ReadonlyMap<string, FieldSet>
  readonly managers: Managers
}

/** `self` made the change and is left alone. */
export function afterChange(managers: Managers, change: Comparison, self: string | undefined): Aftermath {
  const conflicts = new Map<string, FieldSet>()
  const kept = new Map<string, Manager>()
  const changed = union(change.modified, change.added)
  for (const [identity, manager] of managers) {
    if (identity === self) {
      kept.set(identity, manager)
      continue
    }
    const conflict = intersection(manager.fields, changed)
    if (!isEmptySet(conflict)) conflicts.set(identity, conflict)
    const fields = difference(difference(manager.fields, conflict), change.removed)
    if (!isEmptySet(fields)) kept.set(identity, { ...manager, fields })
  }
  return { conflicts, managers: kept }
}

const serverKept = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
].map((name) => ['metadata', name])

/**
 * What nobody owns: the object's identity, and the server's own bookkeeping (W13.4). Upstream: stripmeta.go, which
 * leaves the two fields of deletion to those who may not set them anyway.
 */
const untracked = setOfPaths(
  [['apiVersion'], ['kind'], ['metadata'], ...serverKept].map((path) => path.map(fieldElement)),
)

export function tracked(fields: FieldSet): FieldSet {
  return difference(fields, untracked)
}

/** Status is not tracked through the main endpoint, nor the spec through /status: neither can change there. */
export function ignoredThrough(subresource: string | undefined): FieldSet {
  return setOfPaths([[fieldElement(subresource === 'status' ? 'spec' : 'status')]])
}

export function excluding(change: Comparison, ignored: FieldSet): Comparison {
  return {
    added: differenceBelow(change.added, ignored),
    modified: differenceBelow(change.modified, ignored),
    removed: differenceBelow(change.removed, ignored),
  }
}
