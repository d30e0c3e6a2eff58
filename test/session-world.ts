// A server of sessions over real sockets, the WebSocket library's client and a SPDY client of our own. The container is
// whatever the test says. Whatever was opened is closed after each test.

import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { WebSocket } from 'ws'
import type { ContainerEnd, ContainerStreams, PortConnection, Session, StreamChoice } from '../src/api/session.ts'
import type { ApiResponse } from '../src/api/wire.ts'
import { createAuthenticator } from '../src/apiserver/identity/authenticate.ts'
import { type Authority, openAuthority } from '../src/apiserver/identity/authority.ts'
import type { KeyPair } from '../src/apiserver/identity/certificates.ts'
import { type Listening, listen } from '../src/apiserver/listen.ts'
import type { StreamingLimits } from '../src/apiserver/streaming/limits.ts'
import {
  containerSpdy,
  containerWebSockets,
  negotiate,
  portSpdy,
  portWebSockets,
  upgradeHeaders,
} from '../src/apiserver/streaming/negotiate.ts'
import { silentLog } from '../src/base/log.ts'
import { seededRandom } from '../src/base/random.ts'
import { SpdyClient } from './spdy-client.ts'

// Real time: TLS itself compares certificates with the machine's clock.
const clock = { now: () => Date.now() }
let folder: string
let authority: Authority
let serverPair: KeyPair
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everynode-upgrade-'))
  authority = await openAuthority({ directory: folder, clock, random: seededRandom(1) })
  serverPair = await authority.serverCertificate(['127.0.0.1'])
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What the container and its pod do; each test says. */
export const container: {
  run: (streams: ContainerStreams) => Promise<ContainerEnd>
  connect: (port: number, connection: PortConnection) => Promise<string | undefined>
  podOver: (gone: ContainerStreams['gone']) => Promise<void>
} = { run: async () => exit(0), connect: async () => undefined, podOver: forever }

export const exit = (exitCode: number): ContainerEnd => ({ ended: 'exit', exitCode })
const closers: (() => unknown)[] = []

beforeEach(() => {
  container.run = async () => exit(0)
  container.connect = async () => undefined
  container.podOver = forever
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

export function forever(gone: ContainerStreams['gone']): Promise<void> {
  return new Promise((resolve) => gone.addEventListener('abort', () => resolve()))
}

/** `ended`: how many of its sessions were said to be over. */
export type Served = Listening & { readonly ended: () => number }

export async function serve(limits: Partial<StreamingLimits> = {}): Promise<Served> {
  let ended = 0
  const listening = await listen({
    handle: async ({ path, query, method, headers }) => {
      if (path === '/plain') return { status: 200, headers: {}, body: { kind: 'bytes', bytes: Buffer.from('plain') } }
      const wants = Object.fromEntries(
        ['stdin', 'stdout', 'stderr', 'tty'].map((name) => [name, query.get(name) === '1']),
      ) as unknown as StreamChoice
      const isPorts = path === '/ports'
      const session: Session = isPorts
        ? {
            kind: 'ports',
            ports: query.getAll('port').map(Number),
            connect: (port, connection) => container.connect(port, connection),
            over: (gone) => container.podOver(gone),
          }
        : { kind: 'container', wants, run: (streams) => container.run(streams) }
      const carrier = isPorts
        ? negotiate({ method, headers }, portWebSockets, portSpdy)
        : negotiate({ method, headers }, containerWebSockets, containerSpdy)
      const answer: ApiResponse = {
        status: 101,
        headers: { ...upgradeHeaders(carrier), 'audit-id': 'x' },
        body: { kind: 'bytes', bytes: new Uint8Array() },
        upgrade: { session, ended: () => ended++ },
      }
      return answer
    },
    authenticate: createAuthenticator({
      clock,
      tokens: [{ token: 'secret', user: { name: 'root', groups: [] } }],
    }),
    tls: { server: serverPair, authority: authority.certificate },
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    limits: { closeMs: 500 },
    streaming: { closeMs: 300, ...limits },
  })
  closers.push(() => listening.close())
  return { ...listening, ended: () => ended }
}

const authorization = 'Bearer secret'

export interface Messages {
  readonly socket: WebSocket
  /** `1 hello`, by channel. */
  readonly heard: Buffer[]
  said(channel: number): string
  readonly closed: Promise<number>
}

export async function webSocket({ port }: Listening, path: string, protocol = 'v5.channel.k8s.io'): Promise<Messages> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}${path}`, protocol === '' ? [] : protocol, {
    ca: authority.certificate,
    headers: { authorization },
  })
  closers.push(() => socket.terminate())
  const heard: Buffer[] = []
  socket.on('message', (data: Buffer) => heard.push(data))
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('error', reject)
  })
  const said = (channel: number) =>
    Buffer.concat(heard.filter((one) => one[0] === channel).map((one) => one.subarray(1))).toString()
  return { socket, heard, said, closed }
}

export interface Refused {
  readonly status: number
  readonly text: string
}

/** The connection after 101, or what was answered instead. */
export function upgraded(
  { port }: Listening,
  path: string,
  headers: Record<string, string> = {},
): Promise<Duplex | Refused> {
  return new Promise((resolve, reject) => {
    const asked = httpsRequest({
      host: '127.0.0.1',
      port,
      path,
      method: headers.upgrade === 'websocket' ? 'GET' : 'POST',
      ca: authority.certificate,
      agent: false,
      headers: {
        authorization,
        connection: 'Upgrade',
        upgrade: 'SPDY/3.1',
        'x-stream-protocol-version': path.startsWith('/ports') ? 'portforward.k8s.io' : 'v4.channel.k8s.io',
        'content-length': '0',
        ...headers,
      },
    })
    asked.on('upgrade', (_answer, socket) => resolve(socket))
    asked.on('response', async (answer) => {
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(chunk)
      resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
    })
    asked.on('error', reject)
    asked.end()
  })
}

export async function spdy(listening: Listening, path: string): Promise<SpdyClient> {
  const socket = await upgraded(listening, path)
  if ('status' in socket) throw new Error(`${socket.status} ${socket.text}`)
  const client = new SpdyClient(socket)
  closers.push(() => client.close())
  return client
}

export async function until(what: string, check: () => boolean): Promise<void> {
  for (const end = Date.now() + 8000; !check(); await pause(5)) if (Date.now() > end) expect.fail(`never: ${what}`)
}

/** An exec with every stream. */
export const all = '/exec?stdin=1&stdout=1&stderr=1'
