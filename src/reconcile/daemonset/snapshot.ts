// What a decision may look at: small records made from API objects, and nothing else.

import { type LabelRequirements, selectorOf } from '../../api/labels.ts'
import { controllerOf } from '../../api/owners.ts'
import { conditionOf } from '../../api/pods.ts'
import { parseTime } from '../../api/time.ts'
import {
  type ControllerRevision,
  type DaemonSet,
  type DaemonSetStatus,
  type Node,
  type NodeSelectorTerm,
  type OwnerReference,
  type Pod,
  type PodTemplateSpec,
  pausedAnnotation,
  revisionHashLabel,
  type Taint,
  templateGenerationAnnotation,
  templateGenerationLabel,
} from '../../api/types.ts'
import type { FailedPods } from './failed-pods.ts'
import type { Room } from './fit.ts'
import { revisionDataText } from './revision-data.ts'

export interface Snapshot {
  readonly nowMs: number
  readonly daemonSet: DaemonSetFacts
  readonly nodes: readonly NodeFacts[]
  /** Pods controlled by this DaemonSet, and those of its namespace that nobody controls. */
  readonly pods: readonly PodFacts[]
  /** The same of ControllerRevisions. */
  readonly revisions: readonly RevisionFacts[]
  readonly failedPods: FailedPods
  /** What is free on a node; undefined: whether a pod fits is the scheduler's business. */
  readonly roomOn: ((node: string) => Room) | undefined
}

export interface DaemonSetFacts {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly generation: number
  readonly deleting: boolean
  readonly selector: LabelRequirements
  /** A selector that is there and empty: such a DaemonSet is left alone (R9.7, B20). */
  readonly selectsEverything: boolean
  readonly template: PodTemplateSpec
  /** What the pods of this template are labelled with, when the annotation is a number (R8.4). */
  readonly templateGeneration: string | undefined
  readonly strategy: 'RollingUpdate' | 'OnDelete'
  readonly maxUnavailable: number | string
  readonly maxSurge: number | string
  readonly minReadySeconds: number
  readonly revisionHistoryLimit: number
  /** Annotation `everynode.dev/paused: "true"`: no old pod is replaced. Upstream has no such thing (B14). */
  readonly paused: boolean
  readonly status: DaemonSetStatus
}

/** An object that may belong to the DaemonSet. */
export interface Claimable {
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly labels: Readonly<Record<string, string>>
  readonly controller: OwnerReference | undefined
  readonly terminating: boolean
}

export interface PodFacts extends Claimable {
  readonly createdMs: number
  /** `spec.nodeName`: the node it runs on. */
  readonly boundTo: string | undefined
  /** The node it is meant for (R3.15); undefined: for none, and nobody counts it. */
  readonly target: string | undefined
  readonly phase: 'Failed' | 'Succeeded' | 'Pending' | 'Running'
  /** Since when the Ready condition is true: 0 where it does not say; undefined: not ready. */
  readonly readySinceMs: number | undefined
  /** Label `controller-revision-hash`. */
  readonly hash: string | undefined
  /** Label `pod-template-generation`. */
  readonly templateGeneration: string | undefined
}

export interface NodeFacts {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
}

export interface RevisionFacts extends Claimable {
  readonly revision: number
  /** Label `controller-revision-hash`. */
  readonly hash: string | undefined
  /** The data as Go writes it, to be compared (R6.6). */
  readonly data: string
}

/** What the API fills in where a DaemonSet says nothing (R1.4). */
const defaults = { maxUnavailable: 1, maxSurge: 0, minReadySeconds: 0, revisionHistoryLimit: 10 } as const

export const noStatus: DaemonSetStatus = {
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
}

export function daemonSetFacts(daemonSet: DaemonSet): DaemonSetFacts {
  const { metadata, spec, status } = daemonSet
  const { selector, updateStrategy } = spec
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    deleting: metadata.deletionTimestamp !== undefined,
    selector: selectorOf(selector),
    selectsEverything:
      selector !== undefined &&
      Object.keys(selector.matchLabels ?? {}).length === 0 &&
      (selector.matchExpressions ?? []).length === 0,
    template: spec.template,
    templateGeneration: templateGenerationOf(metadata.annotations),
    strategy: updateStrategy?.type === 'OnDelete' ? 'OnDelete' : 'RollingUpdate',
    maxUnavailable: updateStrategy?.rollingUpdate?.maxUnavailable ?? defaults.maxUnavailable,
    maxSurge: updateStrategy?.rollingUpdate?.maxSurge ?? defaults.maxSurge,
    minReadySeconds: spec.minReadySeconds ?? defaults.minReadySeconds,
    revisionHistoryLimit: spec.revisionHistoryLimit ?? defaults.revisionHistoryLimit,
    paused: metadata.annotations?.[pausedAnnotation] === 'true',
    status: status ?? noStatus,
  }
}

