// The questions everybody asks of a pod's status. Upstream: kubernetes/pkg/api/v1/pod/util.go.

import type { Condition, Pod } from './types.ts'

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
