import { describe, expect, test } from 'vitest'
import { apiserverWorld, type World } from '../../../test/world.ts'
import { type ClusterRole, type PolicyRule, type RoleBinding, rbacGroup } from '../../api/rbac.ts'
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../../api/resources.ts'
import type { User } from '../../api/wire.ts'

const anna: User = { name: 'anna', groups: ['dev', 'system:authenticated'] }
const getPods: PolicyRule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] }
const writeRoles: PolicyRule = {
  verbs: ['create', 'get', 'update', 'patch'],
  apiGroups: [rbacGroup],
  resources: ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
}

function roleRef(kind: string, name: string) {
  return { apiGroup: rbacGroup, kind, name }
}

/** Anna may write roles and bindings, and holds `rules` besides. */
async function world(...rules: PolicyRule[]): Promise<World> {
  const made = await apiserverWorld()
  await made.client.create<ClusterRole>(clusterRoles, { metadata: { name: 'annas' }, rules: [writeRoles, ...rules] })
  await made.client.create<RoleBinding>(clusterRoleBindings, {
    metadata: { name: 'annas' },
    subjects: [{ kind: 'User', name: 'anna' }],
    roleRef: roleRef('ClusterRole', 'annas'),
  })
  return made
}

const base = `/apis/${rbacGroup}/v1`
const inDefault = `${base}/namespaces/default`

describe('B7 roles', () => {
  test('may give what their writer holds, and no more', async () => {
    const { ask } = await world(getPods)
    const create = (...rules: PolicyRule[]) =>
      ask(`POST ${inDefault}/roles`, { user: anna, body: { metadata: { name: 'r' }, rules } })
    const refused = await create(getPods, { verbs: ['get', 'list'], apiGroups: [''], resources: ['secrets'] })
    expect(refused.json).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message:
        'roles.rbac.authorization.k8s.io "r" is forbidden: user "anna" (groups=["dev" "system:authenticated"]) ' +
        'is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
      details: { name: 'r', group: rbacGroup, kind: 'roles' },
    })
    expect((await create(getPods)).status).toBe(201)
  })

  test('keep what they gave when somebody labels them, and cannot grow by a patch', async () => {
    const { ask, client } = await world()
    await client.create(roles, { metadata: { name: 'r', namespace: 'default' }, rules: [getPods] } as never)
    const patch = (body: object) =>
      ask(`PATCH ${inDefault}/roles/r`, { user: anna, type: 'application/merge-patch+json', body })
    expect((await patch({ metadata: { labels: { a: 'b' } } })).status).toBe(200)
    const grown = await patch({ rules: [{ ...getPods, verbs: ['get', 'delete'] }] })
    expect(grown.json.message).toContain('held:\n{APIGroups:[""], Resources:["pods"], Verbs:["get" "delete"]}')
    expect(grown.status).toBe(403)
  })

  test('gathering needs every right there is', async () => {
    const { ask } = await world(getPods)
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] }
    const { json } = await ask(`POST ${base}/clusterroles`, {
      user: anna,
      body: { metadata: { name: 'all' }, rules: [], aggregationRule },
    })
    expect(json.message).toBe(
      'clusterroles.rbac.authorization.k8s.io "all" is forbidden: ' +
        'must have cluster-admin privileges to use the aggregationRule',
    )
  })

  test('whoever may escalate gives what he likes', async () => {
    const { ask } = await world({ verbs: ['escalate'], apiGroups: [rbacGroup], resources: ['roles'] })
    const body = { metadata: { name: 'r' }, rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] }
    expect((await ask(`POST ${inDefault}/roles`, { user: anna, body })).status).toBe(201)
    expect((await ask(`POST ${base}/clusterroles`, { user: anna, body })).status).toBe(403)
  })
})

describe('B7 bindings', () => {
  const bind = (name: string) => ({
    user: anna,
    body: {
      metadata: { name: 'b' },
      subjects: [{ kind: 'User', name: 'otto' }],
      roleRef: roleRef('ClusterRole', name),
    },
  })

  test('may give a role whose rules their writer holds', async () => {
    const { ask, client } = await world(getPods)
    await client.create<ClusterRole>(clusterRoles, { metadata: { name: 'pods' }, rules: [getPods] })
    const refused = await ask(`POST ${base}/clusterrolebindings`, bind('cluster-admin'))
    expect(refused.json.message).toBe(
      'clusterrolebindings.rbac.authorization.k8s.io "b" is forbidden: ' +
        'user "anna" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}',
    )
    expect((await ask(`POST ${base}/clusterrolebindings`, bind('pods'))).status).toBe(201)
    const absent = await ask(`POST ${inDefault}/rolebindings`, bind('none'))
    expect([absent.status, absent.json.message]).toEqual([
      404,
      'clusterroles.rbac.authorization.k8s.io "none" not found',
    ])
  })

  test('whoever may bind a role gives it, held or not', async () => {
    const { ask } = await world({
      verbs: ['bind'],
      apiGroups: [rbacGroup],
      resources: ['clusterroles'],
      resourceNames: ['view'],
    })
    expect((await ask(`POST ${inDefault}/rolebindings`, bind('view'))).status).toBe(201)
    expect((await ask(`POST ${inDefault}/rolebindings`, bind('edit'))).status).toBe(403)
  })

  test('what is bound takes effect at once, and ends at once', async () => {
    const { ask, client } = await apiserverWorld()
    const list = () => ask('GET /api/v1/namespaces/default/pods', { user: anna })
    expect((await list()).json.message).toBe(
      'pods is forbidden: User "anna" cannot list resource "pods" in API group "" in the namespace "default"',
    )
    const metadata = { name: 'b', namespace: 'default' }
    await client.create<RoleBinding>(roleBindings, {
      metadata,
      subjects: [{ kind: 'Group', name: 'dev' }],
      roleRef: roleRef('ClusterRole', 'view'),
    })
    expect((await list()).status).toBe(200)
    expect((await ask('GET /api/v1/pods', { user: anna })).status).toBe(403)
    await client.delete(roleBindings, metadata)
    expect((await list()).status).toBe(403)
  })

  test('a role that is not there is told as the reason', async () => {
    const { ask, client } = await apiserverWorld()
    await client.create<RoleBinding>(clusterRoleBindings, {
      metadata: { name: 'b' },
      subjects: [{ kind: 'User', name: 'anna' }],
      roleRef: roleRef('ClusterRole', 'gone'),
    })
    const { json } = await ask('GET /api/v1/nodes', { user: anna })
    expect(json.message).toBe(
      'nodes is forbidden: User "anna" cannot list resource "nodes" in API group "" at the cluster scope: ' +
        'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
    )
  })

  test('cannot change their role', async () => {
    const { ask, client } = await apiserverWorld()
    await client.create<RoleBinding>(clusterRoleBindings, {
      metadata: { name: 'b' },
      roleRef: roleRef('ClusterRole', 'a'),
    })
    const { json } = await ask(`PATCH ${base}/clusterrolebindings/b`, {
      type: 'application/merge-patch+json',
      body: { roleRef: { name: 'z' } },
    })
    expect(json.message).toBe(
      'ClusterRoleBinding.rbac.authorization.k8s.io "b" is invalid: roleRef: Invalid value: ' +
        '{"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"z"}: cannot change roleRef',
    )
  })
})
