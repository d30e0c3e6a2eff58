// Disruption budgets: their counters are always written, and zero until somebody has counted (W5.10).
// Upstream: pkg/registry/policy/poddisruptionbudget/strategy.go.

import type { PodDisruptionBudget } from '../../api/disruption.ts'
import type { Strategy } from './strategy.ts'

export const budgetStrategy: Strategy = {
  prepareCreate(object) {
    const budget = object as PodDisruptionBudget
    budget.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }
  },
}
