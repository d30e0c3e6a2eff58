import { beforeEach, describe, expect, test } from 'vitest'
import { apiserverWorld, type World } from '../../../test/world.ts'
import { type RoleBinding, rbacGroup } from '../../api/rbac.ts'
import { roleBindings } from '../../api/resources.ts'

let world: World
beforeEach(async () => {
  world = await apiserverWorld()
})

describe('W12.10 questions about oneself', () => {
  const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  const may = async (spec: object, groups: string[]) => {
    const user = { name: 'u', groups: [...groups, 'system:authenticated'] }
    return (await world.ask(`POST ${reviews}`, { body: { spec }, user })).json
  }

  test('may I?', async () => {
    const resourceAttributes = { verb: 'get', resource: 'pods', namespace: 'default' }
    expect((await may({ resourceAttributes }, ['system:masters'])).status).toEqual({ allowed: true })
    expect((await may({ resourceAttributes }, [])).status).toEqual({ allowed: false })
    expect((await may({ nonResourceAttributes: { path: '/version', verb: 'get' } }, [])).status.allowed).toBe(true)
    expect((await may({}, [])).code).toBe(422)
  })

  test('who am I?', async () => {
    const line = 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews'
    const { status, json } = await world.ask(line, { body: { metadata: {} } })
    expect(status).toBe(201)
    expect(json).toMatchObject({
      kind: 'SelfSubjectReview',
      status: { userInfo: { username: 'admin', groups: ['system:masters', 'system:authenticated'] } },
    })
    expect(world.store.collections()).not.toContain('authentication.k8s.io/selfsubjectreviews')
  })

  test('what may I?', async () => {
    await bind('view', 'u')
    const rules = async (namespace: string, groups: string[] = []) => {
      const user = { name: 'u', groups: [...groups, 'system:authenticated'] }
      const body = { spec: { namespace } }
      return (await world.ask(`POST ${authorization}/selfsubjectrulesreviews`, { user, body })).json
    }
    const { resourceRules, nonResourceRules, incomplete } = (await rules('default')).status
    expect(incomplete).toBe(false)
    expect(resourceRules).toContainEqual({
      verbs: ['create'],
      apiGroups: ['authentication.k8s.io'],
      resources: ['selfsubjectreviews'],
    })
    expect(resourceRules.some(({ resources }: { resources: string[] }) => resources.includes('pods/log'))).toBe(true)
    expect(nonResourceRules.map(({ verbs }: { verbs: string[] }) => verbs)).toContainEqual(['get'])
    const elsewhere = (await rules('kube-system')).status.resourceRules
    expect(elsewhere.some(({ resources }: { resources: string[] }) => resources.includes('pods/log'))).toBe(false)
    expect((await rules('default', ['system:masters'])).status).toMatchObject({
      resourceRules: expect.arrayContaining([{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]),
      nonResourceRules: expect.arrayContaining([{ verbs: ['*'], nonResourceURLs: ['*'] }]),
    })
    expect((await rules('')).message).toBe('no namespace on request')
  })
})

const authorization = '/apis/authorization.k8s.io/v1'

async function bind(role: string, user: string): Promise<void> {
  await world.client.create<RoleBinding>(roleBindings, {
    metadata: { name: 'b', namespace: 'default' },
    subjects: [{ kind: 'User', name: user }],
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: role },
  })
}

describe('W12.10 questions about others', () => {
  const local = `${authorization}/namespaces/default/localsubjectaccessreviews`
  const ask = async (path: string, spec: object) => (await world.ask(`POST ${path}`, { body: { spec } })).json
  const listPods = { verb: 'list', resource: 'pods', namespace: 'default' }

  test('may they, and by which binding?', async () => {
    await bind('view', 'vera')
    for (const path of [`${authorization}/subjectaccessreviews`, local]) {
      expect((await ask(path, { user: 'vera', resourceAttributes: listPods })).status).toEqual({
        allowed: true,
        reason: 'RBAC: allowed by RoleBinding "b/default" of ClusterRole "view" to User "vera"',
      })
      expect((await ask(path, { user: 'otto', resourceAttributes: listPods })).status).toEqual({ allowed: false })
    }
  })

  test.each([
    ['nobody', 'subjectaccessreviews', { resourceAttributes: listPods }, 'spec.user: Invalid value: ""'],
    ['nothing', 'subjectaccessreviews', { user: 'u' }, 'spec.resourceAttributes: Invalid value: null'],
    [
      'two things',
      'subjectaccessreviews',
      { user: 'u', resourceAttributes: listPods, nonResourceAttributes: { path: '/x' } },
      'cannot be specified in combination with resourceAttributes',
    ],
    [
      'another namespace',
      'namespaces/default/localsubjectaccessreviews',
      { user: 'u', resourceAttributes: { ...listPods, namespace: 'x' } },
      'spec.resourceAttributes.namespace: Invalid value: "x": must match metadata.namespace',
    ],
    [
      'a path in a namespace',
      'namespaces/default/localsubjectaccessreviews',
      { user: 'u', nonResourceAttributes: { path: '/x' } },
      'disallowed on this kind of request',
    ],
  ])('refused: %s', async (_name, path, spec, why) => {
    const { code, message } = await ask(`${authorization}/${path}`, spec)
    expect(code).toBe(422)
    expect(message).toContain(why)
  })

  test('whoever may not ask, is not told', async () => {
    const user = { name: 'u', groups: ['system:authenticated'] }
    const body = { spec: { user: 'u', resourceAttributes: listPods } }
    expect((await world.ask(`POST ${local}`, { user, body })).status).toBe(403)
  })
})
