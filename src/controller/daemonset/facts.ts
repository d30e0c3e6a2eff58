// The caches a DaemonSet controller reads, the indexes by which it finds things in them, and each object's facts, made
// once an object.

import { controllerOf } from '../../api/owners.ts'
import { daemonSets } from '../../api/resources.ts'
import type { ApiObject, ControllerRevision, DaemonSet, Node, Pod } from '../../api/types.ts'
import type { Indexes } from '../../client/cache.ts'
import type { Informer } from '../../client/informer.ts'
import * as snapshot from '../../reconcile/daemonset/snapshot.ts'
import { podsByNode } from '../pods-by-node.ts'

export interface Caches {
  readonly daemonSets: Informer<DaemonSet>
  readonly pods: Informer<Pod>
  readonly nodes: Informer<Node>
  readonly revisions: Informer<ControllerRevision>
}

export const podFacts = onceAnObject(snapshot.podFacts)
export const nodeFacts = onceAnObject(snapshot.nodeFacts)
export const revisionFacts = onceAnObject(snapshot.revisionFacts)
export const daemonSetFacts = onceAnObject(snapshot.daemonSetFacts)

/** Of what belongs to a DaemonSet, by its uid; of what belongs to nobody, by its namespace. */
const ownedIndexes = {
  daemonSet: (object: ApiObject): readonly string[] => {
    const uid = daemonSetUidOf(object)
    return uid === undefined ? none : [uid]
  },
  ownerless: (object: ApiObject): readonly string[] =>
    controllerOf(object) === undefined ? [object.metadata.namespace ?? ''] : none,
}

export const revisionIndexes: Indexes<ControllerRevision> = ownedIndexes

export const podIndexes: Indexes<Pod> = {
  ...ownedIndexes,
  ...podsByNode,
  daemonSetOnNode: (pod) => {
    const uid = daemonSetUidOf(pod)
    const node = uid === undefined ? undefined : podFacts(pod).target
    return node === undefined ? none : [`${uid}/${node}`]
  },
  daemonSetRevision: (pod) => {
    const uid = daemonSetUidOf(pod)
    return uid === undefined ? none : [`${uid}/${podFacts(pod).hash ?? ''}`]
  },
}

export const daemonSetIndexes: Indexes<DaemonSet> = {
  namespace: ({ metadata }) => [metadata.namespace ?? ''],
}

const none: readonly never[] = []

export function daemonSetUidOf(object: ApiObject): string | undefined {
  const controller = controllerOf(object)
  return controller?.kind === daemonSets.kind ? controller.uid : undefined
}

/** Objects in a cache never change: what was made of one is kept as long as it is. */
function onceAnObject<O extends object, F>(make: (object: O) => F): (object: O) => F {
  const made = new WeakMap<O, F>()
  return (object) => {
    let facts = made.get(object)
    if (facts === undefined) {
      facts = make(object)
      made.set(object, facts)
    }
    return facts
  }
}
