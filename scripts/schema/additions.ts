// What the models do not say, by hand: the packages of the types, which fields are quantities or pointers, what
// Kubernetes 1.35 has added, and the DaemonSet of the old group. Upstream: the Go types under staging/src/k8s.io/api.

/** Types served or accepted that are no resource of their own; what they refer to comes along. */
export const moreRoots: readonly string[] = [
  'Binding',
  'CertificateSigningRequest',
  'DeleteOptions',
  'Eviction',
  'ListMeta',
  'LocalSubjectAccessReview',
  'SelfSubjectAccessReview',
  'SelfSubjectReview',
  'SelfSubjectRulesReview',
  'Status',
  'SubjectAccessReview',
  'TokenRequest',
  'TokenReview',
]

/** Type → its name in the models, where that is not `V1` and the type's name. */
export const modelNames: Readonly<Record<string, string>> = {
  Event: 'CoreV1Event',
  ResourceClaim: 'CoreV1ResourceClaim',
  EventSeries: 'CoreV1EventSeries',
  EventsEvent: 'EventsV1Event',
  EventsEventSeries: 'EventsV1EventSeries',
  EndpointPort: 'CoreV1EndpointPort',
  Subject: 'RbacV1Subject',
  TokenRequest: 'AuthenticationV1TokenRequest',
}

/** The first match names the package; the rest of the types are core's. */
const packages: readonly [RegExp, string][] = [
  [
    /^(APIResource|Condition$|DeleteOptions|FieldSelectorRequirement|LabelSelector|ListMeta|ManagedFieldsEntry|ObjectMeta|OwnerReference|Preconditions|Status($|Cause|Details))/,
    'io.k8s.apimachinery.pkg.apis.meta.v1',
  ],
  [/^(DaemonSet|RollingUpdateDaemonSet).*V1beta1$/, 'io.k8s.api.extensions.v1beta1'],
  [/^(ControllerRevision|DaemonSet|RollingUpdateDaemonSet)/, 'io.k8s.api.apps.v1'],
  [/^EventsV1/, 'io.k8s.api.events.v1'],
  [/^Lease/, 'io.k8s.api.coordination.v1'],
  [/^(Eviction|PodDisruptionBudget)/, 'io.k8s.api.policy.v1'],
  [/^(Overhead|RuntimeClass|Scheduling)$/, 'io.k8s.api.node.v1'],
  [/^CertificateSigningRequest/, 'io.k8s.api.certificates.v1'],
  [/^(AggregationRule|ClusterRole|PolicyRule|Role)|^Subject$/, 'io.k8s.api.rbac.v1'],
  [/^(SelfSubjectReview|TokenReview|TokenRequest|UserInfo|BoundObjectReference)/, 'io.k8s.api.authentication.v1'],
  [
    /^(LocalSubjectAccessReview|SelfSubject|SubjectAccessReview|SubjectRulesReview|ResourceAttributes|ResourceRule|NonResource|(Field|Label)SelectorAttributes)/,
    'io.k8s.api.authorization.v1',
  ],
]

export function packageOf(type: string): string {
  return packages.find(([pattern]) => pattern.test(type))?.[1] ?? 'io.k8s.api.core.v1'
}

/** Fields whose values are quantities; the models call them strings. */
export const quantities: ReadonlySet<string> = new Set([
  'ContainerStatus.allocatedResources',
  'EmptyDirVolumeSource.sizeLimit',
  'NodeStatus.allocatable',
  'NodeStatus.capacity',
  'Overhead.podFixed',
  'PodSpec.overhead',
  'PodStatus.allocatedResources',
  'ResourceFieldSelector.divisor',
  'ResourceRequirements.limits',
  'ResourceRequirements.requests',
  'VolumeResourceRequirements.limits',
  'VolumeResourceRequirements.requests',
])

/**
 * Optional fields whose explicit zero is kept, where another optional field's zero counts as absent: pointers to
 * scalars in Go (W5.9; those of pod templates are known from the table of Go types), and the few optional ones that are
 * written always (W5.10).
 */
