// I3, I4, ST7: who may delete a pod or a revision, and when.

import { controllerRevisions, pods } from '../../api/resources.ts'
import type { DeleteOptions, Pod } from '../../api/types.ts'
import type { Exchange } from '../exchange.ts'
import { type Change, ownerOf } from '../truth.ts'
import { type Check, isBy, isByDaemonSetController, isByNode, type Judging } from './check.ts'

export function deletions({ truth, stalenessMs, violated }: Judging): Check {
  /** I3: what a delete must say, so that the server can refuse it. */
  function request({ who, request }: Exchange): void {
    if (request.method !== 'DELETE' || !request.path.includes('/pods/')) return
    if (who !== 'system:controller:daemonset-controller') return
    const { preconditions } = optionsOf(request.body)
    if (preconditions?.uid === undefined || preconditions.resourceVersion === undefined) {
      violated('I3', `DELETE ${request.path} without uid and resourceVersion as preconditions`)
    }
  }

  function ended({ event, object, previous, by, nowMs }: Change): void {
    if (previous === undefined) return
    const { name } = object.metadata
    const isPod = event.collection === pods.collection
    const hasBegun = previous.metadata.deletionTimestamp === undefined
    if (isPod && hasBegun && isByDaemonSetController(by) && !truth.daemonSets.has(ownerOf(previous) ?? '')) {
      violated('I3', `the DaemonSet controller deleted ${name}, which no DaemonSet owns`)
    }
    if (isPod && hasBegun && event.type === 'deleted' && isByNode(by)) {
      violated('I3', `a node removed ${name}, which nobody had deleted`)
    }
    if (isPod && isBy(by, 'pod-garbage-collector')) {
      const node = truth.nodes.get((object as Pod).spec.nodeName ?? '')
      if (node?.state.throughout(nowMs - stalenessMs, (state) => state === 'there') === true) {
        violated('B22545', `${name} was collected as the pod of a lost node, and its node is there`)
      }
    }
    if (isBy(by, 'garbage-collector') && hasBegun) collected(object.metadata.uid ?? '', name, ownerOf(previous), nowMs)
  }

  function collected(uid: string, name: string | undefined, owner: string | undefined, nowMs: number): void {
    const daemonSet = truth.daemonSets.get(owner ?? '')
    if (daemonSet === undefined) return
    if (daemonSet.state.throughout(nowMs - stalenessMs, (state) => state === 'there')) {
      violated('ST7', `${name} was collected, and its owner is there`)
    }
    const createdMs = truth.pods.get(uid)?.createdMs
    const { orphanSinceMs, foregroundSinceMs } = daemonSet
    // Whoever wishes both, one after the other, gets some of both.
    if (foregroundSinceMs !== undefined) return
    if (orphanSinceMs !== undefined && createdMs !== undefined && createdMs < orphanSinceMs) {
      violated('I4', `${name} was collected, and its owner was deleted as one whose pods stay`)
    }
  }

  return {
    request,
    change(change) {
      const { event, object } = change
      const isOurs = event.collection === pods.collection || event.collection === controllerRevisions.collection
      if (isOurs && (event.type === 'deleted' || object.metadata.deletionTimestamp !== undefined)) ended(change)
      if (event.collection === 'apps/daemonsets' && event.type === 'deleted') orphansAreFree(object.metadata.uid ?? '')
    },
  }

  /** I4: whoever leaves its pods behind has let go of them before it goes. */
  function orphansAreFree(uid: string): void {
    const { orphanSinceMs } = truth.daemonSets.get(uid) ?? {}
    if (orphanSinceMs === undefined) return
    for (const pod of truth.podsOf(uid)) {
      if (pod.createdMs < orphanSinceMs && pod.ended === undefined) {
        violated('I4', `the DaemonSet is gone, and ${pod.object.metadata.name} still refers to it`)
      }
    }
  }
}

function optionsOf(body: Uint8Array): DeleteOptions {
  return body.length === 0 ? {} : JSON.parse(Buffer.from(body).toString('utf8'))
}
