import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drop, type Policy, policyStore, put } from '../../../test/policy-world.ts'
import { type Role, type RoleBinding, rbacGroup, type Subject } from '../../api/rbac.ts'
import { clusterRoleBindings, clusterRoles, type Resource, roleBindings, roles } from '../../api/resources.ts'
import type { User } from '../../api/wire.ts'
import { Grants, grantText, missingRoleText } from './grants.ts'

const anna: User = { name: 'anna', groups: ['dev', 'system:authenticated'] }

const role = (name: string, namespace?: string): Role => ({
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  rules: [{ verbs: ['get'], apiGroups: [''], resources: [name] }],
})

function binding(kind: string, name: string, subjects: Subject[], namespace?: string): RoleBinding {
  return {
    metadata: { name: `${name}-binding`, ...(namespace === undefined ? {} : { namespace }) },
    subjects,
    roleRef: { apiGroup: rbacGroup, kind, name },
  }
}

const userAnna: Subject = { kind: 'User', apiGroup: rbacGroup, name: 'anna' }
const groupDev: Subject = { kind: 'Group', apiGroup: rbacGroup, name: 'dev' }
const account: Subject = { kind: 'ServiceAccount', name: 'app' }
const accountUser: User = { name: 'system:serviceaccount:ns:app', groups: ['system:serviceaccounts'] }

const policy: Policy = {
  clusterRoles: [role('nodes'), role('pods')],
  clusterRoleBindings: [binding('ClusterRole', 'nodes', [groupDev])],
  roles: [role('secrets', 'ns')],
  roleBindings: [
    binding('Role', 'secrets', [userAnna], 'ns'),
    binding('ClusterRole', 'pods', [account, userAnna], 'ns'),
    binding('Role', 'secrets', [userAnna], 'other'),
  ],
}

const held = (grants: Grants, user: User, namespace?: string) =>
  grants
    .rulesFor(user, namespace)
    .flatMap(({ resources = [] }) => resources)
    .sort()

test('what is held where: by name, by group, by the account of a binding’s own namespace', async () => {
  const { grants } = await policyStore(policy)
  expect(held(grants, anna)).toEqual(['nodes'])
  expect(held(grants, anna, 'ns')).toEqual(['nodes', 'pods', 'secrets'])
  expect(held(grants, anna, 'other')).toEqual(['nodes'])
  expect(held(grants, accountUser, 'ns')).toEqual(['pods'])
  expect(held(grants, { ...accountUser, name: 'system:serviceaccount:other:app' }, 'ns')).toEqual([])
  expect(held(grants, { name: 'dev', groups: ['anna'] }, 'ns')).toEqual([])
})

test('a grant says where it comes from, and that its role is missing, as upstream does', async () => {
  const { grants } = await policyStore(policy)
  const texts: string[] = []
  const missing: string[] = []
  for (const namespace of ['ns', 'other']) {
    grants.find(anna, namespace, (grant, rules) => {
      texts.push(grantText(grant))
      if (rules === undefined) missing.push(missingRoleText(grant))
      return false
    })
  }
  expect(new Set(texts)).toEqual(
    new Set([
      'ClusterRoleBinding "nodes-binding" of ClusterRole "nodes" to Group "dev"',
      'RoleBinding "secrets-binding/ns" of Role "secrets" to User "anna"',
      'RoleBinding "pods-binding/ns" of ClusterRole "pods" to User "anna"',
      'RoleBinding "secrets-binding/other" of Role "secrets" to User "anna"',
    ]),
  )
  expect(missing).toEqual([`role.${rbacGroup} "secrets" not found`])
})

type Write = readonly [resource: Resource, object: Role | RoleBinding | string]

test('however roles and bindings come and go, what is known is what a new start would find', () => {
  const subjects = fc.subarray([userAnna, groupDev, account], { maxLength: 2 })
  const names = fc.constantFrom('a', 'b')
  const write: fc.Arbitrary<Write> = fc.oneof(
    names.map((name) => [clusterRoles, role(name)] as const),
    names.map((name) => [roles, role(name, 'ns')] as const),
    fc.tuple(names, subjects).map(([name, to]) => [clusterRoleBindings, binding('ClusterRole', name, to)] as const),
    fc.tuple(names, subjects).map(([name, to]) => [roleBindings, binding('Role', name, to, 'ns')] as const),
    fc.constantFrom<Write>(
      [clusterRoles, 'a'],
      [roles, 'ns/a'],
      [clusterRoleBindings, 'a-binding'],
      [roleBindings, 'ns/a-binding'],
    ),
  )
  return fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 12 }), async (writes) => {
      const { store, grants } = await policyStore({})
      for (const [resource, object] of writes) {
        if (typeof object === 'string') await drop(store, resource, object)
        else await put(store, resource, object)
      }
      const fresh = new Grants(store)
      for (const user of [anna, accountUser]) {
        for (const namespace of [undefined, 'ns', 'elsewhere']) {
          expect(held(grants, user, namespace)).toEqual(held(fresh, user, namespace))
        }
      }
    }),
    { numRuns: 50 },
  )
})
