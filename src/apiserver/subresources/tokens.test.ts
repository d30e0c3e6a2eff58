import { beforeEach, describe, expect, test } from 'vitest'
import { type Answer, type Asked, apiserverWorld, type World } from '../../../test/world.ts'
import { pods, serviceAccounts } from '../../api/resources.ts'
import type { Pod, ServiceAccount } from '../../api/types.ts'
import type { User } from '../../api/wire.ts'

const account = '/api/v1/namespaces/default/serviceaccounts/app'
const nodeA: User = { name: 'system:node:a', groups: ['system:nodes', 'system:authenticated'] }

let world: World
let accountUid: string
beforeEach(async () => {
  world = await apiserverWorld()
  const metadata = { name: 'app', namespace: 'default' }
  accountUid = (await world.client.create<ServiceAccount>(serviceAccounts, { metadata })).metadata.uid!
})

const request = (spec: object = {}, asked: Asked = {}): Promise<Answer> =>
  world.ask(`POST ${account}/token`, {
    body: { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec },
    ...asked,
  })
const tokenFor = async (spec: object = {}): Promise<string> => (await request(spec)).json.status.token

function claims(token: string) {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
}

function addPod(name: string, nodeName = 'a', serviceAccountName = 'app'): Promise<Pod> {
  return world.client.create<Pod>(pods, {
    metadata: { name, namespace: 'default' },
    spec: { nodeName, serviceAccountName, containers: [{ name: 'main', image: 'a' }] },
  })
}

const boundTo = ({ metadata }: Pod, more: object = {}) => ({
  boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: metadata.name, uid: metadata.uid, ...more },
})

describe('W12.9 a token', () => {
  test('says who the account is', async () => {
    const { status, json } = await request()
    expect(status).toBe(201)
    expect(json).toMatchObject({
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: 'app', namespace: 'default' },
      spec: {
        audiences: ['https://kubernetes.default.svc.cluster.local'],
        expirationSeconds: 3600,
        boundObjectRef: null,
      },
    })
    const now = Math.floor(world.clock.now() / 1000)
    expect(claims(json.status.token)).toEqual({
      aud: ['https://kubernetes.default.svc.cluster.local'],
      exp: now + 3600,
      iat: now,
      iss: 'https://kubernetes.default.svc.cluster.local',
      jti: expect.any(String),
      'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'app', uid: accountUid } },
      nbf: now,
      sub: 'system:serviceaccount:default:app',
    })
    expect(Date.parse(json.status.expirationTimestamp)).toBe((now + 3600) * 1000)
    expect(world.server.userOfToken(json.status.token)).toMatchObject({
      name: 'system:serviceaccount:default:app',
      uid: accountUid,
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default'],
    })
  })

  test('ends with its time', async () => {
    const token = await tokenFor({ expirationSeconds: 600 })
    world.clock.advance(599_000)
    expect(world.server.userOfToken(token)).toBeDefined()
    world.clock.advance(1000)
    expect(world.server.userOfToken(token)).toBeUndefined()
  })

  test('ends with its account, also when one of the same name comes', async () => {
    const token = await tokenFor()
    await world.client.delete(serviceAccounts, { name: 'app', namespace: 'default' })
    expect(world.server.userOfToken(token)).toBeUndefined()
    await world.client.create(serviceAccounts, { metadata: { name: 'app', namespace: 'default' } })
    expect(world.server.userOfToken(token)).toBeUndefined()
  })

  test('ends with the pod it is bound to', async () => {
    const pod = await addPod('p')
    const token = await tokenFor(boundTo(pod))
    expect(world.server.userOfToken(token)?.extra).toMatchObject({
      'authentication.kubernetes.io/pod-name': ['p'],
      'authentication.kubernetes.io/pod-uid': [pod.metadata.uid],
      'authentication.kubernetes.io/node-name': ['a'],
    })
    await world.client.delete(pods, { name: 'p', namespace: 'default' }, { gracePeriodSeconds: 0 })
    await addPod('p')
    expect(world.server.userOfToken(token)).toBeUndefined()
  })

  test('is for whom it was asked for', async () => {
    const token = await tokenFor({ audiences: ['vault'] })
    expect(world.server.userOfToken(token)).toBeUndefined()
    const review = async (audiences?: string[]) =>
      (await world.ask('POST /apis/authentication.k8s.io/v1/tokenreviews', { body: { spec: { token, audiences } } }))
        .json.status
    expect(await review()).toEqual({ user: {}, error: 'invalid bearer token' })
    expect(await review(['other'])).toEqual({ user: {}, error: 'invalid bearer token' })
    expect(await review(['other', 'vault'])).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
      user: { username: 'system:serviceaccount:default:app', uid: accountUid },
    })
  })

  test('is not given away by a dry run', async () => {
    const { json } = await world.ask(`POST ${account}/token?dryRun=All`, { body: { spec: {} } })
    expect(json.status.token).toBe('')
  })
})

