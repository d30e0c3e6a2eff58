// Who may do what, as objects: roles hold rules, bindings give a role to subjects.
// Upstream: staging/src/k8s.io/api/rbac/v1/types.go.

import type { ApiObject, LabelSelector } from './types.ts'

export const rbacGroup = 'rbac.authorization.k8s.io'

export interface PolicyRule {
  verbs: string[]
  apiGroups?: string[]
  /** `pods`, `pods/log`, `*` (everything), `*` + `/status` (that subresource of everything). */
  resources?: string[]
  /** Absent or empty: all names. */
  resourceNames?: string[]
  /** A trailing `*` stands for whatever follows; only in a ClusterRole. */
  nonResourceURLs?: string[]
}

export interface Role extends ApiObject {
  rules?: PolicyRule[] | null
}

export interface ClusterRole extends Role {
  /** The rules of all ClusterRoles with these labels; whoever keeps the role up to date writes them into it. */
  aggregationRule?: { clusterRoleSelectors?: LabelSelector[] }
}

export interface RoleRef {
  apiGroup: string
  kind: string
  name: string
}

export interface Subject {
  /** User, Group or ServiceAccount. */
  kind: string
  apiGroup?: string
  name: string
  /** Of a ServiceAccount. */
  namespace?: string
}

/** A RoleBinding or a ClusterRoleBinding. */
export interface RoleBinding extends ApiObject {
  subjects?: Subject[]
  roleRef: RoleRef
}
