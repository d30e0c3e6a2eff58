// Which old pod goes next, when the old one goes first and `manage` makes the new one? (R5.9, mode A)
// Upstream: pkg/controller/daemon/update.go, rollingUpdate with maxSurge 0.

import type { Budget } from './budget.ts'
import type { Fleet } from './cells.ts'
import type { PodAction } from './plan.ts'
import { bothNewAvailable, bothNewUnavailable, newAndOld, oldAvailable, oldUnavailable } from './stage.ts'
import type { Row } from './survey.ts'

export function replace(fleet: Fleet, { maxUnavailable }: Budget, atMost = Number.POSITIVE_INFINITY): PodAction[] {
  const unavailable = fleet.count(
    'excess',
    'empty',
    'new unavailable',
    ...bothNewAvailable,
    ...bothNewUnavailable,
    ...oldUnavailable,
  )
  // An old pod that is already down costs no budget, so an update moves on while nodes are broken; but it uses budget
  // up, so that no healthy pod follows it down (R5.10).
  const down = fleet.rowsAt(oldUnavailable, atMost)
  const healthy = fleet.rowsAt(oldAvailable, Math.min(atMost, Math.max(0, maxUnavailable - unavailable)))
  return [
    ...down.map((row) => deleteOld(fleet, row, 'old revision, not available')),
    ...healthy.map((row) => deleteOld(fleet, row, 'old revision')),
  ]
}

/** Deletes the one old pod of a row at an old stage. */
export function deleteOld(fleet: Fleet, row: Row, because: string): PodAction {
  const { old } = newAndOld(row, fleet.target)
  return { do: 'delete', node: row.node, pod: old[0]!, because }
}
