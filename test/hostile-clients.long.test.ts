// Strangers and slow readers at the door of a real server: whoever comes to work is served meanwhile (B7).

import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect as plainConnect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { configMaps } from '../src/api/resources.ts'
import { createAuthenticator } from '../src/apiserver/identity/authenticate.ts'
import { type Authority, openAuthority } from '../src/apiserver/identity/authority.ts'
import { kubeconfigEntry } from '../src/apiserver/identity/kubeconfig-entry.ts'
import { type Listening, listen } from '../src/apiserver/listen.ts'
import { silentLog } from '../src/base/log.ts'
import { seededRandom } from '../src/base/random.ts'
import { type Client, createClient } from '../src/client/client.ts'
import { httpSend } from '../src/client/http.ts'
import { connectionOf, mergeContext, readKubeconfig } from '../src/client/kubeconfig.ts'
import { apiserverWorld, type World } from './world.ts'

const clock = { now: () => Date.now() }
let directory: string
let authority: Authority
let world: World
let listening: Listening
let client: Client
let closeClient: () => Promise<void> | void
const sockets: Socket[] = []

beforeEach(async () => {
  world = await apiserverWorld()
  directory = await mkdtemp(join(tmpdir(), 'everynode-hostile-'))
  authority = await openAuthority({ directory: join(directory, 'pki'), clock, random: seededRandom(3) })
  listening = await listen({
    handle: world.server.handle,
    authenticate: createAuthenticator({ clock }),
    tls: { server: await authority.serverCertificate(['127.0.0.1']), authority: authority.certificate },
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
  })
  const { certificate, key } = await authority.clientCertificate({ user: 'admin', groups: ['system:masters'] })
  const entry = { name: 'e', host: '127.0.0.1', port: listening.port, ca: authority.certificate }
  const kubeconfig = mergeContext(undefined, kubeconfigEntry({ ...entry, client: { certificate, key } }))
  const http = httpSend(connectionOf(readKubeconfig(kubeconfig)))
  client = createClient({ send: http.send, userAgent: 'test/1' })
  closeClient = () => http.close()
  await client.create(configMaps, { metadata: { name: 'c', namespace: 'default' } })
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await closeClient()
  await listening.close()
  await rm(directory, { recursive: true, force: true })
})

function stranger(): Socket {
  const socket = plainConnect(listening.port, '127.0.0.1')
  socket.on('error', () => {})
  sockets.push(socket)
  return socket
}

async function insider(text: string): Promise<Socket> {
  const { certificate, key } = await authority.clientCertificate({ user: 'admin', groups: ['system:masters'] })
  const socket = tlsConnect({
    port: listening.port,
    host: '127.0.0.1',
    ca: authority.certificate,
    cert: certificate,
    key,
  })
  socket.on('error', () => {})
  sockets.push(socket)
  await once(socket, 'secureConnect')
  socket.write(text)
  return socket
}

/** How long an ordinary read takes, of twenty: the one in the middle, and the longest. */
async function readMs(): Promise<{ usual: number; longest: number }> {
  const took: number[] = []
  for (let i = 0; i < 20; i++) {
    const beganAt = performance.now()
    await client.get(configMaps, { namespace: 'default', name: 'c' })
    took.push(performance.now() - beganAt)
  }
  took.sort((a, b) => a - b)
  return { usual: took[10] ?? 0, longest: took.at(-1) ?? 0 }
}

const bomb = `a: ${'['.repeat(200_000)}`
const post = (body: string) =>
  `POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Type: application/yaml\r\nContent-Length: ${body.length}\r\n\r\n${body}`

const crowds: [name: string, gather: () => Promise<unknown>][] = [
  ['three hundred connections that say nothing', async () => Array.from({ length: 300 }, stranger)],
  [
    'a hundred that speak no TLS',
    async () => Array.from({ length: 100 }, () => stranger().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')),
  ],
  [
    'twenty whose headers never end',
    () => Promise.all(Array.from({ length: 20 }, () => insider('GET /api/v1/pods HTTP/1.1\r\nHost: x\r\nX-A: '))),
  ],
  [
    'twenty whose body never ends',
    () =>
      Promise.all(
        Array.from({ length: 20 }, () =>
          insider('POST /api/v1/namespaces/default/pods HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{'),
        ),
      ),
  ],
  [
    'twenty that watch and never read',
    () =>
      Promise.all(
        Array.from({ length: 20 }, async () => {
          const socket = await insider('GET /api/v1/configmaps?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n')
          socket.pause()
        }),
      ),
  ],
  ['twenty with a body made to hurt', () => Promise.all(Array.from({ length: 20 }, () => insider(post(bomb))))],
]

test.each(crowds)('B7 %s: others are answered', { timeout: 30_000 }, async (_name, gather) => {
  await readMs()
  await gather()
  const { usual, longest } = await readMs()
  expect(usual).toBeLessThan(100)
  // This machine may have other things to do, too.
  expect(longest).toBeLessThan(1000)
  await client.create(configMaps, { metadata: { name: 'd', namespace: 'default' } })
  expect(world.errors).toEqual([])
})