export const keptZeros: ReadonlySet<string> = new Set([
  'CertificateSigningRequestSpec.expirationSeconds',
  'ClientIPConfig.timeoutSeconds',
  'ConfigMap.immutable',
  'ContainerImage.names',
  'ContainerStatus.started',
  'ContainerStatus.stopSignal',
  'DaemonSetSpec.revisionHistoryLimit',
  'DaemonSetStatus.collisionCount',
  'DeleteOptions.gracePeriodSeconds',
  'DeleteOptions.ignoreStoreReadErrorWithClusterBreakingPotential',
  'DeleteOptions.orphanDependents',
  'DeleteOptions.propagationPolicy',
  'EndpointAddress.nodeName',
  'EndpointPort.appProtocol',
  'Event.reportingComponent',
  'Event.reportingInstance',
  'LeaseSpec.holderIdentity',
  'LeaseSpec.leaseDurationSeconds',
  'LeaseSpec.leaseTransitions',
  'LeaseSpec.preferredHolder',
  'LeaseSpec.strategy',
  'ListMeta.remainingItemCount',
  'LoadBalancerIngress.ipMode',
  'NodeFeatures.supplementalGroupsPolicy',
  'NodeRuntimeHandler.name',
  'NodeRuntimeHandlerFeatures.recursiveReadOnlyMounts',
  'NodeRuntimeHandlerFeatures.userNamespaces',
  'NodeSwapStatus.capacity',
  'PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy',
  'PodResourceClaimStatus.resourceClaimName',
  'PortStatus.error',
  'Preconditions.resourceVersion',
  'Preconditions.uid',
  'ProjectedVolumeSource.sources',
  'Secret.immutable',
  'ServiceAccount.automountServiceAccountToken',
  'ServicePort.appProtocol',
  'ServiceSpec.allocateLoadBalancerNodePorts',
  'ServiceSpec.internalTrafficPolicy',
  'ServiceSpec.ipFamilyPolicy',
  'ServiceSpec.loadBalancerClass',
  'ServiceSpec.trafficDistribution',
  'TokenRequestSpec.expirationSeconds',
  'VolumeMountStatus.recursiveReadOnly',
])

/** Named strings outside pod templates, as an error text names them (`of type v1.TaintEffect`). */
export const namedStrings: Readonly<Record<string, string>> = {
  'AttachedVolume.name': 'v1.UniqueVolumeName',
  'BoundObjectReference.uid': 'types.UID',
  'CertificateSigningRequestCondition.status': 'v1.ConditionStatus',
  'CertificateSigningRequestCondition.type': 'v1.RequestConditionType',
  'CertificateSigningRequestSpec.usages': 'v1.KeyUsage',
  'Condition.status': 'v1.ConditionStatus',
  'ConfigMapNodeConfigSource.uid': 'types.UID',
  'ContainerStatus.stopSignal': 'v1.Signal',
  'DaemonSetCondition.status': 'v1.ConditionStatus',
  'DaemonSetCondition.type': 'v1.DaemonSetConditionType',
  'DaemonSetUpdateStrategy.type': 'v1.DaemonSetUpdateStrategyType',
  'DeleteOptions.propagationPolicy': 'v1.DeletionPropagation',
  'EndpointPort.protocol': 'v1.Protocol',
  'FieldSelectorRequirement.operator': 'v1.FieldSelectorOperator',
  'LeaseSpec.strategy': 'v1.CoordinatedLeaseStrategy',
  'LoadBalancerIngress.ipMode': 'v1.LoadBalancerIPMode',
  'ManagedFieldsEntry.operation': 'v1.ManagedFieldsOperationType',
  'NamespaceCondition.status': 'v1.ConditionStatus',
  'NamespaceCondition.type': 'v1.NamespaceConditionType',
  'NamespaceSpec.finalizers': 'v1.FinalizerName',
  'NamespaceStatus.phase': 'v1.NamespacePhase',
  'NodeAddress.type': 'v1.NodeAddressType',
  'NodeCondition.status': 'v1.ConditionStatus',
  'NodeCondition.type': 'v1.NodeConditionType',
  'NodeStatus.phase': 'v1.NodePhase',
  'NodeStatus.volumesInUse': 'v1.UniqueVolumeName',
  'ObjectReference.uid': 'types.UID',
  'PodCondition.status': 'v1.ConditionStatus',
  'PodCondition.type': 'v1.PodConditionType',
  'PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy': 'v1.UnhealthyPodEvictionPolicyType',
  'PodStatus.phase': 'v1.PodPhase',
  'PodStatus.qosClass': 'v1.PodQOSClass',
  'PodStatus.resize': 'v1.PodResizeStatus',
  'PortStatus.protocol': 'v1.Protocol',
  'Preconditions.uid': 'types.UID',
  'ResourceHealth.health': 'v1.ResourceHealthStatus',
  'ResourceHealth.resourceID': 'v1.ResourceID',
  'ResourceStatus.name': 'v1.ResourceName',
  'Secret.type': 'v1.SecretType',
  'ServicePort.protocol': 'v1.Protocol',
  'ServiceSpec.externalTrafficPolicy': 'v1.ServiceExternalTrafficPolicy',
  'ServiceSpec.internalTrafficPolicy': 'v1.ServiceInternalTrafficPolicy',
  'ServiceSpec.ipFamilies': 'v1.IPFamily',
  'ServiceSpec.ipFamilyPolicy': 'v1.IPFamilyPolicy',
  'ServiceSpec.sessionAffinity': 'v1.ServiceAffinity',
  'ServiceSpec.type': 'v1.ServiceType',
  'Status.reason': 'v1.StatusReason',
  'StatusCause.reason': 'v1.CauseType',
  'StatusDetails.uid': 'types.UID',
  'Taint.effect': 'v1.TaintEffect',
  'VolumeMountStatus.recursiveReadOnly': 'v1.RecursiveReadOnlyMode',
}