const refusals: [name: string, spec: object, code: number, message: string][] = [
  [
    'too short',
    { expirationSeconds: 599 },
    422,
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: ' +
      'may not specify a duration less than 10 minutes',
  ],
  [
    'too long',
    { expirationSeconds: 2 ** 32 + 1 },
    422,
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 4294967297: ' +
      'may not specify a duration larger than 2^32 seconds',
  ],
  [
    'bound to a map',
    { boundObjectRef: { apiVersion: 'v1', kind: 'ConfigMap', name: 'x' } },
    400,
    'cannot bind token to object of type /v1, Kind=ConfigMap',
  ],
  ['bound to no pod', { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'x' } }, 404, 'pods "x" not found'],
  [
    'bound to the pod of another account',
    { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'other' } },
    400,
    'cannot bind token for serviceaccount "app" to pod running with different serviceaccount name.',
  ],
  [
    'bound to a pod that is another by now',
    { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'own', uid: 'old' } },
    409,
    'Operation cannot be fulfilled on Pod "own": the UID in the bound object reference (old) does not match the UID ' +
      'in record. The object might have been deleted and then recreated',
  ],
]

test.each(refusals)('W12.9 refused: %s', async (_name, spec, code, message) => {
  await addPod('own')
  await addPod('other', 'a', 'somebody')
  const { json } = await request(spec)
  expect([json.code, json.message]).toEqual([code, message])
})

test('W12.9 names that do not fit, and an account that is not there', async () => {
  const named = (metadata: object) => world.ask(`POST ${account}/token`, { body: { metadata, spec: {} } })
  expect((await named({ name: 'x' })).json.message).toContain('must match the service account name if specified')
  expect((await named({ namespace: 'x' })).json.message).toContain('must match the service account namespace')
  const absent = await world.ask('POST /api/v1/namespaces/default/serviceaccounts/x/token', { body: { spec: {} } })
  expect([absent.status, absent.json.message]).toEqual([404, 'serviceaccounts "x" not found'])
})

describe('B7 a node’s token', () => {
  test('is bound to a pod of its own', async () => {
    const own = await addPod('own')
    const other = await addPod('other', 'b')
    const ask = (spec: object) => request(spec, { user: nodeA })
    const refused: [spec: object, why: string][] = [
      [{}, 'node requested token not bound to a pod'],
      [{ boundObjectRef: { apiVersion: 'v1', kind: 'Node', name: 'a' } }, 'node requested token not bound to a pod'],
      [boundTo(own, { uid: '' }), 'node requested token with a pod binding without a uid'],
      [boundTo(other), 'node requested token bound to a pod scheduled on a different node'],
    ]
    for (const [spec, why] of refused) {
      const { json } = await ask(spec)
      expect([json.code, json.message]).toEqual([403, `serviceaccounts is forbidden: ${why}`])
    }
    expect((await ask(boundTo(own))).status).toBe(201)
  })
})
