// The next step of a rolling update, over all nodes (section 5).

import { budgetOf } from './budget.ts'
import type { Fleet } from './cells.ts'
import type { PodAction } from './plan.ts'
import { replace } from './replace.ts'
import type { DaemonSetFacts } from './snapshot.ts'
import { surge } from './surge.ts'

/** Of the nodes whose old pod may go whatever the budget says, at most so many at a time. */
export function rollingUpdate(
  fleet: Fleet,
  daemonSet: DaemonSetFacts,
  atMost = Number.POSITIVE_INFINITY,
): readonly PodAction[] {
  if (daemonSet.paused) return []
  switch (daemonSet.strategy) {
    case 'OnDelete':
      return [] // R5.14: whoever deletes a pod gets a new one.
    case 'RollingUpdate': {
      const budget = budgetOf(daemonSet, fleet.counters.desiredNumberScheduled)
      return budget.maxSurge > 0 ? surge(fleet, budget, atMost) : replace(fleet, budget, atMost) // R5.4
    }
  }
}
