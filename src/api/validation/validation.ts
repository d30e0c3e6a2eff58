// Whether an object may be stored: one row a kind. Objects come decoded and with their defaults; DaemonSets in the form
// of apps/v1, whichever group the request was for. Upstream: the strategies of pkg/registry and pkg/apis/*/validation.

import type { FieldError } from '../field-error.ts'
import { dns1123Subdomain } from '../names.ts'
import type { Resource } from '../resources.ts'
import type { ApiObject } from '../types.ts'
import { validateCertificateRequest, validateCertificateStatus } from './certificates.ts'
import { validateConfigMap, validateConfigMapUpdate, validateSecret, validateSecretUpdate } from './config-data.ts'
import { validateControllerRevision, validateControllerRevisionUpdate } from './controller-revision.ts'
import { validateDaemonSet, validateDaemonSetStatus, validateDaemonSetUpdate } from './daemon-set.ts'
import { duplicatesRemoved } from './duplicates.ts'
import { validateEvent, validateEventUpdate } from './event.ts'
import { validateMetadata, validateMetadataUpdate } from './metadata.ts'
import { validateNamespace, validateNamespaceStatus } from './namespace.ts'
import { validateNode, validateNodeUpdate } from './node.ts'
import { validatePod, validatePodStatus, validatePodUpdate } from './pod.ts'
import {
  validateClusterRole,
  validateClusterRoleBinding,
  validateRole,
  validateRoleBinding,
  validateRoleRefUpdate,
} from './rbac.ts'
import { validateRuntimeClass, validateRuntimeClassUpdate } from './runtime-class.ts'
import { validateService, validateServiceUpdate } from './service.ts'
import { validateBinding, validateLease, validatePodDisruptionBudget } from './small-kinds.ts'

export function validateCreate(resource: Resource, object: ApiObject): FieldError[] {
  return rulesOf(resource).create(object, resource)
}

/**
 * `resource` is the one of the request: the old group lets a selector change. A change through a subresource without
 * rules of its own may change the metadata only as any change may.
 */
export function validateUpdate(
  resource: Resource,
  object: ApiObject,
  old: ApiObject,
  subresource?: string,
): FieldError[] {
  const rules = rulesOf(resource)
  if (subresource === 'status') return (rules.status ?? validateMetadataUpdate)(object, old)
  const update =
    rules.update ??
    ((_resource, next, before) => [...rules.create(next, resource), ...validateMetadataUpdate(next, before)])
  return duplicatesRemoved(update(resource, object, old))
}

interface Rules {
  readonly create: (object: ApiObject, resource: Resource) => FieldError[]
  /** Absent: those of a create, and of metadata. */
  readonly update?: (resource: Resource, object: ApiObject, old: ApiObject) => FieldError[]
  /** Absent: those of metadata. */
  readonly status?: (object: ApiObject, old: ApiObject) => FieldError[]
}

const rulesByKind: Readonly<Record<string, Rules>> = {
  Binding: { create: validateBinding },
  CertificateSigningRequest: { create: validateCertificateRequest, status: validateCertificateStatus },
  ClusterRole: { create: (object) => validateClusterRole(object) },
  ClusterRoleBinding: {
    create: validateClusterRoleBinding,
    update: (_resource, object, old) => [...validateClusterRoleBinding(object), ...validateRoleRefUpdate(object, old)],
  },
  ConfigMap: { create: validateConfigMap, update: (_resource, object, old) => validateConfigMapUpdate(object, old) },
  ControllerRevision: {
    create: validateControllerRevision,
    update: (_resource, object, old) => validateControllerRevisionUpdate(object, old),
  },
  DaemonSet: {
    create: (object) => validateDaemonSet(object),
    update: validateDaemonSetUpdate,
    status: validateDaemonSetStatus,
  },
  Event: { create: validateEvent, update: validateEventUpdate },
  Lease: { create: validateLease },
  Namespace: { create: validateNamespace, status: validateNamespaceStatus },
  Node: {
    create: validateNode,
    update: (_resource, object, old) => validateNodeUpdate(object, old),
    status: validateNodeUpdate,
  },
  Pod: {
    create: validatePod,
    update: (_resource, object, old) => validatePodUpdate(object, old),
    status: validatePodStatus,
  },
  PodDisruptionBudget: { create: validatePodDisruptionBudget },
  Role: { create: (object) => validateRole(object) },
  RoleBinding: {
    create: validateRoleBinding,
    update: (_resource, object, old) => [...validateRoleBinding(object), ...validateRoleRefUpdate(object, old)],
  },
  RuntimeClass: {
    create: validateRuntimeClass,
    update: (_resource, object, old) => validateRuntimeClassUpdate(object, old),
  },
  Secret: { create: validateSecret, update: (_resource, object, old) => validateSecretUpdate(object, old) },
  Service: {
    create: (object) => validateService(object),
    update: (_resource, object, old) => validateServiceUpdate(object, old),
  },
}

/** Endpoints, service accounts, reviews: a name and labels like everybody's. */
function rulesOf({ kind, namespaced, verbs }: Resource): Rules {
  const isStored = verbs.includes('get')
  const plain = (object: ApiObject) =>
    isStored ? validateMetadata(object, { namespaced, name: dns1123Subdomain }) : []
  return rulesByKind[kind] ?? { create: plain }
}
