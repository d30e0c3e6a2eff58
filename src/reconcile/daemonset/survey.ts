// What is on each node? One row a node, made from the node and the pods meant for it, and what a row says about them.

import { compareText } from '../../base/sorted.ts'
import type { Placement } from './placement.ts'
import type { PodFacts } from './snapshot.ts'

/** Of a node that should run the pod, or has one. */
export interface Row {
  readonly node: string
  /** 'gone': there are pods for it, but no such node. */
  readonly placement: Placement | 'gone'
  /** In the order of survival (R4.10): whoever must choose keeps the first. */
  readonly pods: readonly PodFacts[]
}

/** What all rows of a DaemonSet are measured against. */
export interface Target {
  /** Label of the current revision. */
  readonly hash: string
  readonly templateGeneration: string | undefined
  readonly minReadySeconds: number
  /** A new pod may stand beside the old one (R4.16). */
  readonly surge: boolean
}

/**
 * Undefined: nothing is here and nothing should be, as on most nodes of a DaemonSet that selects a few; such a node takes
 * no memory. `placement` is undefined where there is no such node.
 */
export function surveyNode(node: string, placement: Placement | undefined, pods: readonly PodFacts[]): Row | undefined {
  // A finished pod that is being deleted only waits for its finalizers: its place is free (R4.6, R8.8).
  const present = pods.some(hasLeft) ? pods.filter((pod) => !hasLeft(pod)) : pods
  if (placement !== 'run' && present.length === 0) return undefined
  return { node, placement: placement ?? 'gone', pods: inOrder(present) }
}

/** In arrays that are no longer than they have to be: there is one for each node of each DaemonSet, and a list that was
 * filtered has room for sixteen more. */
function inOrder(pods: readonly PodFacts[]): readonly PodFacts[] {
  switch (pods.length) {
    case 0:
      return none
    case 1:
      return [pods[0]!]
    default:
      return pods.toSorted(bySurvival)
  }
}

const none: readonly never[] = []

function hasLeft(pod: PodFacts): boolean {
  return pod.terminating && isFinished(pod)
}

export function isFinished(pod: PodFacts): boolean {
  const { phase } = pod
  return phase === 'Failed' || phase === 'Succeeded'
}

/** R5.5: either label will do. Upstream: util.IsPodUpdated. */
export function isUpdated(pod: PodFacts, target: Target): boolean {
  const { templateGeneration } = target
  return hasHash(pod, target) || (templateGeneration !== undefined && pod.templateGeneration === templateGeneration)
}

export function hasHash(pod: PodFacts, target: Target): boolean {
  return target.hash !== '' && pod.hash === target.hash
}

export function isReady(pod: PodFacts): boolean {
  return pod.readySinceMs !== undefined
}

/** R5.7. Upstream: pkg/api/v1/pod, IsPodAvailable. */
export function isAvailable(pod: PodFacts, target: Target, nowMs: number): boolean {
  const atMs = availableAtMs(pod, target)
  return atMs !== undefined && atMs <= nowMs
}

/** When a ready pod counts as available; undefined: not before something happens to it. */
export function availableAtMs(pod: PodFacts, { minReadySeconds }: Target): number | undefined {
  const { readySinceMs } = pod
  if (readySinceMs === undefined) return undefined
  if (minReadySeconds === 0) return 0
  return readySinceMs === 0 ? undefined : readySinceMs + minReadySeconds * 1000
}

/** R4.10: bound before unbound, older before younger, then by name. */
export function bySurvival(a: PodFacts, b: PodFacts): number {
  const bound = Number(b.boundTo !== undefined) - Number(a.boundTo !== undefined)
  return bound || a.createdMs - b.createdMs || compareText(a.name, b.name)
}
