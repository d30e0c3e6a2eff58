// What the controllers of a process keep of the objects they follow: the fields that one of their decisions reads, and what
// many objects say alike only once. A field that a decision comes to read has to be kept here first: kept.test.ts holds
// every reader to it. Upstream: informer transforms (client-go, SharedInformer.SetTransform).

import { nodes, pods, type Resource } from '../api/resources.ts'
import type {
  Affinity,
  ApiObject,
  Condition,
  Container,
  ContainerStatus,
  Node,
  NodeStatus,
  ObjectMeta,
  Pod,
  PodSpec,
  PodStatus,
} from '../api/types.ts'
import { Interned } from '../base/interned.ts'

/** What is kept of an object of a resource; undefined: all of it. */
export type Keep = (resource: Resource) => ((object: ApiObject) => ApiObject) | undefined

export function keeping(): Keep {
  const interned = new Interned()
  const keep = (resource: Resource) => {
    if (resource === pods) return (pod: Pod) => keptPod(pod, interned)
    if (resource === nodes) return (node: Node) => keptNode(node, interned)
    return undefined
  }
  return keep as Keep
}

// Every object below is made by a literal, so that many have one hidden class: a spread would give each its own, of 400
// bytes. There is a short literal where most objects have no more to say.

export function keptPod(pod: Pod, interned: Interned): Pod {
  const { metadata, spec, status } = pod
  const kept = {
    metadata: keptMetadata(metadata, interned.value(metadata.labels), interned),
    spec: keptPodSpec(spec, interned),
    status: interned.value(keptPodStatus(status)),
  }
  return kept as Pod
}

function keptMetadata(metadata: ObjectMeta, labels: ObjectMeta['labels'], interned: Interned): ObjectMeta {
  const { name, uid, resourceVersion, deletionTimestamp, finalizers } = metadata
  const namespace = interned.text(metadata.namespace)
  const creationTimestamp = interned.text(metadata.creationTimestamp ?? undefined)
  const ownerReferences = interned.value(metadata.ownerReferences)
  const kept = { name, namespace, uid, resourceVersion, creationTimestamp, labels, ownerReferences }
  if (deletionTimestamp === undefined && finalizers === undefined) return kept as ObjectMeta
  return {
    name,
    namespace,
    uid,
    resourceVersion,
    creationTimestamp,
    labels,
    ownerReferences,
    deletionTimestamp: interned.text(deletionTimestamp),
    finalizers: interned.value(finalizers),
  } as ObjectMeta
}

function keptPodSpec(spec: PodSpec, interned: Interned): PodSpec {
  const { overhead, initContainers } = spec
  const nodeName = interned.text(spec.nodeName)
  const isBound = nodeName !== undefined && nodeName !== ''
  const hostNetwork = spec.hostNetwork === true
  const keptContainers = (all: Container[]) => interned.value(all.map((one) => keptContainer(one, hostNetwork)))
  const containers = keptContainers(spec.containers)
  const tolerations = interned.value(spec.tolerations)
  if (isBound && !hostNetwork && overhead === undefined && initContainers === undefined) {
    return { nodeName, containers, tolerations } as PodSpec
  }
  return {
    nodeName,
    containers,
    tolerations,
    // Where an unbound pod is meant to go (R3.15).
    affinity: isBound ? undefined : keptAffinity(spec.affinity),
    hostNetwork,
    overhead: interned.value(overhead as Record<string, string> | undefined),
    initContainers: initContainers && keptContainers(initContainers),
  } as PodSpec
}

function keptAffinity(affinity: Affinity | undefined): Affinity | undefined {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  const nodeSelectorTerms = terms?.flatMap(({ matchFields }) => (matchFields === undefined ? [] : { matchFields }))
  if (nodeSelectorTerms === undefined) return undefined
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } }
}

/** What it asks of its node. */
function keptContainer({ name, restartPolicy, resources, ports }: Container, hostNetwork: boolean): Container {
  const kept = {
    name,
    restartPolicy,
    resources: resources && { limits: resources.limits, requests: resources.requests },
    ports: ports
      ?.filter(({ hostPort }) => hostNetwork || hostPort !== undefined)
      .map(({ hostPort, containerPort, hostIP, protocol }) => ({ hostPort, containerPort, hostIP, protocol })),
  }
  return kept as Container
}

function keptPodStatus(status: PodStatus | undefined): PodStatus | undefined {
  if (status === undefined) return undefined
  const kept = {
    phase: status.phase,
    reason: status.reason,
    conditions: status.conditions?.flatMap(keptPodCondition),
    // For the live table, which says what `kubectl get pods` says.
    initContainerStatuses: status.initContainerStatuses?.map(keptContainerStatus),
    containerStatuses: status.containerStatuses?.map(keptContainerStatus),
  }
  return kept as PodStatus
}

function keptPodCondition({ type, status, reason, lastTransitionTime }: Condition): Condition | [] {
  switch (type) {
    case 'Ready':
      return { type, status, lastTransitionTime } as Condition
    case 'Initialized':
      return { type, status }
    case 'PodScheduled':
      return reason === undefined ? [] : { type, status, reason }
    default:
      return []
  }
}

/** Without images, ids, texts and most times, so that pods of one kind in one state say the same. */
function keptContainerStatus(container: ContainerStatus): ContainerStatus {
  const { name, ready, started, restartCount, state, lastState } = container
  const { waiting, running, terminated } = state ?? {}
  const kept = {
    name,
    ready,
    started,
    restartCount,
    lastState: lastState && { terminated: lastState.terminated && { finishedAt: lastState.terminated.finishedAt } },
    state: state && {
      waiting: waiting && { reason: waiting.reason },
      running: running && {},
      terminated: terminated && {
        exitCode: terminated.exitCode,
        signal: terminated.signal,
        reason: terminated.reason,
      },
    },
  }
  return kept as ContainerStatus
}

/** Of a node nearly everything counts; its images, addresses and field owners are most of its size. */
function keptNode({ metadata, spec, status }: Node, interned: Interned): Node {
  const kept = {
    metadata: keptMetadata(metadata, metadata.labels, interned),
    spec: spec && { taints: interned.value(spec.taints), unschedulable: spec.unschedulable },
    status: status && keptNodeStatus(status, interned),
  }
  return kept as Node
}

function keptNodeStatus({ capacity, allocatable, conditions, nodeInfo }: NodeStatus, interned: Interned): NodeStatus {
  const kept = {
    capacity: interned.value(capacity),
    allocatable: interned.value(allocatable),
    conditions,
    // For the live table: whether its pods are real.
    nodeInfo: interned.value(nodeInfo && { containerRuntimeVersion: nodeInfo.containerRuntimeVersion ?? '' }),
  }
  return kept as NodeStatus
}
