// How far has the rollout come on one node? (R5.5 to R5.8)

import type { PodFacts } from './snapshot.ts'
import { isAvailable, isUpdated, type Row, type Target } from './survey.ts'

/** Where the node's old pod stands: `wanted` the node runs daemon pods, `unwanted` it does not, `gone` no such node. */
type Place = 'wanted' | 'unwanted' | 'gone'

export type Stage =
  /** More than one new, or more than one old pod: `manage` will see to it. */
  | 'excess'
  /** No pod yet, or only terminating ones. */
  | 'empty'
  | 'new available'
  | 'new unavailable'
  | `old available, ${Place}`
  | `old unavailable, ${Place}`
  /** A surge on its way. */
  | `old available, new ${'available' | 'unavailable'}`
  | `old unavailable, new ${'available' | 'unavailable'}`

/** Only an old pod, which serves. */
export const oldAvailable = ['old available, wanted', 'old available, unwanted', 'old available, gone'] as const
/** Only an old pod, which does not serve. */
export const oldUnavailable = ['old unavailable, wanted', 'old unavailable, unwanted', 'old unavailable, gone'] as const
/** An old and a new pod beside each other. */
export const bothNewAvailable = ['old available, new available', 'old unavailable, new available'] as const
export const bothNewUnavailable = ['old available, new unavailable', 'old unavailable, new unavailable'] as const

/** Those whose nodes a rollout asks for by name; of all others it wants to know how many there are. */
export type ListedStage = (typeof oldAvailable | typeof oldUnavailable | typeof bothNewAvailable)[number]

const listed: ReadonlySet<Stage> = new Set([...oldAvailable, ...oldUnavailable, ...bothNewAvailable])

export function isListed(stage: Stage): stage is ListedStage {
  return listed.has(stage)
}

export function stageOf(row: Row, target: Target, nowMs: number): Stage {
  let newPod: PodFacts | undefined
  let oldPod: PodFacts | undefined
  // This is done for every row of every fleet, so no lists are made.
  for (const pod of row.pods) {
    if (pod.terminating) continue
    if (isUpdated(pod, target)) {
      if (newPod !== undefined) return 'excess'
      newPod = pod
    } else {
      if (oldPod !== undefined) return 'excess'
      oldPod = pod
    }
  }
  if (oldPod === undefined) return newPod === undefined ? 'empty' : `new ${serving(newPod, target, nowMs)}`
  if (newPod !== undefined) return `old ${serving(oldPod, target, nowMs)}, new ${serving(newPod, target, nowMs)}`
  return `old ${serving(oldPod, target, nowMs)}, ${placeOf(row)}`
}

function serving(pod: PodFacts, target: Target, nowMs: number): 'available' | 'unavailable' {
  return isAvailable(pod, target, nowMs) ? 'available' : 'unavailable'
}

/** A row's live pods. Failed and succeeded ones count: they are simply not available (R5.6). */
export function newAndOld(row: Row, target: Target): { fresh: readonly PodFacts[]; old: readonly PodFacts[] } {
  const live = row.pods.filter((pod) => !pod.terminating)
  return {
    fresh: live.filter((pod) => isUpdated(pod, target)),
    old: live.filter((pod) => !isUpdated(pod, target)),
  }
}

function placeOf(row: Row): Place {
  if (row.placement === 'gone') return 'gone'
  return row.placement === 'run' ? 'wanted' : 'unwanted'
}
