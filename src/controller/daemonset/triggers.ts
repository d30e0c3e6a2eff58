// What makes the controller look at a DaemonSet again (section 2). An event only names keys, and the nodes whose rows are
// no longer what they were; what happened is read from the caches when the decision is made.

import { matchesLabels } from '../../api/labels.ts'
import { controllerOf } from '../../api/owners.ts'
import { daemonSets as daemonSetResource } from '../../api/resources.ts'
import type { ApiObject, ControllerRevision, DaemonSet, Node, Pod } from '../../api/types.ts'
import { jsonEqual } from '../../base/json.ts'
import { keyOf } from '../../client/cache.ts'
import type { Change } from '../../client/informer.ts'
import { placementRules } from '../../reconcile/daemonset/placement.ts'
import { isFinished } from '../../reconcile/daemonset/survey.ts'
import { type Caches, daemonSetFacts, nodeFacts, podFacts } from './facts.ts'
import type { Gathering } from './gather.ts'
import { PlacementClasses } from './placement-classes.ts'

export interface TriggerOptions {
  /** Filled one after the other, DaemonSets first, then pods: the first events come meanwhile. */
  readonly caches: Caches
  readonly enqueue: (key: string, how?: 'urgent') => void
  readonly gathering: (key: string) => Gathering | undefined
  readonly forget: (key: string) => void
}

export interface Triggers {
  readonly onDaemonSet: (change: Change<DaemonSet>) => void
  readonly onPod: (change: Change<Pod>) => void
  readonly onNode: (change: Change<Node>) => void
  readonly onRevision: (change: Change<ControllerRevision>) => void
  /** A pod of this DaemonSet did not fit on this node: it is looked at again when there may be more room. */
  refusedOn(key: string, node: string): void
  readonly classes: PlacementClasses
}

export function createTriggers({ caches, enqueue, gathering, forget }: TriggerOptions): Triggers {
  const classes = new PlacementClasses()
  const refused = new Map<string, Set<string>>()

  function onDaemonSet({ type, object }: Change<DaemonSet>): void {
    const key = keyOf(object)
    if (type === 'deleted') {
      forget(key)
      classes.delete(key)
    } else {
      classes.set(key, placementRules(object.spec.template))
    }
    enqueue(key)
  }

  function onPod({ type, object, previous }: Change<Pod>): void {
    for (const key of concernedBy(object, previous, type)) {
      const before = previous === undefined ? undefined : podFacts(previous).target
      gathering(key)?.podChanged(keyOf(object), podFacts(object).target, before)
      enqueue(key)
    }
    if (refused.has(object.spec.nodeName ?? '') && mayMakeRoom(type, object, previous)) {
      roomMayHaveChanged(object.spec.nodeName)
    }
  }

  function onNode({ type, object, previous }: Change<Node>): void {
    const name = object.metadata.name ?? ''
    const before = type === 'added' ? undefined : nodeFacts(previous ?? object)
    const after = type === 'deleted' ? undefined : nodeFacts(object)
    const told = new Set<string>()
    const unwanted: ReadonlySet<string>[] = []
    for (const { keys, before: was, after: is } of classes.concernedBy(before, after)) {
      if (was !== 'run' && is !== 'run') {
        unwanted.push(keys)
        continue
      }
      for (const key of keys) {
        told.add(key)
        if (is === 'run' && was !== 'run') {
          // Whoever waits for a node to become useful waits for this (A5).
          gathering(key)?.nodeJoined(name)
          enqueue(key, 'urgent')
        } else {
          gathering(key)?.nodeChanged(name)
          enqueue(key)
        }
      }
    }
    // A node that is or was wanted counts; of any other only its pods do (R2.17). One that comes or goes is another to all.
    const comesOrGoes = before === undefined || after === undefined
    for (const key of comesOrGoes || unwanted.length > 0 ? ownersOn(name) : []) {
      if (told.has(key) || !(comesOrGoes || unwanted.some((keys) => keys.has(key)))) continue
      gathering(key)?.nodeChanged(name)
      enqueue(key)
    }
    if (refused.size > 0 && !jsonEqual(previous?.status?.allocatable, object.status?.allocatable)) {
      roomMayHaveChanged(name)
    }
  }

  function onRevision({ type, object, previous }: Change<ControllerRevision>): void {
    for (const key of concernedBy(object, previous, type)) enqueue(key)
  }

  /** R2.8 to R2.14: whoever owns it or owned it; of an ownerless one, all whose selector matches. */
  function concernedBy(object: ApiObject, previous: ApiObject | undefined, type: Change<Pod>['type']): Set<string> {
    const keys = new Set<string>()
    const owner = ownerKey(object)
    const formerOwner = previous === undefined ? undefined : ownerKey(previous)
    if (owner !== undefined) keys.add(owner)
    if (formerOwner !== undefined) keys.add(formerOwner)
    if (controllerOf(object) !== undefined || type === 'deleted') return keys
    const isSame =
      previous !== undefined &&
      controllerOf(previous) === undefined &&
      jsonEqual(previous.metadata.labels, object.metadata.labels)
    if (isSame) return keys
    for (const daemonSet of caches.daemonSets.byIndex('namespace', object.metadata.namespace ?? '')) {
      const { selector, selectsEverything } = daemonSetFacts(daemonSet)
      if (!selectsEverything && matchesLabels(selector, object.metadata.labels)) keys.add(keyOf(daemonSet))
    }
    return keys
  }

  /** R2.11: the DaemonSet of that name, where its uid is the one referred to. */
  function ownerKey(object: ApiObject): string | undefined {
    const controller = controllerOf(object)
    if (controller?.kind !== daemonSetResource.kind) return undefined
    const key = `${object.metadata.namespace}/${controller.name}`
    return caches.daemonSets.get(key)?.metadata.uid === controller.uid ? key : undefined
  }

  /** Whose pods are meant for the node. */
  function ownersOn(node: string): Set<string> {
    return new Set(caches.pods.byIndex('node', node).flatMap((pod) => ownerKey(pod) ?? []))
  }

  function roomMayHaveChanged(node: string | undefined): void {
    const keys = refused.get(node ?? '')
    if (node === undefined || keys === undefined) return
    // Whoever is refused again says so again.
    refused.delete(node)
    for (const key of keys) {
      gathering(key)?.nodeChanged(node)
      enqueue(key)
    }
  }

  /** Room is made by pods that end, leave, or change what they ask for. */
  function mayMakeRoom(type: Change<Pod>['type'], pod: Pod, previous: Pod | undefined): boolean {
    if (type !== 'updated' || previous === undefined) return type === 'deleted'
    return isFinished(podFacts(pod)) !== isFinished(podFacts(previous)) || !jsonEqual(pod.spec, previous.spec)
  }

  function refusedOn(key: string, node: string): void {
    refused.set(node, (refused.get(node) ?? new Set()).add(key))
  }

  return { onDaemonSet, onPod, onNode, onRevision, refusedOn, classes }
}
