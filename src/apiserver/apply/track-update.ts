// Who owns which fields after a write that is no apply: POST, PUT and the other patches (W13.7, W13.8).
// Upstream: apimachinery/pkg/util/managedfields/internal: fieldmanager.go, managedfieldsupdater.go, skipnonapplied.go.

import { apiVersionOf, type Resource } from '../../api/resources.ts'
import { formatTime } from '../../api/time.ts'
import type { ApiObject } from '../../api/types.ts'
import { isObject } from '../../base/json.ts'
import { differenceBelow, isEmptySet, union } from './field-set.ts'
import { capped, decodeManagers, encodeManagers, identityOf, type Manager, type Managers } from './managers.ts'
import { rootPlace } from './parts.ts'
import { afterChange, excluding, ignoredThrough, tracked } from './tracking.ts'
import { compare } from './walk.ts'

export interface TrackUpdateOptions {
  /** As requested: its schema and version are those of both objects. */
  readonly resource: Resource
  /** Undefined: the object is being created. */
  readonly live: ApiObject | undefined
  /** What is about to be stored, defaults filled in. Its own managedFields may be what the client sent. */
  readonly object: ApiObject
  /** Who writes (W9.9). */
  readonly manager: string
  readonly nowMs: number
  readonly subresource?: string | undefined
}

/** The object with its metadata.managedFields as they are after the write. Nothing else is changed. */
export function trackUpdate(options: TrackUpdateOptions): ApiObject {
  const { live, object, subresource } = options
  const known = managersBefore(live, object, subresource)
  // Nobody's object stays nobody's until somebody applies to it.
  if (live !== undefined && known.size === 0) return withManagers(object, known)
  return withManagers(object, managersAfterUpdate(known, options))
}

/** The same on managers: also for objects that nobody owned before the first apply. */
export function managersAfterUpdate(
  known: Managers,
  { resource, live, object, manager, nowMs, subresource }: TrackUpdateOptions,
): Managers {
  const ignored = ignoredThrough(subresource)
  const whole = compare(rootPlace(resource.schema), withoutManagers(live) ?? {}, withoutManagers(object))
  const change = excluding(whole, ignored)
  const { managers } = afterChange(known, change, undefined)
  const taken = tracked(differenceBelow(union(change.modified, change.added), ignored))
  if (isEmptySet(taken)) return managers
  const who = { manager, operation: 'Update' as const, apiVersion: apiVersionOf(resource), subresource }
  const identity = identityOf(who)
  const before = managers.get(identity)
  const entry: Manager = {
    ...who,
    time: formatTime(nowMs),
    fields: before === undefined ? taken : union(before.fields, taken),
  }
  return capped(new Map(managers).set(identity, entry))
}

/** Undefined metadata.managedFields where there are none. */
export function withManagers(object: ApiObject, managers: Managers): ApiObject {
  const { managedFields: _, ...metadata } = object.metadata
  const entries = encodeManagers(managers)
  return { ...object, metadata: entries.length === 0 ? metadata : { ...metadata, managedFields: entries } }
}

export function withoutManagers(object: ApiObject | undefined): ApiObject | undefined {
  if (object?.metadata?.managedFields === undefined) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** A client may set them, clear them (`[]` or `[{}]`), or leave them out because it does not know them. */
function managersBefore(live: ApiObject | undefined, object: ApiObject, subresource: string | undefined): Managers {
  const sent = object.metadata.managedFields
  const fromLive = () => decodeManagers(live?.metadata.managedFields ?? []) ?? new Map()
  if (subresource !== undefined || sent === undefined) return fromLive()
  const isCleared = sent.length === 0 || (sent.length === 1 && isObject(sent[0]) && Object.keys(sent[0]).length === 0)
  if (isCleared) return new Map()
  const managers = decodeManagers(sent)
  return managers === undefined || managers.size === 0 ? fromLive() : managers
}
