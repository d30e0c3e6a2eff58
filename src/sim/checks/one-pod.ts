// I1: at most one live pod of a DaemonSet on a node, outside surge; with surge two, of different revisions.

import { pods } from '../../api/resources.ts'
import { revisionHashLabel } from '../../api/types.ts'
import { isLive, ownerOf, type PodRecord } from '../truth.ts'
import { type Check, isByDaemonSetController, type Judging } from './check.ts'

export function onePod({ truth, stalenessMs, controllers, violated }: Judging): Check {
  return {
    change({ event, object, nowMs }) {
      if (event.collection !== pods.collection || event.type === 'deleted') return
      const owner = ownerOf(object)
      const daemonSet = truth.daemonSets.get(owner ?? '')
      const pod = truth.pods.get(object.metadata.uid ?? '')
      if (owner === undefined || daemonSet === undefined || pod === undefined) return
      const node = pod.object.spec.nodeName ?? ''
      const isOwn = (one: PodRecord) => one.owner === owner && !one.hasStrayed && isDecided(one)
      // One that was said to have ended may be replaced, whatever its agent says that had not heard of it.
      const live = truth.podsOn(owner, node).filter((one) => isLive(one) && !one.hasFinished && isOwn(one))
      const surges = daemonSet.surges.sometime(nowMs - stalenessMs, (value) => value)
      const limit = (surges ? 2 : 1) * controllers
      const names = live.map((one) => one.object.metadata.name).join(', ')
      if (live.length > limit) {
        violated('I1', `${live.length} live pods of ${daemonSet.object.metadata.name} on ${node}: ${names}`)
      }
      const hashes = new Set(live.map((one) => one.object.metadata.labels?.[revisionHashLabel]))
      if (controllers === 1 && event.type === 'created' && hashes.size < live.length) {
        violated('I1', `two live pods of one revision of ${daemonSet.object.metadata.name} on ${node}: ${names}`)
      }
    },
  }
}

/**
 * Pods that somebody else made and that were adopted may be one too many for a while. So may one that comes of a request
 * which something on the way kept and sent again, when its name was free again: no controller can prevent that, only see it.
 */
function isDecided({ madeBy }: PodRecord): boolean {
  return isByDaemonSetController(madeBy) && madeBy.isRepeat === undefined
}
