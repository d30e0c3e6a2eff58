// How the lists, maps and structs of our kinds merge: the keys of strategic merge patch, and the list types of
// server-side apply (W10.9). Neither stands in the source of the generated types. A list that is not here is replaced
// whole by a patch and is atomic for apply. Upstream: the patchStrategy, patchMergeKey, listType, listMapKey and mapType
// marks in the Go types.

export interface MergeRule {
  /** Strategic merge patch; absent: lists are replaced, maps and objects merged. */
  readonly patchStrategy?: 'merge' | 'merge,retainKeys' | 'replace'
  /** The field that tells the items of a list of objects apart; absent with `merge`: a list of scalars, a set. */
  readonly patchMergeKey?: string
  /** Server-side apply. */
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly listMapKeys?: readonly string[]
  readonly mapType?: 'atomic'
}

/** A patch merges by `key`, and so does apply (by `keys`, where it takes more than one). */
function byKey(key: string, keys: readonly string[] = [key]): MergeRule {
  return { patchStrategy: 'merge', patchMergeKey: key, listType: 'map', listMapKeys: keys }
}

function keepingOneSource(rule: MergeRule): MergeRule {
  return { ...rule, patchStrategy: 'merge,retainKeys' }
}

/** A patch replaces, apply merges by `keys`. */
function applyByKey(...keys: string[]): MergeRule {
  return { listType: 'map', listMapKeys: keys }
}

const set: MergeRule = { patchStrategy: 'merge', listType: 'set' }

const container: Readonly<Record<string, MergeRule>> = {
  env: byKey('name'),
  // Two ports of one number and different protocols collide in a patch, upstream too (W10.10).
  ports: byKey('containerPort', ['containerPort', 'protocol']),
  volumeDevices: byKey('devicePath'),
  volumeMounts: byKey('mountPath'),
}

/** `Type.field` → how it merges. */
export const mergeRules: Readonly<Record<string, MergeRule>> = {
  ...prefixed('Container', container),
  ...prefixed('EphemeralContainer', container),
  'CertificateSigningRequestStatus.conditions': applyByKey('type'),
  'ContainerRestartRuleOnExitCodes.values': { listType: 'set' },
  'ContainerStatus.allocatedResourcesStatus': byKey('name'),
  'ContainerStatus.volumeMounts': byKey('mountPath'),
  'DaemonSetStatus.conditions': byKey('type'),
  'NamespaceStatus.conditions': byKey('type'),
  'NodeSpec.podCIDRs': set,
  'NodeStatus.addresses': byKey('type'),
  'NodeStatus.conditions': byKey('type'),
  'ObjectMeta.finalizers': set,
  'ObjectMeta.ownerReferences': byKey('uid'),
  'PodDisruptionBudgetSpec.selector': { patchStrategy: 'replace' },
  'PodDisruptionBudgetStatus.conditions': byKey('type'),
  'PodSpec.containers': byKey('name'),
  'PodSpec.ephemeralContainers': byKey('name'),
  'PodSpec.hostAliases': byKey('ip'),
  'PodSpec.imagePullSecrets': byKey('name'),
  'PodSpec.initContainers': byKey('name'),
  'PodSpec.nodeSelector': { mapType: 'atomic' },
  'Scheduling.nodeSelector': { mapType: 'atomic' },
  'Scheduling.tolerations': { listType: 'atomic' },
  'PodSpec.resourceClaims': keepingOneSource(byKey('name')),
  'PodSpec.schedulingGates': byKey('name'),
  'PodSpec.topologySpreadConstraints': byKey('topologyKey', ['topologyKey', 'whenUnsatisfiable']),
  'PodSpec.volumes': keepingOneSource(byKey('name')),
  'PodStatus.conditions': byKey('type'),
  'PodStatus.hostIPs': { patchStrategy: 'merge', patchMergeKey: 'ip', listType: 'atomic' },
  'PodStatus.podIPs': byKey('ip'),
  'PodStatus.resourceClaimStatuses': keepingOneSource(byKey('name')),
  'ResourceRequirements.claims': applyByKey('name'),
  'ResourceStatus.resources': applyByKey('resourceID'),
  'ServiceAccount.secrets': byKey('name'),
  'ServiceSpec.ports': byKey('port', ['port', 'protocol']),
  'ServiceSpec.selector': { mapType: 'atomic' },
  'ServiceStatus.conditions': byKey('type'),
}

/** Structs that apply takes whole: who owns one field of them owns all. */
export const atomicStructs: ReadonlySet<string> = new Set([
  'ConfigMapKeySelector',
  'EndpointAddress',
  'EndpointPort',
  'FileKeySelector',
  'LabelSelector',
  'LocalObjectReference',
  'NodeSelector',
  'NodeSelectorTerm',
  'ObjectFieldSelector',
  'ObjectReference',
  'OwnerReference',
  'ResourceFieldSelector',
  'RoleRef',
  'SecretKeySelector',
  'Subject',
  'TypedLocalObjectReference',
])

function prefixed(type: string, rules: Readonly<Record<string, MergeRule>>): Record<string, MergeRule> {
  return Object.fromEntries(Object.entries(rules).map(([field, rule]) => [`${type}.${field}`, rule]))
}
