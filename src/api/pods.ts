// The questions everybody asks of a pod's status. Upstream: kubernetes/pkg/api/v1/pod/util.go.

import { milliValue, sameQuantity } from './quantity.ts'
import type { Condition, Pod, PodSpec } from './types.ts'

/** The condition of a type, in the status of any kind that has conditions. */
export function conditionOf(
  status: { readonly conditions?: readonly Condition[] } | undefined,
  type: string,
): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type)
}

export function isReady(pod: Pod): boolean {
  return conditionOf(pod.status, 'Ready')?.status === 'True'
}

/** Failed or Succeeded: its containers will not run again. */
export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded'
}

/**
 * How much of its node a pod has been promised (W14.2): Guaranteed where every container requests what it may use,
 * BestEffort where none requests anything. Upstream: pkg/apis/core/helper/qos, ComputePodQOS.
 */
export function qosClassOf({ containers, initContainers = [] }: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const all = [...containers, ...initContainers].map(({ resources }) => ({
    requests: computeAmounts(resources?.requests),
    limits: computeAmounts(resources?.limits),
  }))
  if (all.every(({ requests, limits }) => requests.size === 0 && limits.size === 0)) return 'BestEffort'
  const isPromised = all.every(
    ({ requests, limits }) =>
      limits.size === 2 && [...requests].every(([name, amount]) => sameQuantity(limits.get(name) ?? '0', amount)),
  )
  return isPromised ? 'Guaranteed' : 'Burstable'
}

/** Only processor and memory count, and only more than nothing. */
function computeAmounts(list: Readonly<Record<string, string>> | undefined): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(list ?? {}).filter(
      ([name, amount]) => (name === 'cpu' || name === 'memory') && (milliValue(`${amount}`) ?? 0n) > 0n,
    ),
  )
}
