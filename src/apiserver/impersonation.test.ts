import { beforeEach, expect, test } from 'vitest'
import { apiserverWorld, type World } from '../../test/world.ts'
import { type ClusterRole, type PolicyRule, type RoleBinding, rbacGroup } from '../api/rbac.ts'
import { clusterRoleBindings, clusterRoles } from '../api/resources.ts'
import type { User } from '../api/wire.ts'

const anna: User = { name: 'anna', groups: ['system:authenticated'] }

let world: World
beforeEach(async () => {
  world = await apiserverWorld()
})

/** Anna may impersonate what these rules say. */
async function allow(...rules: Omit<PolicyRule, 'verbs'>[]): Promise<void> {
  await world.client.create<ClusterRole>(clusterRoles, {
    metadata: { name: 'annas' },
    rules: rules.map((rule) => ({ verbs: ['impersonate'], ...rule })),
  })
  await world.client.create<RoleBinding>(clusterRoleBindings, {
    metadata: { name: 'annas' },
    subjects: [{ kind: 'User', name: 'anna' }],
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'annas' },
  })
}

const whoAmI = (headers: Record<string, string>, user: User | undefined = anna) =>
  world.ask('POST /apis/authentication.k8s.io/v1/selfsubjectreviews', { user, headers, body: {} })
const named = (resource: string, ...resourceNames: string[]) => ({
  apiGroups: [''],
  resources: [resource],
  ...(resourceNames.length === 0 ? {} : { resourceNames }),
})

test('B7 each part of the other is a right of its own', async () => {
  await allow(
    named('users', 'bob'),
    named('groups', 'dev'),
    { apiGroups: ['authentication.k8s.io'], resources: ['userextras/scopes'], resourceNames: ['view'] },
    { apiGroups: ['authentication.k8s.io'], resources: ['uids'], resourceNames: ['7'] },
  )
  const all = {
    'impersonate-user': 'bob',
    'impersonate-group': 'dev',
    'impersonate-uid': '7',
    'impersonate-extra-scopes': 'view',
  }
  const { json } = await whoAmI(all)
  expect(json.status.userInfo).toEqual({
    username: 'bob',
    uid: '7',
    groups: ['dev', 'system:authenticated'],
    extra: { scopes: ['view'] },
  })
  const refusals: [Record<string, string>, string][] = [
    [{ 'impersonate-user': 'root' }, 'users "root" is forbidden: User "anna" cannot impersonate resource "users"'],
    [{ 'impersonate-group': 'dev\nsystem:masters' }, 'groups "system:masters" is forbidden'],
    [{ 'impersonate-uid': '0' }, 'uids.authentication.k8s.io "0" is forbidden'],
    [
      { 'impersonate-extra-scopes': 'view\nedit' },
      'userextras.authentication.k8s.io "edit" is forbidden: User "anna" cannot impersonate resource "userextras/scopes"',
    ],
  ]
  for (const [headers, why] of refusals) {
    const { status, json } = await whoAmI({ ...all, ...headers })
    expect(status).toBe(403)
    expect(json.message).toContain(why)
  }
})

test('B7 what the other may not do, is not done', async () => {
  const as = (headers: Record<string, string>) => world.ask('GET /api/v1/nodes', { headers })
  expect((await as({})).status).toBe(200)
  const { json } = await as({ 'impersonate-user': 'bob' })
  expect(json.message).toBe(
    'nodes is forbidden: User "bob" cannot list resource "nodes" in API group "" at the cluster scope',
  )
  expect((await as({ 'impersonate-user': 'bob', 'impersonate-group': 'system:masters' })).status).toBe(200)
})

test('a service account brings its groups; its name is a right in its namespace', async () => {
  await allow({ apiGroups: [''], resources: ['serviceaccounts'], resourceNames: ['app'] })
  const { json } = await whoAmI({ 'impersonate-user': 'system:serviceaccount:ns:app' })
  expect(json.status.userInfo.groups).toEqual([
    'system:serviceaccounts',
    'system:serviceaccounts:ns',
    'system:authenticated',
  ])
  const other = await whoAmI({ 'impersonate-user': 'system:serviceaccount:ns:other' })
  expect(other.json.message).toContain(
    'cannot impersonate resource "serviceaccounts" in API group "" in the namespace "ns"',
  )
})

test('nobody in particular, in a group: told to be an error, as upstream', async () => {
  const { json } = await whoAmI({ 'impersonate-group': 'dev' })
  expect(json).toMatchObject({
    code: 500,
    message: 'Internal error occurred: requested impersonate-group without impersonating a user',
  })
})

test('the stranger stays one', async () => {
  await allow(named('users'))
  const { json } = await whoAmI({ 'impersonate-user': 'system:anonymous' })
  expect(json.code).toBe(403)
  expect(json.message).toContain('User "system:anonymous" cannot create')
  expect(
    (await world.ask('GET /version', { user: anna, headers: { 'impersonate-user': 'system:anonymous' } })).status,
  ).toBe(200)
})
