// DELETE of one object: at once, after a grace period, or when its last finalizer is gone (part 11).
// Upstream: apiserver/pkg/registry/generic/registry/store.go, Delete, and rest/delete.go, BeforeDelete.

import type { Resource } from '../../api/resources.ts'
import { conflictError } from '../../api/status.ts'
import { formatTime, parseTime } from '../../api/time.ts'
import type { ApiObject, Namespace, ObjectMeta } from '../../api/types.ts'
import type { ApiResponse } from '../../api/wire.ts'
import { jsonEqual } from '../../base/json.ts'
import { admitDelete } from '../admission/admission.ts'
import { successStatus } from '../answer.ts'
import type { Call, Parts } from '../parts.ts'
import { presentObject, presentValue } from '../present.ts'
import { changeStored, type Decision, type Outcome, type Place } from '../registry.ts'
import { parseStored } from '../stored.ts'
import { strategyOf } from '../strategies/strategy.ts'
import { type Deletion, deletionOf } from './delete-options.ts'

export async function remove(parts: Parts, call: Call): Promise<ApiResponse> {
  const { resource, namespace, name = '' } = call.target
  const deletion = deletionOf(call)
  const outcome = await removeObject(parts, { resource, namespace, name }, deletion)
  // Gone at once: a Status, but for the few kinds that show what is gone (W11.2).
  if (outcome.did !== 'remove' || strategyOf(resource).returnsDeleted === true) {
    return presentObject(parts, call, 200, outcome.bytes)
  }
  const { uid = '' } = parseStored(outcome.bytes).metadata
  const group = resource.group === '' ? {} : { group: resource.group }
  return presentValue(call.presentation, 200, successStatus({ name, ...group, kind: resource.plural, uid }))
}

/**
 * The one way an object is deleted by wish; eviction and deletecollection use it too. `prepare` may refuse, or note on
 * the object why it goes.
 */
export function removeObject(
  parts: Parts,
  place: Place,
  deletion: Deletion,
  prepare: (object: ApiObject) => ApiObject = (object) => object,
): Promise<Outcome> {
  admitDelete(place.resource, place.name)
  return changeStored(parts, place, deletion.dryRun, (old) => {
    return decide(place.resource, prepare(old), deletion, parts.clock.now())
  })
}

export function decide(resource: Resource, old: ApiObject, deletion: Deletion, nowMs: number): Decision {
  checkPreconditions(resource, old, deletion)
  const strategy = strategyOf(resource)
  const marked = markDeleted(resource, old, deletion, nowMs)
  if (marked === 'pending') return mayGo(resource, old) ? { do: 'remove' } : { do: 'nothing' }
  const hasTime = (marked.metadata.deletionGracePeriodSeconds ?? 0) > 0 && strategy.gracePeriodSeconds !== undefined
  const waits = hasTime || (marked.metadata.finalizers ?? []).length > 0 || strategy.mayGo?.(marked) === false
  // Kinds that are given no time go as they were; a pod's last state says that it was to go. Upstream: BeforeDelete.
  if (!waits) return strategy.gracePeriodSeconds === undefined ? { do: 'remove' } : { do: 'remove', object: marked }
  return jsonEqual(marked, old) ? { do: 'nothing' } : { do: 'put', object: marked }
}

/** Nothing holds it any more: what an earlier, interrupted deletion left over. */
function mayGo(resource: Resource, { metadata }: ApiObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = metadata
  return (
    deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds === 0 &&
    finalizers.length === 0 &&
    strategyOf(resource).mayGo === undefined
  )
}

function checkPreconditions(resource: Resource, { metadata }: ApiObject, { uid, resourceVersion }: Deletion): void {
  const named = { group: '', plural: resource.kind }
  const name = metadata.name ?? ''
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflictError(
      named,
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). ` +
        'The object might have been deleted and then recreated',
    )
  }
  if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== metadata.resourceVersion) {
    throw conflictError(
      named,
      name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
        `(${metadata.resourceVersion}). The object might have been modified`,
    )
  }
}

/** The object as one that is to go; 'pending' when it already is, and nothing asks for less time than it has. */
function markDeleted(resource: Resource, old: ApiObject, deletion: Deletion, nowMs: number): ApiObject | 'pending' {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = old.metadata
  const grace = strategyOf(resource).gracePeriodSeconds
  const finalizers = finalizersFor(deletion, old.metadata)
  if (deletionTimestamp === undefined) {
    const seconds = grace?.(old, deletion.gracePeriodSeconds) ?? 0
    const { generation = 0 } = old.metadata
    return withMeta(terminating(old), finalizers, {
      deletionTimestamp: formatTime(nowMs + seconds * 1000),
      deletionGracePeriodSeconds: seconds,
      // X9, on kinds that count.
      ...(generation > 0 ? { generation: generation + 1 } : {}),
    })
  }
  if (grace === undefined) return withMeta(old, finalizers, {})
  const seconds = shorterGrace(old, deletion, grace)
  if (seconds === undefined) return 'pending'
  const endMs = (parseTime(deletionTimestamp) ?? nowMs) - deletionGracePeriodSeconds * 1000 + seconds * 1000
  return withMeta(old, finalizers, {
    deletionTimestamp: formatTime(endMs),
    deletionGracePeriodSeconds: seconds,
  })
}

/** W11.9: time can only be taken away. */
function shorterGrace(
  old: ApiObject,
  { gracePeriodSeconds }: Deletion,
  grace: (object: ApiObject, asked: number | undefined) => number,
): number | undefined {
  const { deletionGracePeriodSeconds: has = 0 } = old.metadata
  if (has === 0 || gracePeriodSeconds === undefined) return undefined
  const wanted = Math.min(grace(old, gracePeriodSeconds), gracePeriodSeconds < 0 ? 1 : gracePeriodSeconds)
  return wanted < has ? wanted : undefined
}

/** A namespace says by its phase that it is going. Upstream: pkg/registry/core/namespace/storage, Delete. */
function terminating(object: ApiObject): ApiObject {
  if (object.kind !== 'Namespace') return object
  const namespace = object as Namespace
  return { ...namespace, status: { ...namespace.status, phase: 'Terminating' } } as Namespace
}

const collectorFinalizers: readonly string[] = ['orphan', 'foregroundDeletion']

/** W11.4: what becomes of the dependents is noted as a finalizer, for the garbage collector. */
function finalizersFor({ policy }: Deletion, { finalizers = [] }: ObjectMeta): readonly string[] {
  if (policy === undefined) return finalizers
  const others = finalizers.filter((one) => !collectorFinalizers.includes(one))
  switch (policy) {
    case 'Background':
      return others
    case 'Foreground':
      return finalizers.includes('foregroundDeletion') ? finalizers : [...others, 'foregroundDeletion']
    case 'Orphan':
      return finalizers.includes('orphan') ? finalizers : [...others, 'orphan']
    default:
      return policy satisfies never
  }
}

function withMeta(object: ApiObject, finalizers: readonly string[], more: Partial<ObjectMeta>): ApiObject {
  const { finalizers: _, ...metadata } = object.metadata
  const kept = finalizers.length === 0 ? {} : { finalizers: [...finalizers] }
  return { ...object, metadata: { ...metadata, ...kept, ...more } }
}
