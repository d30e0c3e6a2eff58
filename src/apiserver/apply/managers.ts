// Who owns which fields, as metadata.managedFields keeps it (W13.2). Upstream: apimachinery/pkg/util/managedfields.

import { parseTime } from '../../api/time.ts'
import { isObject, type JsonObject } from '../../base/json.ts'
import { compareText } from '../../base/sorted.ts'
import { emptySet, type FieldSet, fromFieldsV1, isEmptySet, toFieldsV1, union } from './field-set.ts'

export interface Manager {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string | undefined
  readonly time: string | undefined
  readonly fields: FieldSet
}

/** By identity: who, how, in which version, through which subresource. */
export type Managers = ReadonlyMap<string, Manager>

type Identity = Pick<Manager, 'manager' | 'operation' | 'apiVersion' | 'subresource'>

/**
 * An applier is one whatever the version, an updater one a version. The text is upstream's: conflicts come in its order.
 */
export function identityOf({ manager, operation, apiVersion, subresource }: Identity): string {
  return JSON.stringify({
    manager,
    operation,
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource === undefined ? {} : { subresource }),
  })
}

/** Undefined for what is no managedFields: clients may send anything there. */
export function decodeManagers(managedFields: unknown): Managers | undefined {
  if (!Array.isArray(managedFields)) return undefined
  const managers = new Map<string, Manager>()
  for (const entry of managedFields) {
    const manager = decodeManager(entry)
    if (manager === undefined) return undefined
    const identity = identityOf(manager)
    const other = managers.get(identity)
    managers.set(identity, other === undefined ? manager : { ...manager, fields: union(other.fields, manager.fields) })
  }
  return managers
}

function decodeManager(entry: unknown): Manager | undefined {
  if (!isObject(entry)) return undefined
  const { manager = '', operation, apiVersion = '', subresource, time, fieldsType, fieldsV1 = {} } = entry
  const fields = fromFieldsV1(fieldsV1)
  if (typeof manager !== 'string' || typeof apiVersion !== 'string' || fields === undefined) return undefined
  if ((operation !== 'Apply' && operation !== 'Update') || fieldsType !== 'FieldsV1') return undefined
  return {
    manager,
    operation,
    apiVersion,
    subresource: typeof subresource === 'string' && subresource !== '' ? subresource : undefined,
    time: typeof time === 'string' ? time : undefined,
    fields,
  }
}

/** Apply before Update, then the oldest first, then by name. Empty entries vanish. */
export function encodeManagers(managers: Managers): JsonObject[] {
  const entries = [...managers.values()].filter(({ fields }) => !isEmptySet(fields)).sort(compareManagers)
  return entries.map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
    manager,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(fields),
    ...(subresource === undefined ? {} : { subresource }),
  }))
}

function compareManagers(a: Manager, b: Manager): number {
  return (
    compareText(a.operation, b.operation) ||
    secondsOf(a) - secondsOf(b) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource ?? '', b.subresource ?? '')
  )
}

function secondsOf({ time }: Manager): number {
  return Math.floor((parseTime(time) ?? 0) / 1000)
}

/** More entries under Update than these are merged, the oldest first. Upstream: capmanagers.go. */
export const maxUpdateManagers = 10
export const ancientManager = 'ancient-changes'

export function capped(managers: Managers): Managers {
  const updaters = [...managers].filter(([, { operation }]) => operation === 'Update')
  let excess = updaters.length - maxUpdateManagers
  if (excess <= 0) return managers
  const oldest = updaters.sort(([a, left], [b, right]) => secondsOf(left) - secondsOf(right) || compareText(a, b))
  const result = new Map(managers)
  /** Of each version: the entry that the next one is merged with. */
  const firstOf = new Map<string, string>()
  for (const [identity, updater] of oldest) {
    if (excess === 0) break
    const { apiVersion, fields, time } = updater
    const first = firstOf.get(apiVersion)
    if (first === undefined) {
      firstOf.set(apiVersion, identity)
      continue
    }
    const bucket: Identity = { manager: ancientManager, operation: 'Update', apiVersion, subresource: undefined }
    const bucketIdentity = identityOf(bucket)
    const merged = result.get(first)?.fields ?? emptySet
    result.delete(first)
    result.delete(identity)
    result.set(bucketIdentity, { ...bucket, time, fields: union(merged, fields) })
    firstOf.set(apiVersion, bucketIdentity)
    excess--
  }
  return result
}
