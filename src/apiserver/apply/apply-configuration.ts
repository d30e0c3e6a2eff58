// Server-side apply: merges a configuration into the live object, takes out what its manager applied before and no
// longer does, and refuses to take fields from others unless forced (W13.5, W13.6).
// Upstream: structured-merge-diff/merge/update.go, Apply; apimachinery/pkg/util/managedfields/internal.

import { apiVersionOf, type Resource } from '../../api/resources.ts'
import { formatTime } from '../../api/time.ts'
import type { ApiObject } from '../../api/types.ts'
import { jsonClone, jsonEqual } from '../../base/json.ts'
import { checkApplied } from './check-applied.ts'
import { conflictError } from './conflicts.ts'
import { difference, differenceBelow, equalSets, type FieldSet, intersection, isEmptySet, union } from './field-set.ts'
import { fieldsLastAppliedByClient, withLastApplied } from './last-applied.ts'
import { decodeManagers, identityOf, type Manager, type Managers } from './managers.ts'
import { type Place, rootPlace } from './parts.ts'
import { managersAfterUpdate, withManagers, withoutManagers } from './track-update.ts'
import { afterChange, excluding, ignoredThrough, tracked } from './tracking.ts'
import { compare, fieldsOf, mergeInto, withNamedFields, without } from './walk.ts'

export interface ApplyOptions {
  /** As requested: its schema and version are those of both objects. */
  readonly resource: Resource
  /** Undefined: there is no object yet, and apply makes one. */
  readonly live: ApiObject | undefined
  /** The body as it was parsed: null fields, unknown fields and all. */
  readonly applied: unknown
  readonly manager: string
  readonly force: boolean
  readonly nowMs: number
  readonly subresource?: string | undefined
}

/** Whoever owned an object's fields before anybody applied to it. */
export const beforeFirstApply = 'before-first-apply'

/**
 * What the object becomes, with its managedFields; defaults and validation are the caller's. The live object itself
 * when the apply changes nothing. Refusals are ApiErrors: 409 for conflicts, 400 and 500 for a bad configuration.
 */
export function applyConfiguration(options: ApplyOptions): ApiObject {
  const { resource, live, manager, subresource } = options
  const applied = checkApplied(resource, options.applied)
  const place = rootPlace(resource.schema)
  const before = withoutManagers(live)
  const who = { manager, operation: 'Apply' as const, apiVersion: apiVersionOf(resource), subresource }
  const self = identityOf(who)
  const known = managersOf(options)
  const ignored = ignoredThrough(subresource)
  const last = known.get(self)?.fields
  const fields = differenceBelow(fieldsOf(place, applied), ignored)
  const managers = new Map(known).set(self, { ...who, time: known.get(self)?.time, fields })
  const merged = mergeInto(place, before ?? {}, applied)
  const object = (last === undefined ? merged : pruned(place, merged, last, managers)) as ApiObject
  const change = excluding(compare(place, before ?? {}, object), ignored)
  const aftermath = afterChange(managers, change, self)
  const conflicts = notAllowed(aftermath.conflicts, options)
  if (conflicts.size > 0) throw conflictError(conflicts, managers)
  return finished(options, object, applied, aftermath.managers, self, last)
}

/** Upstream stamps every apply and then forgives what changed nothing but the stamp; here only a change stamps. */
function finished(
  { live, manager, nowMs }: ApplyOptions,
  object: ApiObject,
  applied: ApiObject,
  managers: Managers,
  self: string,
  last: FieldSet | undefined,
): ApiObject {
  const own = managers.get(self)!
  const fields = tracked(own.fields)
  const annotated = manager === 'kubectl' ? withLastApplied(live, object, applied) : object
  const isSame = last !== undefined && equalSets(last, fields) && jsonEqual(withoutManagers(live), annotated)
  if (live !== undefined && isSame) return live
  const entry: Manager = { ...own, fields, time: formatTime(nowMs) }
  return jsonClone(withManagers(annotated, new Map(managers).set(self, entry)))
}

function managersOf(options: ApplyOptions): Managers {
  const { resource, live, nowMs, subresource } = options
  if (live === undefined) return new Map()
  const known = decodeManagers(live.metadata.managedFields ?? []) ?? new Map<string, Manager>()
  if (known.size > 0) return known
  const first = { resource, live: undefined, object: live, manager: beforeFirstApply, nowMs, subresource }
  return managersAfterUpdate(known, first)
}

/**
 * Takes out what the manager applied last time, unless somebody owns it now (the manager itself, with the new
 * configuration, too) or something in it is not the manager's.
 */
function pruned(place: Place, merged: unknown, last: FieldSet, managers: Managers): unknown {
  if (isEmptySet(last)) return merged
  const named = (set: FieldSet) => withNamedFields(place, set)
  const all = named(fieldsOf(place, merged))
  const bare = named(fieldsOf(place, without(place, merged, named(last)) ?? {}))
  const owned = [...managers.values()].reduce((sum, { fields }) => union(sum, fields), bare)
  const kept = without(place, merged, difference(all, union(bare, named(owned)))) ?? {}
  const keptFields = named(fieldsOf(place, kept))
  return without(place, merged, intersection(difference(all, keptFields), named(last))) ?? {}
}

/**
 * Forced applies conflict with nobody. kubectl's own apply does not conflict over fields that kubectl applied from the
 * client before and that nobody has changed since: that is how an object moves from one to the other (W13.10).
 */
function notAllowed(conflicts: ReadonlyMap<string, FieldSet>, options: ApplyOptions): Map<string, FieldSet> {
  if (options.force || conflicts.size === 0) return new Map()
  const { manager, resource, live } = options
  const allowed = manager === 'kubectl' ? fieldsLastAppliedByClient(resource, live) : undefined
  if (allowed === undefined) return new Map(conflicts)
  const left = [...conflicts].map(([owner, fields]) => [owner, difference(fields, allowed)] as const)
  return new Map(left.filter(([, fields]) => !isEmptySet(fields)))
}
