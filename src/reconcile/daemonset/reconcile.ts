// The table of contents of the DaemonSet decision: a snapshot in, a plan out, room by room.

import { pausedAnnotation } from '../../api/types.ts'
import { allowsSurge } from './budget.ts'
import { Fleet } from './cells.ts'
import { type Claims, claim } from './claim.ts'
import { needsOf, type Room, whyNoRoom } from './fit.ts'
import { expiredRevisions, historyOf } from './history.ts'
import { earliest, manage } from './manage.ts'
import { placementOn, placementRules } from './placement.ts'
import { type Action, nothingToDo, type Plan, type PodAction, type Report } from './plan.ts'
import { rollingUpdate } from './rolling-update.ts'
import type { DaemonSetFacts, NodeFacts, PodFacts, RevisionFacts, Snapshot } from './snapshot.ts'
import { oldAvailable, oldUnavailable } from './stage.ts'
import { surveyNode, type Target } from './survey.ts'

/** Looks at everything, once. */
export function reconcile(snapshot: Snapshot): Plan {
  const { daemonSet, nodes, nowMs } = snapshot
  const pods = claim(snapshot.pods, daemonSet)
  return decide({
    ...snapshot,
    pods,
    revisions: claim(snapshot.revisions, daemonSet),
    podsWithHash: (hash) => pods.ours.filter((pod) => pod.hash === hash),
    fleet: (target) => survey(daemonSet, nodes, pods.ours, target, nowMs),
  })
}

/** What a decision reads: worked out from a whole snapshot, or kept up to date by somebody who follows the changes. */
export interface Known extends Pick<Snapshot, 'nowMs' | 'daemonSet' | 'failedPods' | 'roomOn'> {
  readonly pods: Pick<Claims<PodFacts>, 'adopt' | 'release'>
  readonly revisions: Claims<RevisionFacts>
  /** Our pods of a revision. */
  readonly podsWithHash: (hash: string) => readonly PodFacts[]
  /** Every node's row, measured against this target. */
  readonly fleet: (target: Target) => Fleet
  /** The template as revisions keep it, where somebody has rendered it already. */
  readonly templateText?: string
  /** Default: a plan says all there is to do. */
  readonly atMost?: number
}

/**
 * Each kind of work is done, and seen to be done, before the next is decided: first whose things are whose, then which
 * revision is current, then which pods are missing or too many, then the rollout.
 */
export function decide(known: Known): Plan {
  const { daemonSet, nowMs, failedPods, roomOn, podsWithHash } = known
  if (daemonSet.selectsEverything) return { ...nothingToDo, actions: [selectingAll] } // 2.7 step 4
  if (daemonSet.deleting) return nothingToDo // 2.7 step 5

  const claiming = claimingActions(known)
  if (claiming.length > 0) return { ...nothingToDo, actions: claiming }

  const history = historyOf(daemonSet, known.revisions.ours, podsWithHash, known.templateText)
  if (history.steps.length > 0 || history.current === undefined) return { ...nothingToDo, actions: history.steps }

  const { atMost } = known
  const fleet = known.fleet(targetOf(daemonSet, history.current.hash!))
  fleet.advance(nowMs)
  const repairs = manage(fleet, daemonSet, failedPods, atMost)
  const repaired = withRoom(repairs.actions, fleet, daemonSet, roomOn)
  // While something is missing or too much, the rollout waits (R2.22). A pod that would not fit is not waited for.
  const isRepairing = fleet.waitingForCreation > 0 || repaired.some((action) => action.do !== 'refuse')
  const next = isRepairing
    ? repaired
    : [...repaired, ...withRoom(rollingUpdate(fleet, daemonSet, atMost), fleet, daemonSet, roomOn)]
  const hasPods = (hash: string) => podsWithHash(hash).length > 0
  return {
    actions: [...next, ...expiredRevisions(history.old, daemonSet.revisionHistoryLimit, hasPods)],
    hash: fleet.target.hash,
    counters: fleet.counters,
    failedPods: repairs.failedPods,
    againAtMs: earliest(repairs.againAtMs, fleet.nextChangeMs()),
    refused: fleet.refused,
    onHold: onHold(fleet, daemonSet),
    more: atMost !== undefined && next.length >= atMost,
  }
}

