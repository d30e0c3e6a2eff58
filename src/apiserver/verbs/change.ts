// What PUT and every patch share: from the object as it stands to the object as it should be, through the rules of the
// endpoint, the kind and admission (W9.5, W9.6, W12.1). Upstream: registry.Store.Update and rest.BeforeUpdate.

import { fromStored, toStored } from '../../api/conversion.ts'
import type { FieldError } from '../../api/field-error.ts'
import { apiVersionOf } from '../../api/resources.ts'
import { semanticEqual } from '../../api/semantic-equality.ts'
import { badRequestError, conflictError, invalidError } from '../../api/status.ts'
import type { ApiObject, Namespace } from '../../api/types.ts'
import { validateUpdate } from '../../api/validation/validation.ts'
import { jsonEqual } from '../../base/json.ts'
import { admitGrant, admitWrite } from '../admission/admission.ts'
import { keepMeta } from '../object-meta.ts'
import type { Call, Parts } from '../parts.ts'
import { changeStored, type Decision, type Outcome } from '../registry.ts'
import { storageOf } from '../stored.ts'
import { hasStatus, strategyOf } from '../strategies/strategy.ts'
import { checkNamespace } from './create.ts'

export interface Change {
  /** How a differing uid is refused: a PUT names another object, a patch changes a field (W6.3, W10.2). */
  readonly by: 'put' | 'patch'
  readonly dryRun: boolean
  /** The new object, decoded and with defaults, from the current one; both in the form of the call's resource. */
  readonly make: (current: ApiObject) => ApiObject
}

export interface Changed extends Outcome {
  /** What is doubtful in the result. */
  readonly warnings: readonly string[]
}

export async function changeObject(parts: Parts, call: Call, change: Change): Promise<Changed> {
  const { resource, namespace, name = '' } = call.target
  let warnings: readonly string[] = []
  const outcome = await changeStored(parts, { resource, namespace, name }, change.dryRun, (old) => {
    const decided = decide(parts, call, change, old)
    warnings = decided.warnings
    return decided.decision
  })
  return { ...outcome, warnings }
}

interface Decided {
  readonly decision: Decision
  readonly warnings: readonly string[]
}

function decide(parts: Parts, call: Call, change: Change, old: ApiObject): Decided {
  const { resource, subresource } = call.target
  const storage = storageOf(resource)
  const made = toStored(resource, change.make(fromStored(resource, old)))
  checkIdentity(call, change, made, old)
  const metadata = { ...made.metadata }
  const object = { ...made, kind: storage.kind, apiVersion: apiVersionOf(storage), metadata }
  // A field of old servers, which means nothing any more.
  delete (metadata as { selfLink?: string }).selfLink
  keepMeta(object, old)
  const prepared = prepare(parts, call, object, old)
  admitGrant(parts, call, prepared, old)
  const errors = validateUpdate(resource, prepared, old, subresource?.name)
  if (errors.length > 0) throw invalidError(resource.group, resource.kind, old.metadata.name ?? '', errors)
  admitWrite(call, prepared, old)
  const warnings = subresource === undefined ? (strategyOf(resource).warnings?.(prepared, old) ?? []) : []
  if (mayGoNow(call, prepared, old)) return { decision: { do: 'remove', object: prepared }, warnings }
  prepared.metadata.resourceVersion = old.metadata.resourceVersion ?? ''
  const decision: Decision = jsonEqual(prepared, old) ? { do: 'nothing' } : { do: 'put', object: prepared }
  return { decision, warnings }
}

/** The value as Go shows it. Upstream: rest/update.go, with `field.Invalid(…, resourceVersion, …)` of a number. */
const versionMissing: FieldError = {
  reason: 'FieldValueInvalid',
  field: 'metadata.resourceVersion',
  message: 'Invalid value: 0x0: must be specified for an update',
}

function checkIdentity(call: Call, change: Change, { metadata }: ApiObject, old: ApiObject): void {
  const { resource, namespace, name = '' } = call.target
  if (metadata.name !== undefined && metadata.name !== '' && metadata.name !== name) {
    throw badRequestError(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  }
  metadata.name = name
  checkNamespace(namespace, metadata.namespace)
  const { uid, resourceVersion = '' } = metadata
  if (change.by === 'put' && uid !== undefined && uid !== '' && uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`
    throw conflictError(resource, name, why)
  }
  if (resourceVersion === '' || resourceVersion === '0') {
    if (change.by === 'put' && strategyOf(resource).needsResourceVersion === true) {
      throw invalidError(resource.group, resource.kind, name, [versionMissing])
    }
  } else if (resourceVersion !== old.metadata.resourceVersion) {
    throw conflictError(resource, name)
  }
}

/** What this endpoint may change; the rest is as it was. */
function prepare(parts: Parts, call: Call, object: ApiObject, old: ApiObject): ApiObject {
  const { resource, subresource } = call.target
  const strategy = strategyOf(resource)
  switch (subresource?.name) {
    case 'approval':
    case 'status': {
      // Everything but the metadata and the status stays.
      const { status } = object as { status?: unknown }
      const changed = { ...old, metadata: object.metadata, ...(status === undefined ? {} : { status }) }
      if (status === undefined) delete (changed as { status?: unknown }).status
      strategy.prepareStatus?.(changed, old, parts, subresource.name)
      return changed
    }
    case 'finalize': {
      const { spec } = object as Namespace
      return { ...old, metadata: object.metadata, ...(spec === undefined ? {} : { spec }) } as ApiObject
    }
    default: {
      if (hasStatus(resource)) keepField(object, old, 'status')
      strategy.prepareUpdate?.(object, old, parts)
      if (resource.hasGeneration && !semanticEqual(specOf(object), specOf(old))) {
        object.metadata.generation = (old.metadata.generation ?? 0) + 1
      }
      return object
    }
  }
}

function specOf(object: ApiObject): unknown {
  return (object as { spec?: unknown }).spec
}

function keepField(object: ApiObject, old: ApiObject, field: string): void {
  const [target, source] = [object, old] as unknown as Record<string, unknown>[]
  if (source![field] === undefined) delete target![field]
  else target![field] = source![field]
}

/** The last finalizer has gone from an object that was only waiting for it (W11.3). */
function mayGoNow(call: Call, object: ApiObject, old: ApiObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = old.metadata
  if (deletionTimestamp === undefined || (deletionGracePeriodSeconds ?? 0) !== 0) return false
  if ((object.metadata.finalizers ?? []).length > 0) return false
  return strategyOf(call.target.resource).mayGo?.(object) ?? true
}
