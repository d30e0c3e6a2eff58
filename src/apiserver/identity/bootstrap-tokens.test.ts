import { beforeEach, expect, test } from 'vitest'
import { apiserverWorld, type World } from '../../../test/world.ts'
import { formatTime } from '../../api/time.ts'

const id = 'abcdef'
const secret = '0123456789abcdef'

let world: World
beforeEach(async () => {
  world = await apiserverWorld()
})

async function addToken(data: Record<string, string> = {}, more: object = {}): Promise<void> {
  const stringData = {
    'token-id': id,
    'token-secret': secret,
    'usage-bootstrap-authentication': 'true',
    expiration: formatTime(world.clock.now() + 60_000),
    ...data,
  }
  const metadata = { name: `bootstrap-token-${id}` }
  const body = { metadata, type: 'bootstrap.kubernetes.io/token', stringData, ...more }
  expect((await world.ask('POST /api/v1/namespaces/kube-system/secrets', { body })).status).toBe(201)
}

const userOf = (token = `${id}.${secret}`) => world.server.userOfToken(token)

test('B7 a token makes a newcomer, and no more', async () => {
  await addToken({ 'auth-extra-groups': 'system:bootstrappers:rack-7' })
  expect(userOf()).toEqual({
    name: 'system:bootstrap:abcdef',
    groups: ['system:bootstrappers', 'system:bootstrappers:rack-7'],
  })
  const user = { ...userOf()!, groups: [...userOf()!.groups, 'system:authenticated'] }
  const status = async (line: string) => (await world.ask(line, { user, body: {} })).status
  expect(await status('GET /api/v1/nodes')).toBe(403)
  expect(await status('GET /api/v1/namespaces/kube-system/secrets')).toBe(403)
  expect(await status('POST /api/v1/nodes')).toBe(403)
})

test('B7 a token ends with its time, and with its secret', async () => {
  await addToken()
  world.clock.advance(59_000)
  expect(userOf()).toBeDefined()
  world.clock.advance(1000)
  expect(userOf()).toBeUndefined()
  await world.ask(`DELETE /api/v1/namespaces/kube-system/secrets/bootstrap-token-${id}`)
  await addToken()
  expect(userOf()).toBeDefined()
  await world.ask(`DELETE /api/v1/namespaces/kube-system/secrets/bootstrap-token-${id}`)
  expect(userOf()).toBeUndefined()
})

test.each([
  ['another secret', {}, {}, `${id}.0123456789abcdeX`.toLowerCase()],
  ['an empty secret', { 'token-secret': '' }, {}, `${id}.${secret}`],
  ['another id', {}, {}, `abcdeg.${secret}`],
  ['an id that is another’s', { 'token-id': 'abcdeg' }, {}, `${id}.${secret}`],
  ['another form', {}, {}, `${id}.${secret}0`],
  ['a path in it', {}, {}, `../xyz.${secret}`],
  ['another type', {}, { type: 'Opaque' }, `${id}.${secret}`],
  ['not for this', { 'usage-bootstrap-authentication': 'false' }, {}, `${id}.${secret}`],
  ['a time nobody can read', { expiration: 'tomorrow' }, {}, `${id}.${secret}`],
  ['groups that are too much', { 'auth-extra-groups': 'system:masters' }, {}, `${id}.${secret}`],
])('B7 refused: %s', async (_name, data, more, token) => {
  await addToken(data, more)
  expect(userOf(token)).toBeUndefined()
})

test('a review knows such tokens too', async () => {
  await addToken()
  const body = { spec: { token: `${id}.${secret}` } }
  const { json } = await world.ask('POST /apis/authentication.k8s.io/v1/tokenreviews', { body })
  expect(json.status).toMatchObject({ authenticated: true, user: { username: 'system:bootstrap:abcdef' } })
})
