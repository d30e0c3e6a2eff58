// Structs that Go holds by value: an object that was just made has them already, empty, so that whoever fills one owns
// what is in it and not the struct itself (no `.` in FieldsV1). Upstream: fields of the Go types without a pointer.

export function isByValue(type: string, field: string): boolean {
  return byValue.has(`${type}.${field}`)
}

const topLevel = [
  'ConfigMap',
  'ControllerRevision',
  'DaemonSet',
  'DaemonSetV1beta1',
  'Endpoints',
  'Event',
  'Lease',
  'Namespace',
  'Node',
  'Pod',
  'PodDisruptionBudget',
  'Secret',
  'Service',
  'ServiceAccount',
]

const byValue: ReadonlySet<string> = new Set([
  'RuntimeClass.metadata',
  ...topLevel.flatMap((type) => [`${type}.metadata`, `${type}.spec`, `${type}.status`]),
  'DaemonSetSpec.template',
  'DaemonSetSpec.updateStrategy',
  'DaemonSetSpecV1beta1.template',
  'DaemonSetSpecV1beta1.updateStrategy',
  'PodTemplateSpec.metadata',
  'PodTemplateSpec.spec',
  'PodSpec.containers',
  'Container.resources',
  'EphemeralContainer.resources',
  'ContainerStatus.state',
  'ContainerStatus.lastState',
  'Event.source',
  'NodeStatus.daemonEndpoints',
  'NodeDaemonEndpoints.kubeletEndpoint',
  'NodeStatus.nodeInfo',
  'ServiceStatus.loadBalancer',
])
