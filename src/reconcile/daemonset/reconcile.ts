// The table of contents of the DaemonSet decision: a snapshot in, a plan out, room by room.

import { allowsSurge } from './budget.ts'
import { Fleet } from './cells.ts'
import { claim } from './claim.ts'
import { needsOf, type Room, whyNoRoom } from './fit.ts'
import { expiredRevisions, type History, historyOf } from './history.ts'
import { earliest, manage } from './manage.ts'
import { placementOn, placementRules } from './placement.ts'
import { type Action, nothingToDo, type Plan, type PodAction, type Report } from './plan.ts'
import { rollingUpdate } from './rolling-update.ts'
import type { DaemonSetFacts, PodFacts, Snapshot } from './snapshot.ts'
import { surveyNode, type Target } from './survey.ts'

/**
 * Each kind of work is done, and seen to be done, before the next is decided: first whose things are whose, then which
 * revision is current, then which pods are missing or too many, then the rollout.
 */
export function reconcile(snapshot: Snapshot): Plan {
  const { daemonSet } = snapshot
  if (daemonSet.deleting) return nothingToDo // 2.7 step 5
  if (daemonSet.selectsEverything) return { ...nothingToDo, actions: [selectingAll] }

  const pods = claim(snapshot.pods, daemonSet)
  const revisions = claim(snapshot.revisions, daemonSet)
  const claiming = claimingActions(pods, revisions)
  if (claiming.length > 0) return { ...nothingToDo, actions: claiming }

  const history = historyOf(daemonSet, revisions.ours, (hash) => pods.ours.filter((pod) => pod.hash === hash))
  if (history.steps.length > 0 || history.current === undefined) return { ...nothingToDo, actions: history.steps }

  const fleet = survey(snapshot, pods.ours, targetOf(daemonSet, history.current.hash))
  const hashes = new Set(pods.ours.map((pod) => pod.hash))
  return decide(fleet, history, snapshot, (hash) => hashes.has(hash))
}

export type DecisionFacts = Pick<Snapshot, 'nowMs' | 'daemonSet' | 'failedPods' | 'roomOn'>

/** From here on everything is read from the fleet: what a full survey made, or what was kept up to date. */
export function decide(
  fleet: Fleet,
  history: History,
  { nowMs, daemonSet, failedPods, roomOn }: DecisionFacts,
  hasPods: (hash: string) => boolean,
): Plan {
  fleet.advance(nowMs)
  const repairs = manage(fleet, daemonSet, failedPods)
  const repaired = withRoom(repairs.actions, daemonSet, roomOn)
  // While something is missing or too much, the rollout waits (R2.22). A pod that would not fit is not waited for.
  const next = repaired.some((action) => action.do !== 'refuse')
    ? repaired
    : [...repaired, ...withRoom(rollingUpdate(fleet, daemonSet), daemonSet, roomOn)]
  return {
    actions: [...next, ...expiredRevisions(history.old, daemonSet.revisionHistoryLimit, hasPods)],
    counters: fleet.counters,
    failedPods: repairs.failedPods,
    againAtMs: earliest(repairs.againAtMs, fleet.nextChangeMs()),
  }
}

/** What all rows are measured against. */
export function targetOf(daemonSet: DaemonSetFacts, hash: string | undefined): Target {
  return {
    hash: hash ?? '',
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

function claimingActions(
  pods: ReturnType<typeof claim<Snapshot['pods'][number]>>,
  revisions: ReturnType<typeof claim<Snapshot['revisions'][number]>>,
): Action[] {
  const matches = 'the selector matches its labels'
  const differs = 'the selector does not match its labels'
  return [
    ...revisions.adopt.map((revision) => ({ do: 'adopt revision', revision, because: matches }) as const),
    ...revisions.release.map((revision) => ({ do: 'release revision', revision, because: differs }) as const),
    ...pods.adopt.map((pod) => ({ do: 'adopt pod', pod, because: matches }) as const),
    ...pods.release.map((pod) => ({ do: 'release pod', pod, because: differs }) as const),
  ]
}

/** Every node's row, folded into a fleet. */
function survey({ daemonSet, nodes, nowMs }: Snapshot, pods: readonly PodFacts[], target: Target): Fleet {
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

function groupByTarget(pods: readonly PodFacts[]): Map<string, PodFacts[]> {
  const podsByNode = new Map<string, PodFacts[]>()
  for (const pod of pods) {
    if (pod.target === undefined) continue
    const theirs = podsByNode.get(pod.target)
    if (theirs === undefined) podsByNode.set(pod.target, [pod])
    else theirs.push(pod)
  }
  return podsByNode
}

/** Creations that would not fit become refusals. */
function withRoom(
  actions: readonly PodAction[],
  { template }: DaemonSetFacts,
  roomOn: ((node: string) => Room) | undefined,
): readonly PodAction[] {
  if (roomOn === undefined || !actions.some((action) => action.do === 'create')) return actions
  const needs = needsOf(template.spec)
  return actions.map((action) => {
    const why = action.do === 'create' ? whyNoRoom(needs, roomOn(action.node)) : undefined
    return why === undefined ? action : { do: 'refuse', node: (action as { node: string }).node, because: why }
  })
}
