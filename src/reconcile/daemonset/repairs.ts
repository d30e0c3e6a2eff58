// What does one node need, whatever the others are like? (R4.7 to R4.11) Upstream: daemon_controller.go, podsShouldBeOnNode.

import type { PodFacts } from './snapshot.ts'
import { hasHash, isAvailable, isFinished, isReady, type Row, type Target } from './survey.ts'

/** What one row needs, whatever the other rows say. */
export type Repair =
  | { readonly do: 'create'; readonly because: string }
  | { readonly do: 'delete'; readonly pod: PodFacts; readonly because: string }
  | EndedPod

/** A pod that ended: an event is due as well, and for a failed one a wait (R4.14). */
interface EndedPod {
  readonly do: 'delete ended'
  readonly pod: PodFacts
  readonly because: string
}

export const because = {
  missing: 'node has no daemon pod',
  failed: 'the daemon pod failed',
  succeeded: 'the daemon pod succeeded',
  tooMany: 'node has another daemon pod',
  leave: 'node should not run the daemon pod',
  gone: 'node does not exist',
  newIsAvailable: 'the new pod is available',
  oldIsNotReady: 'old revision, not ready, and the new pod is here',
} as const

export function repairsOf(row: Row, target: Target, nowMs: number): readonly Repair[] {
  switch (row.placement) {
    case 'gone':
      // R4.11: a pod bound to a vanished node is left to the pod garbage collector.
      return deleteAll(
        live(row).filter((pod) => pod.boundTo === undefined),
        because.gone,
      )
    case 'leave':
      return deleteAll(live(row), because.leave) // R4.9
    case 'keep':
    case 'run':
      return repairsOfUsedNode(row, target, nowMs)
  }
}

const nothing: readonly Repair[] = []

function repairsOfUsedNode(row: Row, target: Target, nowMs: number): readonly Repair[] {
  if (row.pods.length === 0) return [{ do: 'create', because: because.missing }] // R4.7
  // Most rows: one pod, which lives.
  const [first] = row.pods
  if (row.pods.length === 1 && !first!.terminating && !isFinished(first!)) return nothing
  const shouldRun = row.placement === 'run'
  const ended: EndedPod[] = []
  const running: PodFacts[] = []
  for (const pod of live(row)) {
    if (pod.phase === 'Failed') ended.push({ do: 'delete ended', pod, because: because.failed })
    else if (pod.phase === 'Succeeded') ended.push({ do: 'delete ended', pod, because: because.succeeded })
    else running.push(pod)
  }
  if (!target.surge) return [...ended, ...prune(running)]
  // A new pod that failed is waited out (R4.14) as it is without surge; upstream makes another at once, and so on
  // without an end (B3).
  const newHasFailed = ended.some((repair) => repair.pod.phase === 'Failed' && hasHash(repair.pod, target))
  return [...ended, ...pruneSurge(running, shouldRun && !newHasFailed, target, nowMs)]
}

/** R4.8 without surge: whoever survives the others. A node whose pods all end gets a new one when they are gone. */
function prune(running: readonly PodFacts[]): Repair[] {
  return deleteAll(running.slice(1), because.tooMany)
}

/** R4.8 with surge: one new and one old pod may stand beside each other, until the new one serves. */
function pruneSurge(running: readonly PodFacts[], shouldRun: boolean, target: Target, nowMs: number): Repair[] {
  if (running.length === 0) return shouldRun ? [{ do: 'create', because: because.missing }] : []
  if (running.length === 1) return []
  // By hash alone, not by template generation, as upstream does.
  const [newPod, ...moreNew] = running.filter((pod) => hasHash(pod, target))
  const [oldPod, ...moreOld] = running.filter((pod) => !hasHash(pod, target))
  const repairs = deleteAll([...moreNew, ...moreOld], because.tooMany)
  if (newPod === undefined || oldPod === undefined) return repairs
  if (!isReady(oldPod)) return [...repairs, { do: 'delete', pod: oldPod, because: because.oldIsNotReady }]
  if (!isAvailable(newPod, target, nowMs)) return repairs
  return [...repairs, { do: 'delete', pod: oldPod, because: because.newIsAvailable }]
}

function live(row: Row): readonly PodFacts[] {
  return row.pods.filter((pod) => !pod.terminating)
}

function deleteAll(pods: readonly PodFacts[], reason: string): Repair[] {
  return pods.map((pod) => ({ do: 'delete', pod, because: reason }))
}
