// Which node gets its new pod next, when the new one comes first and the old one goes once it serves?
// (R5.11 to R5.13, mode B) Upstream: pkg/controller/daemon/update.go, rollingUpdate with maxSurge above 0.

import type { Budget } from './budget.ts'
import type { Fleet } from './cells.ts'
import type { PodAction } from './plan.ts'
import { deleteOld } from './replace.ts'
import { bothNewAvailable, bothNewUnavailable } from './stage.ts'
import type { Row } from './survey.ts'

export function surge(fleet: Fleet, { maxSurge }: Budget, atMost = Number.POSITIVE_INFINITY): PodAction[] {
  const surging = fleet.count('excess', ...bothNewUnavailable)
  const desired = fleet.counters.desiredNumberScheduled
  // An old pod that is alone on a node that does not exist is left to the pod garbage collector. Upstream gives the whole
  // update up until it is gone (B6).
  const deleted: PodAction[] = [
    ...fleet.rowsAt(bothNewAvailable, atMost).map((row) => deleteOld(fleet, row, 'the new pod is available')),
    ...fleet
      .rowsAt(['old unavailable, unwanted'], atMost)
      .map((row) => deleteOld(fleet, row, 'old revision, not available, and node should not run the daemon pod')),
    ...fleet
      .rowsAt(['old available, unwanted'], Math.min(atMost, Math.max(0, servingNodes(fleet) - desired)))
      .map((row) => deleteOld(fleet, row, 'old revision, and node should not run the daemon pod')),
  ]
  const created: PodAction[] = [
    // The old pod serves nobody: a new one beside it is no surge (R5.12).
    ...fleet
      .rowsAt(['old unavailable, wanted'], atMost)
      .map((row) => createBeside(row, 'the old pod is not available')),
    ...fleet
      .rowsAt(['old available, wanted'], Math.min(atMost, Math.max(0, maxSurge - surging)))
      .map((row) => createBeside(row, 'old revision')),
  ]
  return [...deleted, ...created]
}

/** Nodes with a pod that serves: the old one where there is one (R5.11). */
function servingNodes(fleet: Fleet): number {
  return fleet.count(
    'new available',
    'old available, wanted',
    'old available, unwanted',
    'old available, gone',
    'old available, new available',
    'old available, new unavailable',
  )
}

function createBeside({ node }: Row, because: string): PodAction {
  return { do: 'create', node, because }
}
