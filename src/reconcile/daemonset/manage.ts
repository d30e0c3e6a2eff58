// Which nodes miss a pod, which have one too many? (section 4) Upstream: daemon_controller.go, manage.

import type { Fleet } from './cells.ts'
import { afterRemoval, type FailedPod, type FailedPods, waitAfterFailure } from './failed-pods.ts'
import type { PodAction, Report } from './plan.ts'
import { repairsOf } from './repairs.ts'
import type { DaemonSetFacts, PodFacts } from './snapshot.ts'
import type { Row } from './survey.ts'

export interface Managed {
  readonly actions: readonly PodAction[]
  readonly failedPods: ReadonlyMap<string, FailedPod>
  readonly againAtMs: number | undefined
}

/** Stops at the row with which there are `atMost` actions or more. */
export function manage(
  fleet: Fleet,
  daemonSet: DaemonSetFacts,
  known: FailedPods,
  atMost = Number.POSITIVE_INFINITY,
): Managed {
  const actions: PodAction[] = []
  const failedPods = new Map<string, FailedPod>()
  const waiting: { readonly node: string; readonly untilMs: number }[] = []
  let againAtMs: number | undefined
  const generation = daemonSet.status.observedGeneration ?? 0
  fleet.countFailuresSince(generation)
  for (const row of fleet.rowsToRepair()) {
    if (actions.length >= atMost) break
    const before = actions.length
    let untilMs: number | undefined
    for (const repair of repairsOf(row, fleet.target, fleet.nowMs)) {
      if (repair.do !== 'delete ended') {
        actions.push({ ...repair, node: row.node })
        continue
      }
      if (repair.pod.phase === 'Failed') {
        // The first removal on a node starts the wait of the next (R4.14).
        const failures = failedPods.has(row.node) ? failedPods : known
        const waitMs = waitAfterFailure(failures.get(row.node), generation, fleet.nowMs)
        if (waitMs > 0) {
          untilMs = earliest(untilMs, fleet.nowMs + waitMs)
          continue
        }
        failedPods.set(row.node, afterRemoval(failures.get(row.node), generation, fleet.nowMs))
      }
      const { pod, because } = repair
      actions.push({ do: 'delete', node: row.node, pod, because, report: reportEnded(daemonSet, row, pod) })
    }
    againAtMs = earliest(againAtMs, untilMs)
    if (untilMs !== undefined && actions.length === before) waiting.push({ node: row.node, untilMs })
  }
  for (const { node, untilMs } of waiting) fleet.wait(node, { for: 'failed pod', untilMs })
  return { actions, failedPods, againAtMs }
}

/** R9.5, R9.6. */
function reportEnded({ namespace }: DaemonSetFacts, { node }: Row, { name, phase }: PodFacts): Report {
  return phase === 'Failed'
    ? {
        do: 'report',
        type: 'Warning',
        reason: 'FailedDaemonPod',
        message: `Found failed daemon pod ${namespace}/${name} on node ${node}, will try to kill it`,
      }
    : {
        do: 'report',
        type: 'Normal',
        reason: 'SucceededDaemonPod',
        message: `Found succeeded daemon pod ${namespace}/${name} on node ${node}, will try to delete it`,
      }
}

/** The sooner of two moments, where undefined is never. */
export function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b)
}
