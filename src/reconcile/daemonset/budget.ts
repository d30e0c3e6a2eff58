// How many nodes may be without a serving pod, and how many may have a second one? (R5.1 to R5.4)
// Upstream: pkg/controller/daemon/update.go, updatedDesiredNodeCounts.

import { scaledValue } from '../../api/int-or-string.ts'
import type { DaemonSetFacts } from './snapshot.ts'

export interface Budget {
  readonly maxUnavailable: number
  readonly maxSurge: number
}

type Limits = Pick<DaemonSetFacts, 'strategy' | 'maxUnavailable' | 'maxSurge'>

export function budgetOf({ maxUnavailable, maxSurge }: Limits, desiredNumberScheduled: number): Budget {
  const budget = {
    maxUnavailable: resolve(maxUnavailable, desiredNumberScheduled),
    maxSurge: resolve(maxSurge, desiredNumberScheduled),
  }
  // Both round up, so this needs "0%" or 0 twice, which validation refuses; an update must go on all the same.
  const stuck = desiredNumberScheduled > 0 && budget.maxUnavailable === 0 && budget.maxSurge === 0
  return stuck ? { ...budget, maxUnavailable: 1 } : budget
}

/** Whether `manage` lets two pods stand on one node (R4.16): measured against one node, so any percentage will do. */
export function allowsSurge({ strategy, maxSurge }: Limits): boolean {
  return strategy === 'RollingUpdate' && resolve(maxSurge, 1) > 0
}

/** A value that is neither a number nor a percentage counts as 0 (R4.16). */
function resolve(value: number | string, total: number): number {
  try {
    return Math.max(0, scaledValue(value, total, true))
  } catch {
    return 0
  }
}