export function podFacts(pod: Pod): PodFacts {
  // One literal, without a spread: V8 gives an object that is made from a spread and more a hidden class of its own, which
  // takes 400 bytes and makes whoever reads many of them three times as slow (snapshot.test.ts).
  return {
    name: pod.metadata.name ?? '',
    uid: pod.metadata.uid ?? '',
    resourceVersion: pod.metadata.resourceVersion ?? '',
    labels: pod.metadata.labels ?? {},
    controller: controllerOf(pod),
    terminating: pod.metadata.deletionTimestamp !== undefined,
    createdMs: parseTime(pod.metadata.creationTimestamp) ?? 0,
    boundTo: boundTo(pod),
    target: targetNode(pod),
    phase: phaseOf(pod),
    readySinceMs: readySinceMsOf(pod),
    hash: pod.metadata.labels?.[revisionHashLabel],
    templateGeneration: pod.metadata.labels?.[templateGenerationLabel],
  }
}

/**
 * The same facts, read from the pod when somebody asks: for whoever holds as many as there are pods, and is asked for few of
 * them. A copy takes five times the memory, and its times would have to be read before anybody wants to know.
 */
export function podFactsOnDemand(pod: Pod): PodFacts {
  return new FactsOnDemand(pod)
}

class FactsOnDemand implements PodFacts {
  readonly #pod: Pod

  constructor(pod: Pod) {
    this.#pod = pod
  }

  get name() {
    return this.#pod.metadata.name ?? ''
  }

  get uid() {
    return this.#pod.metadata.uid ?? ''
  }

  get resourceVersion() {
    return this.#pod.metadata.resourceVersion ?? ''
  }

  get labels() {
    return this.#pod.metadata.labels ?? {}
  }

  get controller() {
    return controllerOf(this.#pod)
  }

  get terminating() {
    return this.#pod.metadata.deletionTimestamp !== undefined
  }

  get createdMs() {
    return parseTime(this.#pod.metadata.creationTimestamp) ?? 0
  }

  get boundTo() {
    return boundTo(this.#pod)
  }

  get target() {
    return targetNode(this.#pod)
  }

  get phase() {
    return phaseOf(this.#pod)
  }

  get readySinceMs() {
    return readySinceMsOf(this.#pod)
  }

  get hash() {
    return this.#pod.metadata.labels?.[revisionHashLabel]
  }

  get templateGeneration() {
    return this.#pod.metadata.labels?.[templateGenerationLabel]
  }
}

export function nodeFacts(node: Node): NodeFacts {
  return {
    name: node.metadata.name ?? '',
    labels: node.metadata.labels ?? {},
    taints: node.spec?.taints ?? [],
  }
}

export function revisionFacts(revision: ControllerRevision): RevisionFacts {
  const { metadata } = revision
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    labels: metadata.labels ?? {},
    controller: controllerOf(revision),
    terminating: metadata.deletionTimestamp !== undefined,
    revision: revision.revision,
    hash: metadata.labels?.[revisionHashLabel],
    data: revisionDataText(revision.data ?? null),
  }
}

/** The node a pod is meant for (R3.15). Upstream: pkg/controller/daemon/util, GetTargetNodeName. */
export function targetNode(pod: Pod): string | undefined {
  const bound = boundTo(pod)
  if (bound !== undefined) return bound
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  for (const term of required?.nodeSelectorTerms ?? []) {
    const pin = pinOf(term)
    if (pin !== undefined) return pin.length === 1 ? pin[0] : undefined
  }
  return undefined
}

/** The template's generation as the pods' label shows it (R8.4). Upstream: util.GetTemplateGeneration. */
function templateGenerationOf(annotations: Record<string, string> | undefined): string | undefined {
  const text = annotations?.[templateGenerationAnnotation]
  return text !== undefined && /^[+-]?\d+$/.test(text) ? String(BigInt(text)) : undefined
}

function phaseOf({ status }: Pod): PodFacts['phase'] {
  const phase = status?.phase
  return phase === 'Failed' || phase === 'Succeeded' || phase === 'Running' ? phase : 'Pending'
}

function readySinceMsOf({ status }: Pod): number | undefined {
  const ready = conditionOf(status, 'Ready')
  return ready?.status === 'True' ? (parseTime(ready.lastTransitionTime) ?? 0) : undefined
}

function boundTo(pod: Pod): string | undefined {
  const { nodeName } = pod.spec
  return nodeName === undefined || nodeName === '' ? undefined : nodeName
}

function pinOf(term: NodeSelectorTerm): readonly string[] | undefined {
  const field = term.matchFields?.find(({ key, operator }) => key === 'metadata.name' && operator === 'In')
  return field === undefined ? undefined : (field.values ?? [])
}
