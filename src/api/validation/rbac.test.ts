import { expect, test } from 'vitest'
import { fieldErrorText } from '../field-error.ts'
import { type PolicyRule, type Role, type RoleBinding, rbacGroup, type Subject } from '../rbac.ts'
import { clusterRoleBindings, clusterRoles, type Resource, roleBindings, roles } from '../resources.ts'
import type { ApiObject } from '../types.ts'
import { validateCreate, validateUpdate } from './validation.ts'

const meta = (resource: Resource, name: string) => ({ name, ...(resource.namespaced ? { namespace: 'ns' } : {}) })
const ruled = (resource: Resource, rule: Partial<PolicyRule>): Role => ({
  metadata: meta(resource, 'r'),
  rules: [rule as PolicyRule],
})
const bound = (resource: Resource, subject: Partial<Subject>, roleRef: Partial<RoleBinding['roleRef']> = {}) => ({
  metadata: meta(resource, 'b'),
  subjects: [subject as Subject],
  roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'r', ...roleRef },
})
const anna: Subject = { kind: 'User', apiGroup: rbacGroup, name: 'anna' }
const path = { verbs: ['get'], nonResourceURLs: ['/x'] }

const table: [name: string, resource: Resource, object: ApiObject, errors: string[]][] = [
  ['a name with colons', roles, { metadata: meta(roles, 'system:a:b') }, []],
  [
    'a name with a slash',
    roles,
    { metadata: meta(roles, 'a/b') },
    ['metadata.name: Invalid value: "a/b": may not contain \'/\''],
  ],
  ['a rule for resources', roles, ruled(roles, { verbs: ['get'], apiGroups: [''], resources: ['pods'] }), []],
  [
    'an empty rule',
    roles,
    ruled(roles, {}),
    [
      'rules[0].verbs: Required value: verbs must contain at least one value',
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
  ],
  ['a path in a ClusterRole', clusterRoles, ruled(clusterRoles, path), []],
  [
    'a path in a Role',
    roles,
    ruled(roles, path),
    ['rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs'],
  ],
  [
    'a path and a resource',
    clusterRoles,
    ruled(clusterRoles, { ...path, resources: ['pods'] }),
    [
      'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
    ],
  ],
  [
    'gathering nothing',
    clusterRoles,
    { metadata: meta(clusterRoles, 'r'), aggregationRule: {} } as ApiObject,
    [
      'aggregationRule.clusterRoleSelectors: Required value: ' +
        'at least one clusterRoleSelector required if aggregationRule is non-nil',
    ],
  ],
  ['a binding', roleBindings, bound(roleBindings, anna), []],
  ['a binding of a role in the namespace', roleBindings, bound(roleBindings, anna, { kind: 'Role' }), []],
  [
    'cluster-wide, a role of a namespace',
    clusterRoleBindings,
    bound(clusterRoleBindings, anna, { kind: 'Role' }),
    ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
  ],
  [
    'no role',
    roleBindings,
    bound(roleBindings, anna, { apiGroup: 'x', name: '' }),
    [
      'roleRef.apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"',
      'roleRef.name: Required value',
    ],
  ],
  [
    'a subject without a name',
    roleBindings,
    bound(roleBindings, { ...anna, name: '' }),
    ['subjects[0].name: Required value'],
  ],
  [
    'a subject of no kind',
    roleBindings,
    bound(roleBindings, { kind: 'Person', name: 'anna' }),
    ['subjects[0].kind: Unsupported value: "Person": supported values: "ServiceAccount", "User", "Group"'],
  ],
  [
    'a user of no group',
    roleBindings,
    bound(roleBindings, { kind: 'User', name: 'anna' }),
    ['subjects[0].apiGroup: Unsupported value: "": supported values: "rbac.authorization.k8s.io"'],
  ],
  [
    'an account without a namespace',
    clusterRoleBindings,
    bound(clusterRoleBindings, { kind: 'ServiceAccount', name: 'a' }),
    ['subjects[0].namespace: Required value'],
  ],
  [
    'an account in a binding of its namespace',
    roleBindings,
    bound(roleBindings, { kind: 'ServiceAccount', name: 'a' }),
    [],
  ],
]

test.each(table)('B7 %s', (_name, resource, object, errors) => {
  expect(validateCreate(resource, object).map(fieldErrorText)).toEqual(errors)
})

test('B7 a binding keeps its role', () => {
  const before = bound(clusterRoleBindings, anna)
  expect(validateUpdate(clusterRoleBindings, { ...before, subjects: [] } as ApiObject, before)).toEqual([])
  const after = bound(clusterRoleBindings, anna, { name: 'other' })
  expect(validateUpdate(clusterRoleBindings, after, before).map(fieldErrorText)).toEqual([
    'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"other"}: cannot change roleRef',
  ])
})
