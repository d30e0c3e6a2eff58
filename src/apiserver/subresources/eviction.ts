// POST pods/NAME/eviction: a delete that asks the pod's disruption budget first (W12.8).
// Upstream: pkg/registry/core/pod/storage/eviction.go.
//
// Upstream a controller keeps each budget's status, and an eviction spends from it. Here the budget is counted from the
// pods themselves at the moment of the eviction, so it is never out of date; the status is for people.

import { countBudget, isGuarded, type PodDisruptionBudget } from '../../api/disruption.ts'
import { conditionOf, isReady } from '../../api/pods.ts'
import { podDisruptionBudgets, pods } from '../../api/resources.ts'
import { ApiError, badRequestError } from '../../api/status.ts'
import { formatTime } from '../../api/time.ts'
import type { ApiObject, Condition, DeleteOptions, Pod } from '../../api/types.ts'
import type { ApiResponse } from '../../api/wire.ts'
import { successStatus } from '../answer.ts'
import { readPassing } from '../body.ts'
import { writeOptionsOf } from '../options.ts'
import type { Call, Parts } from '../parts.ts'
import { presentValue } from '../present.ts'
import { parseStored } from '../stored.ts'
import { removeObject } from '../verbs/delete.ts'
import { parseDeletion } from '../verbs/delete-options.ts'

export async function evict(parts: Parts, call: Call): Promise<ApiResponse> {
  const { namespace = '', name = '' } = call.target
  const { dryRun } = writeOptionsOf('CreateOptions', call.request.query)
  const { metadata, deleteOptions = {} } = readPassing<Eviction>(call.request, 'Eviction') ?? { metadata: {} }
  const { name: inBody = name } = metadata
  if (inBody !== '' && inBody !== name) throw badRequestError('name in URL does not match name in Eviction object')
  const deletion = parseDeletion(deleteOptions)
  const place = { resource: pods, namespace, name }
  await removeObject(parts, place, { ...deletion, dryRun: dryRun || deletion.dryRun }, (object) => {
    checkBudgets(parts, object as Pod)
    return evicted(object as Pod, parts.clock.now())
  })
  return presentValue(call.presentation, 201, successStatus(undefined, 201))
}

interface Eviction extends ApiObject {
  deleteOptions?: DeleteOptions
}

function checkBudgets(parts: Parts, pod: Pod): void {
  if (mayAlwaysGo(pod)) return
  const { namespace = '' } = pod.metadata
  const budgets = objectsIn<PodDisruptionBudget>(parts, podDisruptionBudgets.collection, namespace).filter((budget) =>
    isGuarded(budget, pod),
  )
  if (budgets.length > 1) {
    throw new ApiError(
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      {},
    )
  }
  const [budget] = budgets
  if (budget === undefined) return
  // Flushed or not: two evictions cannot spend the same budget.
  const { healthy, needed } = countBudget(budget, objectsIn<Pod>(parts, pods.collection, namespace))
  // A pod that is down already may go, as long as enough others are up, or in any case where the budget says so.
  if (!isReady(pod) && (healthy >= needed || budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow')) return
  if (healthy > needed) return
  const message = `The disruption budget ${budget.metadata.name} needs ${needed} healthy pods and has ${healthy} currently`
  throw new ApiError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message }],
  })
}

/** Whoever looks at the pod can tell why it goes. Upstream: addConditionAndDeletePod. */
function evicted(pod: Pod, nowMs: number): Pod {
  if (conditionOf(pod.status, 'DisruptionTarget')?.status === 'True') return pod
  const condition: Condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: formatTime(nowMs),
  }
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type)
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } }
}

function mayAlwaysGo({ metadata, status }: Pod): boolean {
  const phase = status?.phase
  if (metadata.deletionTimestamp !== undefined) return true
  return phase === 'Pending' || phase === 'Succeeded' || phase === 'Failed'
}

function objectsIn<T extends ApiObject>(parts: Parts, collection: string, namespace: string): T[] {
  const listing = parts.store.list(collection, { prefix: `${namespace}/` })
  if (listing === 'compacted') throw new Error(`list ${collection}: the present is never compacted`)
  return listing.records.flatMap(({ key }) => {
    const record = parts.store.head(collection, key)
    return record === undefined ? [] : [parseStored<T>(record.bytes)]
  })
}
