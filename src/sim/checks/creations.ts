// I5, I6, I11: for whom, where and how often pods are made.

import { pods } from '../../api/resources.ts'
import type { Pod } from '../../api/types.ts'
import type { Exchange } from '../exchange.ts'
import { ownerOf } from '../truth.ts'
import { type Check, isByDaemonSetController, type Judging } from './check.ts'

/** Tries to make pods in ten seconds, by all DaemonSets together; slow start and waits keep far below (I11). */
const triesInTenSeconds = 400

export function creations({ truth, stalenessMs, violated }: Judging): Check {
  let tries: number[] = []
  return {
    request({ who, request }: Exchange) {
      if (request.method !== 'POST' || !request.path.endsWith('/pods') || !who.endsWith('daemonset-controller')) return
      tries = tries.filter((atMs) => atMs > truth.nowMs - 10_000)
      tries.push(truth.nowMs)
      if (tries.length > triesInTenSeconds) violated('I11', `${tries.length} tries to make pods in ten seconds`)
    },
    change({ event, object, by, nowMs }) {
      if (event.collection !== pods.collection || event.type !== 'created' || !isByDaemonSetController(by)) return
      const { name } = object.metadata
      const node = (object as Pod).spec.nodeName ?? ''
      const uid = ownerOf(object) ?? ''
      const daemonSet = truth.daemonSets.get(uid)
      const fromMs = nowMs - stalenessMs
      if (daemonSet?.state.sometime(fromMs, (state) => state === 'there') !== true) {
        violated('I5', `${name} was made for a DaemonSet that is gone or going`)
      }
      if (!truth.placementsSince(uid, node, fromMs).has('run')) {
        violated('I6', `${name} was made on ${node}, which should not run it`)
      }
    },
  }
}
