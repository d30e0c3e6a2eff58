// I8 and I10: what a status says. It never goes back, is never ahead, and no counter counts what never was.

import { daemonSets } from '../../api/resources.ts'
import { type DaemonSet, revisionHashLabel, templateGenerationAnnotation } from '../../api/types.ts'
import { type DaemonSetRecord, ownerOf } from '../truth.ts'
import { type Check, isByDaemonSetController, type Judging } from './check.ts'

export function status({ truth, stalenessMs, violated }: Judging): Check {
  /** Nodes that had, at some moment not too long ago, a pod made from the template of this generation. */
  function mayBeUpdated({ uid, object }: DaemonSetRecord, fromMs: number): number {
    const text = JSON.stringify(object.spec.template.spec.containers.map(({ image }) => image))
    // R5.5: also a pod of a DaemonSet that had the name before.
    const generation = object.metadata.annotations?.[templateGenerationAnnotation]
    const nodes = new Set<string>()
    for (const pod of truth.pods.values()) {
      if (pod.owner !== uid && ownerOf(pod.object) !== uid) continue
      const images = JSON.stringify(pod.object.spec.containers.map(({ image }) => image))
      const isSameGeneration = generation !== undefined && pod.generation.sometime(fromMs, (one) => one === generation)
      if ((images === text || isSameGeneration) && (pod.goneMs ?? Number.POSITIVE_INFINITY) >= fromMs)
        nodes.add(pod.object.spec.nodeName ?? '')
    }
    return nodes.size
  }

  return {
    change({ event, object, previous, by, nowMs }) {
      if (event.collection !== daemonSets.collection || event.type !== 'updated') return
      const now = (object as DaemonSet).status
      const before = (previous as DaemonSet | undefined)?.status
      const { name, uid = '', generation = 0 } = object.metadata
      const { observedGeneration = 0, collisionCount = 0 } = now ?? {}
      if (observedGeneration > generation)
        violated('I10', `${name} has observed ${observedGeneration} of ${generation}`)
      if (observedGeneration < (before?.observedGeneration ?? 0))
        violated('I10', `${name} has observed less than before`)
      if (collisionCount < (before?.collisionCount ?? 0)) violated('I8', `${name} has forgotten a collision`)
      const daemonSet = truth.daemonSets.get(uid)
      if (daemonSet === undefined || !isByDaemonSetController(by) || now === before) return
      const updated = now?.updatedNumberScheduled ?? 0
      // A status of this generation counts pods of this template, however old the pods' cache is.
      if (observedGeneration !== generation || isRelabelled(uid)) return
      const most = mayBeUpdated(daemonSet, nowMs - stalenessMs)
      if (updated > most)
        violated('I10', `${name} counts ${updated} updated pods, and there were never more than ${most}`)
    },
  }

  /** Pods that bear a label of a revision that was merged into another are as good as new (R6.8). */
  function isRelabelled(uid: string): boolean {
    const hashes = [...truth.revisions.values()]
      .filter((revision) => ownerOf(revision) === uid)
      .map(({ metadata }) => metadata.labels?.[revisionHashLabel])
    return new Set(hashes).size < hashes.length
  }
}
