// The caches a DaemonSet controller reads, the indexes by which it finds things in them, and each object's facts, made
// once an object.

import { controllerOf } from '../../api/owners.ts'
import { daemonSets } from '../../api/resources.ts'
import {
  type ApiObject,
  type ControllerRevision,
  type DaemonSet,
  type Node,
  type Pod,
  revisionHashLabel,
} from '../../api/types.ts'
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

export const podFacts = snapshot.podFactsOnDemand
export const nodeFacts = onceAnObject(snapshot.nodeFacts)
export const revisionFacts = onceAnObject(snapshot.revisionFacts)
export const daemonSetFacts = onceAnObject(snapshot.daemonSetFacts)

/** Of what belongs to nobody, by its namespace. */
const ownerless = (object: ApiObject): readonly string[] =>
  controllerOf(object) === undefined ? [object.metadata.namespace ?? ''] : none

/** Of what belongs to a DaemonSet, by its uid. */
export const revisionIndexes: Indexes<ControllerRevision> = {
  ownerless,
  daemonSet: (revision) => {
    const uid = daemonSetUidOf(revision)
    return uid === undefined ? none : [uid]
  },
}

/** Of what belongs to a DaemonSet, by its uid and the revision. There is no index by the uid alone: it would take 40 bytes
 * for each pod, and only a first look asks for all pods of a DaemonSet. */
export const podIndexes: Indexes<Pod> = {
  ownerless,
  ...podsByNode,
  daemonSetRevision: (pod) => {
    const uid = daemonSetUidOf(pod)
    return uid === undefined ? none : [`${uid}/${pod.metadata.labels?.[revisionHashLabel] ?? ''}`]
  },
}

export const daemonSetIndexes: Indexes<DaemonSet> = {
  namespace: ({ metadata }) => [metadata.namespace ?? ''],
}

const none: readonly never[] = []

export function podsOf(uid: string, pods: Pick<Informer<Pod>, 'byIndexPrefix'>): readonly Pod[] {
  return pods.byIndexPrefix('daemonSetRevision', `${uid}/`)
}

export function podsOfRevision(uid: string, hash: string, pods: Pick<Informer<Pod>, 'byIndex'>): readonly Pod[] {
  return pods.byIndex('daemonSetRevision', `${uid}/${hash}`)
}

/** The pods of this DaemonSet that are meant for the node. A node has a hundred pods or so: an index would only cost. */
export function podsMeantFor(node: string, uid: string, pods: Pick<Informer<Pod>, 'byIndex'>): readonly Pod[] {
  return pods.byIndex('node', node).filter((pod) => daemonSetUidOf(pod) === uid)
}

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
