import { expect, test } from 'vitest'
import { apiserverWorld } from '../../test/world.ts'

const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases'

test('B7 who may only change an object may not make it by a PUT or an apply', async () => {
  const { ask } = await apiserverWorld()
  const nora = { name: 'nora', groups: ['system:authenticated'] }
  const rules = [
    { verbs: ['update', 'patch'], apiGroups: ['coordination.k8s.io', ''], resources: ['leases', 'configmaps'] },
  ]
  await ask(`POST ${rbac}/roles`, { body: { metadata: { name: 'changers' }, rules } })
  const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'nora' }]
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'changers' }
  await ask(`POST ${rbac}/rolebindings`, { body: { metadata: { name: 'changers' }, subjects, roleRef } })

  const body = { metadata: { name: 'l' }, spec: {} }
  const put = await ask(`PUT ${leases}/l`, { user: nora, body })
  expect([put.status, put.json.message]).toEqual([
    403,
    'leases.coordination.k8s.io "l" is forbidden: User "nora" cannot create resource "leases" in API group "coordination.k8s.io" in the namespace "default"',
  ])
  const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }
  const apply = { user: nora, body: applied, type: 'application/apply-patch+yaml' }
  expect((await ask('PATCH /api/v1/namespaces/default/configmaps/c?fieldManager=m', apply)).status).toBe(403)

  const { json } = await ask(`PUT ${leases}/l`, { body })
  expect((await ask(`PUT ${leases}/l`, { user: nora, body: json })).status).toBe(200)
})
