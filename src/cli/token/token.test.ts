import { expect, onTestFinished, test } from 'vitest'
import { apiserverWorld } from '../../../test/world.ts'
import { endpoints, secrets } from '../../api/resources.ts'
import type { ApiObject } from '../../api/types.ts'
import { newToken, tokenFacts, tokenForm, tokenSecret } from './bootstrap-token.ts'
import { serverForOthers, serversToken } from './join-line.ts'
import { timeLeft } from './token.ts'

async function world() {
  const made = await apiserverWorld()
  onTestFinished(() => made.server.close())
  return made
}

test('B7 a token that was made is one the server knows', async () => {
  const { client, server, clock } = await world()
  const token = newToken()
  expect(token).toMatch(tokenForm)
  const secret = tokenSecret({ token, expiresMs: clock.now() + 3_600_000, description: 'rack 7' })
  const made = await client.create(secrets, secret)
  expect(server.userOfToken(token)).toMatchObject({ name: `system:bootstrap:${token.slice(0, 6)}` })
  expect(tokenFacts(made)).toMatchObject({ token, usages: 'authentication', description: 'rack 7', groups: '' })
  clock.advance(3_600_000)
  expect(server.userOfToken(token)).toBeUndefined()
})

test('a server that starts again says the same token while it has time left', async () => {
  const { client, clock } = await world()
  const hour = 3_600_000
  const first = await serversToken(client, clock.now())
  clock.advance(11 * hour)
  expect(await serversToken(client, clock.now())).toBe(first)
  clock.advance(2 * hour)
  const second = await serversToken(client, clock.now())
  expect(second).not.toBe(first)
  expect(await serversToken(client, clock.now())).toBe(second)
})

const announced: [server: string, ip: string | undefined, expected: string][] = [
  ['https://127.0.0.1:6443', '10.0.0.1', 'https://10.0.0.1:7443'],
  ['https://[::1]:6443', 'fd00::1', 'https://[fd00::1]:7443'],
  ['https://localhost:6443', '127.0.0.1', 'https://localhost:6443'],
  ['https://127.0.0.1:6443', undefined, 'https://127.0.0.1:6443'],
  ['https://example.com:6443', '10.0.0.1', 'https://example.com:6443'],
]

test.each(announced)('%s, announced as %s, is told as %s', async (server, ip, expected) => {
  const { client } = await world()
  if (ip !== undefined) {
    const subsets = [{ addresses: [{ ip }], ports: [{ name: 'https', port: 7443 }] }]
    const metadata = { name: 'kubernetes', namespace: 'default' }
    await client.create<ApiObject & { subsets: object }>(endpoints, { metadata, subsets })
  }
  expect(await serverForOthers(client, server)).toBe(expected)
})

test('how long a token is still good for', () => {
  const left = (ms: number) => timeLeft(new Date(1_000_000 + ms).toISOString(), 1_000_000)
  expect([left(59_000), left(60_000), left(3_600_000), left(86_400_000), left(0)]).toEqual([
    '59s',
    '1m',
    '1h',
    '1d',
    '<invalid>',
  ])
  expect([timeLeft('', 0), timeLeft('x', 0)]).toEqual(['<forever>', '<invalid>'])
})
