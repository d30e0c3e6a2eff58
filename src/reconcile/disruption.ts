// What the status of a disruption budget should say. Upstream: pkg/controller/disruption/disruption.go, updatePdbStatus,
// and component-helpers/apps/poddisruptionbudget/helpers.go.

import { countBudget, type PodDisruptionBudget, type PodDisruptionBudgetStatus } from '../api/disruption.ts'
import { conditionOf } from '../api/pods.ts'
import { semanticEqual } from '../api/semantic-equality.ts'
import { formatTime } from '../api/time.ts'
import type { Pod } from '../api/types.ts'

/** Undefined: it says so already. `pods`: those of the budget's namespace. */
export function budgetStatus(
  budget: PodDisruptionBudget,
  pods: Iterable<Pod>,
  nowMs: number,
): PodDisruptionBudgetStatus | undefined {
  const { status = {} as Partial<PodDisruptionBudgetStatus>, metadata } = budget
  const { expected, healthy, needed, spare } = countBudget(budget, pods)
  const observed = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }
  const was = conditionOf(status, conditionType)
  const isAllowed = spare > 0 ? 'True' : 'False'
  const lastTransitionTime = was?.status === isAllowed ? (was.lastTransitionTime ?? null) : formatTime(nowMs)
  const reason = spare > 0 ? 'SufficientPods' : 'InsufficientPods'
  const condition = { type: conditionType, status: isAllowed, ...observed, lastTransitionTime, reason, message: '' }
  const others = (status.conditions ?? []).filter(({ type }) => type !== conditionType)
  const next: PodDisruptionBudgetStatus = {
    ...status,
    ...observed,
    disruptionsAllowed: spare,
    currentHealthy: healthy,
    desiredHealthy: needed,
    expectedPods: expected,
    conditions: [...others, condition],
  }
  return semanticEqual(next, status) ? undefined : next
}

const conditionType = 'DisruptionAllowed'
