// What the server fills in where a request says nothing (part 14 of the surface reference, section 1 of the DaemonSet
// semantics), by kind. Upstream: pkg/apis/*/v1/defaults.go and zz_generated.defaults.go.
//
// An empty text or a zero counts as absent wherever upstream's type has no pointer, so `||=` is on purpose; where it
// has one, a zero stays, and `??=` says so.

import { eventsV1, oldDaemonSets, type Resource } from '../resources.ts'
import type { ApiObject, DaemonSet, Pod } from '../types.ts'
import { defaultDaemonSet, defaultOldDaemonSet } from './daemon-set.ts'
import { defaultEndpoints, defaultService } from './network.ts'
import { defaultNode } from './node.ts'
import { defaultPod } from './pod.ts'
import { defaultRoleBinding } from './rbac.ts'
import { defaultSecret } from './secret.ts'
import { defaultEvent, defaultNamespace, defaultPodDisruptionBudget, defaultRuntimeClass } from './small-kinds.ts'

/** Fills the defaults into `object`, which is of this resource's own version. */
export function applyDefaults(resource: Pick<Resource, 'group' | 'kind'>, object: ApiObject): void {
  const isOld = resource.group === oldDaemonSets.group && resource.kind === oldDaemonSets.kind
  if (isOld) defaultOldDaemonSet(object as DaemonSet)
  // An event of the newer group is completed once it is in core's words, in which it is kept.
  else if (resource.group !== eventsV1.group) byKind[resource.kind]?.(object)
}

const byKind: Readonly<Record<string, (object: ApiObject) => void>> = {
  ClusterRoleBinding: defaultRoleBinding,
  DaemonSet: (object) => defaultDaemonSet(object as DaemonSet),
  Endpoints: defaultEndpoints,
  Event: defaultEvent,
  Namespace: defaultNamespace,
  Node: defaultNode,
  Pod: (object) => defaultPod(object as Pod),
  PodDisruptionBudget: defaultPodDisruptionBudget,
  RuntimeClass: defaultRuntimeClass,
  RoleBinding: defaultRoleBinding,
  Secret: defaultSecret,
  Service: defaultService,
}