export interface AddedField {
  readonly name: string
  /** In the notation of types.generated.ts. */
  readonly type: string
  readonly required?: boolean
  readonly description: string
}

/** Fields of 1.35 that the source (1.34) does not have yet. The sentences are ours. */
export const addedFields: Readonly<Record<string, readonly AddedField[]>> = {
  NodeStatus: [
    {
      name: 'declaredFeatures',
      type: '[]string',
      description: 'Features of this node that depend on its version or configuration and that pods may rely on.',
    },
  ],
  PodCertificateProjection: [
    {
      name: 'userAnnotations',
      type: 'map[string]',
      description: 'Additional information that is handed to the signer with the certificate request.',
    },
  ],
  PodSpec: [
    {
      name: 'workloadRef',
      type: 'WorkloadReference',
      description: 'The Workload object, and the group of pods in it, that this pod belongs to. Immutable.',
    },
  ],
  PodStatus: [
    {
      name: 'allocatedResources',
      type: 'map[quantity]',
      description: 'The resources the node has set aside for the pod as a whole.',
    },
    {
      name: 'resources',
      type: 'ResourceRequirements',
      description: 'The requests and limits of the pod as a whole that are in force on the node.',
    },
  ],
}

/** Types of 1.35 that the source does not have yet. */
export const addedTypes: Readonly<Record<string, { description: string; fields: readonly AddedField[] }>> = {
  WorkloadReference: {
    description: 'Names the Workload, and the pod group in it, that a pod belongs to.',
    fields: [
      { name: 'name', type: 'string', required: true, description: 'Name of the Workload, in the same namespace.' },
      { name: 'podGroup', type: 'string', required: true, description: 'Name of the pod group inside the Workload.' },
      {
        name: 'podGroupReplicaKey',
        type: 'string',
        description: 'Tells the replicas of one pod group apart.',
      },
    ],
  },
}

/** Types that are another type under changed conditions: the DaemonSet of extensions/v1beta1, as Kubernetes 1.15 had it. */
export const variants: Readonly<
  Record<
    string,
    {
      readonly of: string
      /** The type's own name in Go and in OpenAPI, where the table's name has a suffix. */
      readonly goName: string
      readonly optional?: readonly string[]
      readonly types?: Readonly<Record<string, string>>
      readonly added?: readonly AddedField[]
    }
  >
> = {
  EventsV1Event: { of: 'EventsEvent', goName: 'Event', types: { series: 'EventsV1EventSeries' } },
  EventsV1EventSeries: { of: 'EventsEventSeries', goName: 'EventSeries' },
  DaemonSetV1beta1: { of: 'DaemonSet', goName: 'DaemonSet', types: { spec: 'DaemonSetSpecV1beta1' } },
  DaemonSetSpecV1beta1: {
    of: 'DaemonSetSpec',
    goName: 'DaemonSetSpec',
    optional: ['selector'],
    added: [
      {
        name: 'templateGeneration',
        type: 'int64',
        description: 'Deprecated. Counts the changes of the template; set by the server and ignored when given.',
      },
    ],
  },
}
