// What is really so: the objects as the store shows them, and what they were. No cache, no network: an observer that
// sees everything, at once. Checks ask it; nobody else does.

import { controllerOf } from '../api/owners.ts'
import { hasEnded } from '../api/pods.ts'
import { controllerRevisions, daemonSets, nodes, pods } from '../api/resources.ts'
import {
  type ApiObject,
  type ControllerRevision,
  type DaemonSet,
  type Node,
  type Pod,
  templateGenerationLabel,
} from '../api/types.ts'
import type { StoreEvent } from '../store/store.ts'
import type { Exchange } from './exchange.ts'
import { budgetOf, type Placement, placementOf } from './oracle.ts'
import { Series } from './series.ts'

export interface Change {
  readonly nowMs: number
  readonly event: StoreEvent
  readonly object: ApiObject
  readonly previous: ApiObject | undefined
  /** Undefined: the server by itself. */
  readonly by: Exchange | undefined
}

export interface DaemonSetRecord {
  object: DaemonSet
  /** Each time what decides about its pods' places changed. */
  readonly versions: Series<DaemonSet>
  readonly uid: string
  readonly state: Series<'there' | 'deleting' | 'gone'>
  /** How many nodes may be without a serving pod because of us, and whether two pods may stand on a node. */
  readonly budget: Series<number>
  readonly surges: Series<boolean>
  readonly template: Series<string>
  /** Since when it is deleted with this policy. */
  readonly orphanSinceMs: number | undefined
  readonly foregroundSinceMs: number | undefined
}

export interface PodRecord {
  object: Pod
  readonly uid: string
  readonly createdMs: number
  readonly madeBy: Exchange | undefined
  /** Whose it was made to be. */
  readonly owner: string | undefined
  /** It belonged to nobody, or to somebody else, for a while. */
  readonly hasStrayed: boolean
  /** Who set its deletion going, and when. */
  readonly ended: { readonly by: Exchange | undefined; readonly atMs: number } | undefined
  readonly goneMs: number | undefined
  /** Its phase was Failed or Succeeded once. An agent that had not heard of it may say otherwise, as upstream's does. */
  readonly hasFinished: boolean
  /** The template generation that it says it is of: a cache may be behind. */
  readonly generation: Series<string | undefined>
  /** The last moment it was available, of those that are over. */
  readonly availableUntilMs: number
}

export interface NodeRecord {
  object: Node
  /** Each time its labels or taints changed. */
  readonly versions: Series<Node>
  readonly state: Series<'there' | 'gone'>
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export class Truth {
  nowMs = 0
  /** Also those that are gone. */
  readonly daemonSets = new Map<string, DaemonSetRecord>()
  readonly pods = new Map<string, PodRecord>()
  readonly nodes = new Map<string, NodeRecord>()
  readonly revisions = new Map<string, ControllerRevision>()

  /** Takes in one event of the store. */
  hear(event: StoreEvent, by: Exchange | undefined, nowMs: number): Change {
    this.nowMs = nowMs
    const object = parse(event.record.bytes)
    const previous = event.previous === undefined ? undefined : parse(event.previous.bytes)
    const change = { nowMs, event, object, previous, by }
    const isGone = event.type === 'deleted'
    switch (event.collection) {
      case daemonSets.collection:
        this.#daemonSet(object as DaemonSet, isGone, by)
        break
      case pods.collection:
        this.#pod(change)
        break
      case nodes.collection:
        this.#node(object as Node, isGone)
        break
      case controllerRevisions.collection:
        if (isGone) this.revisions.delete(object.metadata.uid ?? '')
        else this.revisions.set(object.metadata.uid ?? '', object as ControllerRevision)
        break
      default:
    }
    return change
  }

  /** Pods of this DaemonSet that are there, by controller reference. */
  podsOf(uid: string): PodRecord[] {
    return [...this.pods.values()].filter((pod) => pod.goneMs === undefined && ownerOf(pod.object) === uid)
  }

  podsOn(uid: string, node: string): PodRecord[] {
    return this.podsOf(uid).filter((pod) => pod.object.spec.nodeName === node)
  }

  liveDaemonSets(): DaemonSetRecord[] {
    return [...this.daemonSets.values()].filter(({ state }) => state.now !== 'gone')
  }

  liveNodes(): NodeRecord[] {
    return [...this.nodes.values()].filter(({ state }) => state.now === 'there')
  }

  /** What this DaemonSet means to this node. */
  placement(uid: string, node: string): Placement {
    const { object, state } = this.nodes.get(node) ?? {}
    const daemonSet = this.daemonSets.get(uid)?.object
    if (object === undefined || daemonSet === undefined || state?.now !== 'there') return 'gone'
    return placementOf(daemonSet, object)
  }

  /** What anybody may have thought it means, whose view of the one and of the other is not older than this. */
  placementsSince(uid: string, node: string, fromMs: number): ReadonlySet<Placement> {
    const placements = new Set<Placement>()
    const record = this.nodes.get(node)
    if (record === undefined || record.state.sometime(fromMs, (state) => state === 'gone')) placements.add('gone')
    for (const daemonSet of this.daemonSets.get(uid)?.versions.since(fromMs) ?? []) {
      for (const version of record?.versions.since(fromMs) ?? []) placements.add(placementOf(daemonSet, version))
    }
    return placements
  }

  isAvailable({ object, goneMs }: PodRecord): boolean {
    return goneMs === undefined && object.metadata.deletionTimestamp === undefined && this.serves(object)
  }

  /** This state of a pod, at this moment. */
  serves(pod: Pod): boolean {
    return !hasEnded(pod) && this.#servesSince(pod) <= this.nowMs
  }

  /** Now, or at any moment since then. */
  wasAvailableSince(pod: PodRecord, fromMs: number): boolean {
    return this.isAvailable(pod) || pod.availableUntilMs >= fromMs
  }

  #daemonSet(object: DaemonSet, isGone: boolean, by: Exchange | undefined): void {
    const { uid = '', deletionTimestamp, finalizers = [] } = object.metadata
    const state = isGone ? 'gone' : deletionTimestamp === undefined ? 'there' : 'deleting'
    const template = JSON.stringify(object.spec.template)
    const known = this.daemonSets.get(uid) as Mutable<DaemonSetRecord> | undefined
    const record = known ?? {
      object,
      uid,
      versions: new Series(this.nowMs, object),
      state: new Series<DaemonSetRecord['state']['now']>(this.nowMs, state),
      budget: new Series(this.nowMs, 0),
      surges: new Series(this.nowMs, false),
      template: new Series(this.nowMs, template),
      orphanSinceMs: undefined,
      foregroundSinceMs: undefined,
    }
    record.object = object
    record.state.set(this.nowMs, state)
    record.template.set(this.nowMs, template)
    if (placementText(record.versions.now) !== placementText(object)) record.versions.set(this.nowMs, object)
    if (deletionTimestamp !== undefined) {
      if (finalizers.includes('orphan')) record.orphanSinceMs ??= this.nowMs
      if (finalizers.includes('foregroundDeletion')) record.foregroundSinceMs ??= this.nowMs
      // Somebody has thought better of it; the garbage collector takes the finalizer away when all is done.
      const isStillSo = finalizers.includes('orphan') && !isGone
      if (!isStillSo && by?.who !== garbageCollector) record.orphanSinceMs = undefined
    }
    this.daemonSets.set(uid, record)
    this.#count(record)
  }

