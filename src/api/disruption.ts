// How many pods a disruption budget wants, has and can spare. The eviction of a pod asks it at that moment, a budget's
// status tells it to people. Upstream: pkg/controller/disruption/disruption.go, getExpectedPodCount and countHealthyPods.
//
// Upstream takes the expected number from the pods' owner where a percentage or `maxUnavailable` is given; here it is
// always the number of the pods there are: no owner of this cluster says how many it will have.

import { scaledValue } from './int-or-string.ts'
import { matchesLabels, selectorOf } from './labels.ts'
import { hasEnded, isReady } from './pods.ts'
import type { ApiObject, Condition, LabelSelector, Pod } from './types.ts'

export interface PodDisruptionBudget extends ApiObject {
  spec?: {
    selector?: LabelSelector
    minAvailable?: number | string
    maxUnavailable?: number | string
    unhealthyPodEvictionPolicy?: string
  }
  status?: PodDisruptionBudgetStatus
}

export interface PodDisruptionBudgetStatus {
  disruptionsAllowed: number
  currentHealthy: number
  desiredHealthy: number
  expectedPods: number
  observedGeneration?: number
  conditions?: (Condition & { observedGeneration?: number })[]
}

export interface BudgetCount {
  readonly expected: number
  /** Ready, and not on their way out: two evictions cannot spend the same budget. */
  readonly healthy: number
  readonly needed: number
  /** How many may go now. */
  readonly spare: number
}

/** `pods`: those of the budget's namespace. */
export function countBudget({ spec = {} }: PodDisruptionBudget, pods: Iterable<Pod>): BudgetCount {
  const selector = selectorOf(spec.selector)
  let [expected, healthy] = [0, 0]
  for (const pod of pods) {
    if (hasEnded(pod) || !matchesLabels(selector, pod.metadata.labels)) continue
    expected++
    if (isReady(pod) && pod.metadata.deletionTimestamp === undefined) healthy++
  }
  const needed = neededOf(spec, expected)
  return { expected, healthy, needed, spare: expected === 0 ? 0 : Math.max(0, healthy - needed) }
}

export function isGuarded({ spec }: PodDisruptionBudget, { metadata }: Pod): boolean {
  return matchesLabels(selectorOf(spec?.selector), metadata.labels)
}

function neededOf(spec: NonNullable<PodDisruptionBudget['spec']>, expected: number): number {
  if (spec.maxUnavailable === undefined) return scaledValue(spec.minAvailable ?? 0, expected, true)
  return Math.max(0, expected - scaledValue(spec.maxUnavailable, expected, true))
}
