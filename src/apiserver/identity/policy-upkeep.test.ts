import { expect, test } from 'vitest'
import type { ClusterRole, RoleBinding } from '../../api/rbac.ts'
import { defaultClusterRoleBindings, defaultClusterRoles } from './default-policy.ts'
import { gathered, upkeptBinding, upkeptRole } from './policy-upkeep.ts'

const named = <T extends ClusterRole | RoleBinding>(all: readonly T[], name: string): T =>
  all.find(({ metadata }) => metadata.name === name)!
const wanted = named(defaultClusterRoles, 'system:basic-user')
const [first, second] = wanted.rules!
const group = (name: string) => ({ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name })

test('what is as it should be is not written', () => {
  for (const role of gathered(defaultClusterRoles)) expect(upkeptRole(role, structuredClone(role))).toBeUndefined()
  for (const binding of defaultClusterRoleBindings)
    expect(upkeptBinding(binding, structuredClone(binding))).toBeUndefined()
})

test('what is missing of a role comes back, what was added stays', () => {
  const mine = { verbs: ['get'], apiGroups: ['x'], resources: ['y'] }
  const found = { ...wanted, metadata: { ...wanted.metadata, labels: { mine: '' } }, rules: [mine, first!] }
  const upkept = upkeptRole(wanted, found)!
  expect(upkept.rules).toEqual([mine, first, second])
  expect(upkept.metadata.labels).toEqual({ mine: '', 'kubernetes.io/bootstrapping': 'rbac-defaults' })
})

test('a role that says so is left alone', () => {
  const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' }
  expect(upkeptRole(wanted, { metadata: { name: 'system:basic-user', annotations }, rules: [] })).toBeUndefined()
  expect(upkeptRole(wanted, { metadata: { name: 'system:basic-user' }, rules: [] })).toBeUndefined()
})

test('the subjects of a binding come back; with another role it is made anew', () => {
  const binding = named(defaultClusterRoleBindings, 'system:public-info-viewer')
  const found = { ...binding, subjects: [group('mine'), group('system:authenticated')] }
  expect(upkeptBinding(binding, found)).toEqual({
    binding: { ...binding, subjects: [...found.subjects, group('system:unauthenticated')] },
    replaces: false,
  })
  const other = { ...binding, roleRef: { ...binding.roleRef, name: 'cluster-admin' } }
  expect(upkeptBinding(binding, other)).toEqual({ binding, replaces: true })
})

test('admin holds what edit holds, edit what view holds, and only view shows no secrets', () => {
  const all = gathered(defaultClusterRoles)
  const names = (role: string) => new Set(named(all, role).rules!.flatMap(({ resources = [] }) => resources))
  expect([...names('edit')].every((one) => names('admin').has(one))).toBe(true)
  expect([...names('view')].every((one) => names('edit').has(one))).toBe(true)
  expect([names('view').has('secrets'), names('edit').has('secrets')]).toEqual([false, true])
  expect([names('edit').has('roles'), names('admin').has('roles')]).toEqual([false, true])
})
