// The objects as they travel: plain JSON, Kubernetes' own field names, only the fields our own code reads or writes.
// What else a kind may contain is known to the schema (schema/), which accepts, stores and serves the rest untouched.

export interface TypeMeta {
  apiVersion?: string
  kind?: string
}

export interface ObjectMeta {
  name?: string
  generateName?: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  /** RFC 3339, whole seconds, UTC. */
  creationTimestamp?: string | null
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  managedFields?: unknown[]
}

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

/** Any stored object. `spec`, `status` and the rest are known only to code that knows the kind. */
export interface ApiObject extends TypeMeta {
  metadata: ObjectMeta
}

export interface ListMeta {
  resourceVersion?: string
  continue?: string
  remainingItemCount?: number
}

export interface List<T extends ApiObject = ApiObject> extends TypeMeta {
  metadata: ListMeta
  items: T[]
}

export interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: LabelSelectorRequirement[]
}

export interface LabelSelectorRequirement {
  key: string
  operator: string
  values?: string[]
}

export interface Taint {
  key: string
  value?: string
  effect: string
  timeAdded?: string
}

export interface Toleration {
  key?: string
  operator?: string
  value?: string
  effect?: string
  tolerationSeconds?: number
}

export interface NodeSelectorRequirement {
  key: string
  operator: string
  values?: string[]
}

export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[]
  matchFields?: NodeSelectorRequirement[]
}

export interface NodeSelector {
  nodeSelectorTerms: NodeSelectorTerm[]
}

export interface Affinity {
  nodeAffinity?: {
    requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector
    preferredDuringSchedulingIgnoredDuringExecution?: unknown[]
  }
  podAffinity?: unknown
  podAntiAffinity?: unknown
}

export interface ResourceRequirements {
  limits?: Record<string, string>
  requests?: Record<string, string>
}

export interface ContainerPort {
  name?: string
  containerPort: number
  hostPort?: number
  hostIP?: string
  protocol?: string
}

export interface Container {
  name: string
  image?: string
  command?: string[]
  args?: string[]
  workingDir?: string
  ports?: ContainerPort[]
  env?: { name: string; value?: string; valueFrom?: unknown }[]
  resources?: ResourceRequirements
  restartPolicy?: string
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean; subPath?: string }[]
  imagePullPolicy?: string
  [field: string]: unknown
}

export interface PodSpec {
  nodeName?: string
  nodeSelector?: Record<string, string>
  affinity?: Affinity
  tolerations?: Toleration[]
  containers: Container[]
  initContainers?: Container[]
  volumes?: { name: string; [source: string]: unknown }[]
  restartPolicy?: string
  terminationGracePeriodSeconds?: number
  hostNetwork?: boolean
  schedulerName?: string
  serviceAccountName?: string
  priority?: number
  schedulingGates?: { name: string }[]
  runtimeClassName?: string
  [field: string]: unknown
}

export interface PodTemplateSpec {
  metadata?: ObjectMeta
  spec: PodSpec
}

export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string | null
  lastHeartbeatTime?: string | null
  lastProbeTime?: string | null
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string }
  running?: { startedAt?: string }
  terminated?: {
    exitCode: number
    signal?: number
    reason?: string
    message?: string
    startedAt?: string
    finishedAt?: string
    containerID?: string
  }
}

export interface ContainerStatus {
  name: string
  state?: ContainerState
  lastState?: ContainerState
  ready: boolean
  started?: boolean
  restartCount: number
  image: string
  imageID: string
  containerID?: string
}

export interface PodStatus {
  phase?: string
  reason?: string
  message?: string
  hostIP?: string
  hostIPs?: { ip: string }[]
  podIP?: string
  podIPs?: { ip: string }[]
  startTime?: string
  conditions?: Condition[]
  initContainerStatuses?: ContainerStatus[]
  containerStatuses?: ContainerStatus[]
  qosClass?: string
  nominatedNodeName?: string
}

export interface Pod extends ApiObject {
  spec: PodSpec
  status?: PodStatus
}

export interface NodeStatus {
  capacity?: Record<string, string>
  allocatable?: Record<string, string>
  conditions?: Condition[]
  addresses?: { type: string; address: string }[]
  nodeInfo?: Record<string, string>
  daemonEndpoints?: { kubeletEndpoint?: { Port: number } }
  images?: unknown[]
}

export interface Node extends ApiObject {
  spec?: { unschedulable?: boolean; taints?: Taint[]; podCIDR?: string; podCIDRs?: string[]; providerID?: string }
  status?: NodeStatus
}

export interface RollingUpdateDaemonSet {
  maxUnavailable?: number | string
  maxSurge?: number | string
}

export interface DaemonSetSpec {
  selector?: LabelSelector
  template: PodTemplateSpec
  updateStrategy?: { type?: string; rollingUpdate?: RollingUpdateDaemonSet }
  minReadySeconds?: number
  revisionHistoryLimit?: number
}

export interface DaemonSetStatus {
  currentNumberScheduled: number
  numberMisscheduled: number
  desiredNumberScheduled: number
  numberReady: number
  observedGeneration?: number
  updatedNumberScheduled?: number
  numberAvailable?: number
  numberUnavailable?: number
  collisionCount?: number
  conditions?: Condition[]
}

export interface DaemonSet extends ApiObject {
  spec: DaemonSetSpec
  status?: DaemonSetStatus
}

export interface ControllerRevision extends ApiObject {
  data?: unknown
  revision: number
}

export interface Namespace extends ApiObject {
  spec?: { finalizers?: string[] }
  status?: { phase?: string; conditions?: Condition[] }
}

export interface Lease extends ApiObject {
  spec?: {
    holderIdentity?: string
    leaseDurationSeconds?: number
    acquireTime?: string
    renewTime?: string
    leaseTransitions?: number
  }
}

export interface ServiceAccount extends ApiObject {
  secrets?: { name: string }[]
}

export interface ConfigMap extends ApiObject {
  data?: Record<string, string>
  binaryData?: Record<string, string>
  immutable?: boolean
}

export interface ObjectReference {
  apiVersion?: string
  kind?: string
  namespace?: string
  name?: string
  uid?: string
  resourceVersion?: string
  fieldPath?: string
}

export interface Event extends ApiObject {
  involvedObject: ObjectReference
  reason?: string
  message?: string
  source?: { component?: string; host?: string }
  firstTimestamp?: string | null
  lastTimestamp?: string | null
  eventTime?: string | null
  count?: number
  type?: string
  reportingComponent?: string
  reportingInstance?: string
}

export interface DeleteOptions extends TypeMeta {
  gracePeriodSeconds?: number
  preconditions?: { uid?: string; resourceVersion?: string }
  propagationPolicy?: string
  orphanDependents?: boolean
  dryRun?: string[]
}

/** Annotation that exposes a DaemonSet's template generation in apps/v1 (R1.10). */
export const templateGenerationAnnotation = 'deprecated.daemonset.template.generation'
/** Label of a pod and a ControllerRevision: the revision's hash (R8.4). */
export const revisionHashLabel = 'controller-revision-hash'
/** Label of a pod: the template generation it was made from (R8.4). */
export const templateGenerationLabel = 'pod-template-generation'
/** Of ours, on a DaemonSet: `"true"` holds its rollout (docs/guide/rollouts.md). */
export const pausedAnnotation = 'everynode.dev/paused'
