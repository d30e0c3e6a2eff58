// Roles and their bindings: whose names subjects and role references are. Upstream: pkg/apis/rbac/v1/defaults.go.

import { type RoleBinding, rbacGroup } from '../rbac.ts'
import type { ApiObject } from '../types.ts'

export function defaultRoleBinding(object: ApiObject): void {
  const { roleRef, subjects = [] } = object as RoleBinding
  if (roleRef !== undefined) roleRef.apiGroup ||= rbacGroup
  for (const subject of subjects) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= rbacGroup
  }
}
