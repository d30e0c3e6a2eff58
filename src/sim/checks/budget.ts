// I2, I9 and I6: what a controller takes down. A serving pod that was alone on a wanted node is taken down only for a new
// revision, and never more of them at a time than the DaemonSet allows.

import { pods } from '../../api/resources.ts'
import { type Pod, revisionHashLabel } from '../../api/types.ts'
import { type Change, type DaemonSetRecord, isLive, ownerOf, type PodRecord } from '../truth.ts'
import { type Check, isByDaemonSetController, type Judging } from './check.ts'

export function budget({ truth, stalenessMs, controllers, violated }: Judging): Check {
  /** By DaemonSet: the nodes that we took down and that do not serve again, and since when. */
  const down = new Map<string, Map<string, number>>()

  function takenDown({ nowMs }: Change, daemonSet: DaemonSetRecord, pod: PodRecord): void {
    const node = pod.object.spec.nodeName ?? ''
    const { name } = daemonSet.object.metadata
    const fromMs = nowMs - stalenessMs
    const placements = truth.placementsSince(daemonSet.uid, node, fromMs)
    // Whoever thought otherwise may be behind.
    if (placements.has('leave') || placements.has('gone')) return
    if (daemonSet.state.now !== 'there') return
    if (hadCompany(daemonSet, pod, fromMs)) return
    if (isOfOneTemplate(daemonSet, fromMs) && isNewest(daemonSet, pod)) {
      violated('I6', `${pod.object.metadata.name} on ${node} was deleted: it serves, is up to date and wanted`)
    }
    if (placements.has('keep')) return
    const nodes = down.get(daemonSet.uid) ?? new Map<string, number>()
    down.set(daemonSet.uid, nodes)
    for (const [other, sinceMs] of nodes) if (!isStillDown(daemonSet, other, sinceMs)) nodes.delete(other)
    nodes.set(node, nowMs)
    const allowed = Math.max(...daemonSet.budget.since(fromMs)) * controllers
    if (nodes.size > allowed) {
      violated('I2', `${name}: ${[...nodes.keys()].join(', ')} are down because of us, ${allowed} allowed`)
    }
    const others = silentNodes(daemonSet, fromMs).filter((other) => !nodes.has(other))
    // What has been down for so long that everybody knows uses the budget up.
    if (nodes.size + others.length > Math.max(allowed, others.length)) {
      violated('I2', `${name}: ${node} was taken down while ${others.join(', ')} are down, ${allowed} allowed`)
    }
  }

  /** Another pod that was live there, as far as the controller could know. */
  function hadCompany({ uid }: DaemonSetRecord, pod: PodRecord, fromMs: number): boolean {
    return [...truth.pods.values()].some((other) => {
      if (other === pod || (other.owner !== uid && ownerOf(other.object) !== uid)) return false
      if (other.object.spec.nodeName !== pod.object.spec.nodeName) return false
      if (isLive(other)) return true
      // Its own deletions a controller knows of; that a pod has failed or was deleted by others it may not know yet.
      return other.ended === undefined ? other.goneMs === undefined : other.ended.atMs >= fromMs && !isOwn(other)
    })
  }

  function isStillDown({ uid }: DaemonSetRecord, node: string, sinceMs: number): boolean {
    if (truth.placement(uid, node) !== 'run') return false
    return ![...truth.pods.values()].some((pod) => {
      const isThere = (pod.owner === uid || ownerOf(pod.object) === uid) && pod.object.spec.nodeName === node
      return isThere && pod.createdMs >= sinceMs - stalenessMs && truth.wasAvailableSince(pod, sinceMs + 1)
    })
  }

  /** Wanted for longer than anybody is behind, and all that time without a serving pod. */
  function silentNodes({ uid }: DaemonSetRecord, fromMs: number): string[] {
    const old = truth.liveNodes().filter(({ versions }) => versions.now === versions.since(fromMs)[0])
    const names = old.map(({ object }) => object.metadata.name ?? '')
    return names.filter((node) => {
      const placements = truth.placementsSince(uid, node, fromMs)
      if (placements.size !== 1 || !placements.has('run')) return false
      return ![...truth.pods.values()].some((pod) => {
        const isTheirs = pod.owner === uid || ownerOf(pod.object) === uid
        return isTheirs && pod.object.spec.nodeName === node && truth.wasAvailableSince(pod, fromMs)
      })
    })
  }

  function isNewest({ uid }: DaemonSetRecord, pod: PodRecord): boolean {
    const revisions = [...truth.revisions.values()].filter((revision) => ownerOf(revision) === uid)
    const newest = revisions.sort((a, b) => b.revision - a.revision)[0]?.metadata.labels?.[revisionHashLabel]
    return newest !== undefined && pod.object.metadata.labels?.[revisionHashLabel] === newest
  }

  return {
    change(change) {
      const { event, object, previous, by } = change
      if (event.collection !== pods.collection || !isByDaemonSetController(by)) return
      const hasJustEnded = previous !== undefined && previous.metadata.deletionTimestamp === undefined
      if (!hasJustEnded || (event.type !== 'deleted' && object.metadata.deletionTimestamp === undefined)) return
      const pod = truth.pods.get(object.metadata.uid ?? '')
      const daemonSet = truth.daemonSets.get(ownerOf(previous) ?? '')
      if (pod === undefined || daemonSet === undefined || !truth.serves(previous as Pod)) return
      takenDown(change, daemonSet, pod)
    },
  }
}

function isOwn({ ended }: PodRecord): boolean {
  return isByDaemonSetController(ended?.by)
}

function isOfOneTemplate({ template }: DaemonSetRecord, fromMs: number): boolean {
  return template.since(fromMs).length === 1
}