/** What all rows are measured against. */
export function targetOf(daemonSet: DaemonSetFacts, hash: string): Target {
  return {
    hash,
    templateGeneration: daemonSet.templateGeneration,
    minReadySeconds: daemonSet.minReadySeconds,
    surge: allowsSurge(daemonSet),
  }
}

export const selectingAll: Report = {
  do: 'report',
  type: 'Warning',
  reason: 'SelectingAll',
  message: 'This daemon set is selecting all pods. A non-empty selector is required.',
}

/** Every node's row, folded into a fleet. `pods` are ours. */
export function survey(
  daemonSet: DaemonSetFacts,
  nodes: readonly NodeFacts[],
  pods: readonly PodFacts[],
  target: Target,
  nowMs: number,
): Fleet {
  const fleet = new Fleet(target, nowMs)
  const podsByNode = groupByTarget(pods)
  const rules = placementRules(daemonSet.template)
  for (const node of nodes) {
    fleet.set(node.name, surveyNode(node.name, placementOn(node, rules), podsByNode.get(node.name) ?? []))
    podsByNode.delete(node.name)
  }
  for (const [node, theirs] of podsByNode) fleet.set(node, surveyNode(node, undefined, theirs))
  return fleet
}

function claimingActions({ pods, revisions }: Known): Action[] {
  const matches = 'the selector matches its labels'
  const differs = 'the selector does not match its labels'
  return [
    ...revisions.adopt.map((revision) => ({ do: 'adopt revision', revision, because: matches }) as const),
    ...revisions.release.map((revision) => ({ do: 'release revision', revision, because: differs }) as const),
    ...pods.adopt.map((pod) => ({ do: 'adopt pod', pod, because: matches }) as const),
    ...pods.release.map((pod) => ({ do: 'release pod', pod, because: differs }) as const),
  ]
}

function groupByTarget(pods: readonly PodFacts[]): Map<string, PodFacts[]> {
  const podsByNode = new Map<string, PodFacts[]>()
  for (const pod of pods) {
    const { target } = pod
    if (target === undefined) continue
    const theirs = podsByNode.get(target)
    if (theirs === undefined) podsByNode.set(target, [pod])
    else theirs.push(pod)
  }
  return podsByNode
}

/** Creations that would not fit become refusals, once: a node that has refused is not asked again until its row is set. */
function withRoom(
  actions: readonly PodAction[],
  fleet: Fleet,
  { template }: DaemonSetFacts,
  roomOn: ((node: string) => Room) | undefined,
): readonly PodAction[] {
  if (roomOn === undefined || !actions.some((action) => action.do === 'create')) return actions
  const needs = needsOf(template.spec)
  return actions.flatMap((action) => {
    if (action.do !== 'create') return action
    if (fleet.hasRefused(action.node)) return []
    const why = whyNoRoom(needs, roomOn(action.node))
    if (why === undefined) return action
    fleet.refuse(action.node, why)
    return { do: 'refuse', node: action.node, because: why } as const
  })
}

/** An update that a person has stopped, while there are old pods. What it had begun on a node is finished. */
function onHold(fleet: Fleet, { paused, strategy }: DaemonSetFacts): string | undefined {
  if (!paused || strategy !== 'RollingUpdate') return undefined
  const waiting = fleet.count(...oldAvailable, ...oldUnavailable)
  if (waiting === 0) return undefined
  return `the rollout is paused (annotation ${pausedAnnotation}), ${waiting} ${waiting === 1 ? 'node has' : 'nodes have'} an old pod`
}
