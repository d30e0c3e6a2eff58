// I7: only what the selector matches, and nobody else controls, is adopted, and only by a DaemonSet that stays.

import { pods } from '../../api/resources.ts'
import { ownerOf } from '../truth.ts'
import { type Check, isByDaemonSetController, type Judging } from './check.ts'

export function claims({ truth, stalenessMs, violated }: Judging): Check {
  return {
    change({ event, object, previous, by, nowMs }) {
      if (event.collection !== pods.collection || event.type !== 'updated' || !isByDaemonSetController(by)) return
      const owner = ownerOf(object)
      const former = previous === undefined ? undefined : ownerOf(previous)
      if (owner === former) return
      const { name, labels = {} } = object.metadata
      if (former !== undefined && owner !== undefined) violated('I7', `${name} was taken from another DaemonSet`)
      const daemonSet = truth.daemonSets.get(owner ?? former ?? '')
      const { matchLabels = {} } = daemonSet?.object.spec.selector ?? {}
      const matches = Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
      if (owner === undefined) return
      if (daemonSet?.state.sometime(nowMs - stalenessMs, (state) => state === 'there') !== true) {
        violated('I7', `${name} was adopted by a DaemonSet that is gone or going`)
      }
      if (!matches) violated('I7', `${name} was adopted, and the selector does not match it`)
    },
  }
}