  #node(object: Node, isGone: boolean): void {
    const { name = '' } = object.metadata
    const state = isGone ? 'gone' : 'there'
    const record = this.nodes.get(name) ?? {
      object,
      versions: new Series(this.nowMs, object),
      state: new Series<'there' | 'gone'>(this.nowMs, state),
    }
    record.object = object
    record.state.set(this.nowMs, state)
    if (nodeText(record.versions.now) !== nodeText(object)) record.versions.set(this.nowMs, object)
    this.nodes.set(name, record)
    for (const daemonSet of this.liveDaemonSets()) this.#count(daemonSet)
  }

  #count(record: DaemonSetRecord): void {
    const wanted = this.liveNodes().filter(({ object }) => {
      return this.placement(record.uid, object.metadata.name ?? '') === 'run'
    })
    const { unavailable, surge } = budgetOf(record.object, wanted.length)
    record.budget.set(this.nowMs, unavailable)
    record.surges.set(this.nowMs, surge)
  }

  #pod({ object, previous, by, event }: Change): void {
    const { uid = '', deletionTimestamp } = object.metadata
    const isGone = event.type === 'deleted'
    const generation = object.metadata.labels?.[templateGenerationLabel]
    const known = this.pods.get(uid) as Mutable<PodRecord> | undefined
    const record = known ?? {
      object: object as Pod,
      uid,
      createdMs: this.nowMs,
      madeBy: by,
      owner: ownerOf(object),
      hasStrayed: false,
      ended: undefined,
      goneMs: undefined,
      hasFinished: false,
      generation: new Series(this.nowMs, generation),
      availableUntilMs: Number.NEGATIVE_INFINITY,
    }
    if (previous !== undefined && previous.metadata.deletionTimestamp === undefined) {
      if (this.serves(previous as Pod)) record.availableUntilMs = this.nowMs
    }
    if (deletionTimestamp !== undefined || isGone) record.ended ??= { by, atMs: this.nowMs }
    if (isGone) record.goneMs ??= this.nowMs
    if (ownerOf(object) !== record.owner) record.hasStrayed = true
    record.generation.set(this.nowMs, generation)
    record.hasFinished ||= hasEnded(object as Pod)
    record.object = object as Pod
    this.pods.set(uid, record)
  }

  /** When a pod began to count as available; never: infinity. */
  #servesSince(pod: Pod): number {
    const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready')
    if (ready?.status !== 'True') return Number.POSITIVE_INFINITY
    const minReadySeconds = this.daemonSets.get(ownerOf(pod) ?? '')?.object.spec.minReadySeconds ?? 0
    return minReadySeconds === 0 ? 0 : Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000
  }
}

const garbageCollector = 'system:controller:garbage-collector'

/** The uid of the DaemonSet that controls it. */
export function ownerOf(object: ApiObject): string | undefined {
  const controller = controllerOf(object)
  return controller?.kind === 'DaemonSet' ? controller.uid : undefined
}

export function isLive({ object, goneMs }: PodRecord): boolean {
  return goneMs === undefined && object.metadata.deletionTimestamp === undefined && !hasEnded(object)
}

function placementText({ spec }: DaemonSet): string {
  return JSON.stringify([spec.template.spec.nodeSelector, spec.template.spec.tolerations])
}

function nodeText({ metadata, spec }: Node): string {
  return JSON.stringify([metadata.labels, spec?.taints])
}

function parse(bytes: Uint8Array): ApiObject {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
}
