import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { gunzipSync } from 'node:zlib'
import { Agent, request } from 'undici'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { ApiRequest, ApiResponse, ByteSink, Send } from '../api/wire.ts'
import { VirtualClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { createAuthenticator } from './identity/authenticate.ts'
import { type Authority, openAuthority } from './identity/authority.ts'
import type { KeyPair } from './identity/certificates.ts'
import { type Listening, listen } from './listen.ts'
import { ListenError } from './listen-error.ts'
import type { ListenLimits } from './listen-limits.ts'

// Real time: TLS itself compares certificates with the machine's clock.
const clock = { now: () => Date.now() }
const random = seededRandom(1)
let directory: string
let authority: Authority
let serverPair: KeyPair
let alice: KeyPair

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'everynode-listen-'))
  authority = await openAuthority({ directory: join(directory, 'pki'), clock, random })
  serverPair = await authority.serverCertificate(['127.0.0.1'])
  alice = await authority.clientCertificate({ user: 'alice', groups: ['dev', 'ops'] })
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function serve(handle: Send, limits: Partial<ListenLimits> = {}): Promise<Listening> {
  const tokens = [{ token: 'secret', user: { name: 'root', groups: [] } }]
  const listening = await listen({
    handle,
    authenticate: createAuthenticator({ clock, tokens }),
    tls: { server: serverPair, authority: authority.certificate },
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    limits: { closeMs: 500, ...limits },
  })
  closers.push(() => listening.close())
  return listening
}

const text = (body: string, status = 200, headers: Record<string, string> = {}): ApiResponse => ({
  status,
  headers: { 'content-type': 'text/plain', ...headers },
  body: { kind: 'bytes', bytes: Buffer.from(body) },
})

/** Says what arrived. */
const echo: Send = async ({ method, path, query, headers, body, user }: ApiRequest) =>
  text(JSON.stringify({ method, path, query: String(query), headers, body: Buffer.from(body).toString(), user }))

interface Asking {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
  /** Null: no certificate. */
  readonly as?: KeyPair | null
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly bytes: Buffer
}

type Ask = (port: number, path: string, asking?: Asking) => Promise<Answer>

const certificates = (as: KeyPair | null) => (as === null ? {} : { cert: as.certificate, key: as.key })

function h1Agent(as: KeyPair | null = alice): Agent {
  const agent = new Agent({ connect: { ca: authority.certificate, ...certificates(as) }, keepAliveTimeout: 60_000 })
  closers.push(() => agent.destroy())
  return agent
}

const askH1: Ask = async (port, path, { method = 'GET', headers = {}, body, as = alice } = {}) => {
  const answer = await request(`https://127.0.0.1:${port}${path}`, {
    dispatcher: h1Agent(as),
    method,
    headers,
    body: body ?? null,
  })
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes: Buffer.from(await answer.body.arrayBuffer()),
  }
}

function h2Session(port: number, as: KeyPair | null = alice): ClientHttp2Session {
  const session = connect(`https://127.0.0.1:${port}`, { ca: authority.certificate, ...certificates(as) })
  session.on('error', () => {})
  closers.push(() => session.destroy())
  return session
}

async function readH2(stream: ClientHttp2Stream): Promise<Answer> {
  const noAnswer = once(stream, 'close').then(() => Promise.reject(new Error('the stream closed without an answer')))
  const [headers] = await Promise.race([once(stream, 'response'), noAnswer])
  noAnswer.catch(() => {})
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return { status: headers[':status'], headers, bytes: Buffer.concat(chunks) }
}

const askH2: Ask = (port, path, { method = 'GET', headers = {}, body, as = alice } = {}) => {
  const stream = h2Session(port, as).request({ ':method': method, ':path': path, ...headers })
  stream.on('error', () => {})
  stream.end(body)
  return readH2(stream)
}

const json = ({ bytes }: Answer) => JSON.parse(bytes.toString())

const protocols: [name: string, ask: Ask][] = [
  ['HTTP/1.1', askH1],
  ['HTTP/2', askH2],
]

const unauthorized = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'Unauthorized',
  reason: 'Unauthorized',
  code: 401,
}

for (const [protocol, ask] of protocols) {
  test(`${protocol}: a request arrives as it was meant, with its user and without its credentials`, async () => {
    const { port } = await serve(echo)
    const answer = await ask(port, '/api/v1/a%20b/x?q=1%262&q=3', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json-patch+json', 'user-agent': 'test/1', authorization: 'Bearer x' },
      body: '{"ü":1}',
    })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-length']).toBe(String(answer.bytes.length))
    const { headers, ...rest } = json(answer)
    expect(rest).toEqual({
      method: 'PATCH',
      path: '/api/v1/a%20b/x',
      query: 'q=1%262&q=3',
      body: '{"ü":1}',
      user: { name: 'alice', groups: ['dev', 'ops', 'system:authenticated'] },
    })
    expect(headers).toMatchObject({ 'content-type': 'application/json-patch+json', 'user-agent': 'test/1' })
    expect(Object.keys(headers).filter((name) => name.startsWith(':') || name === 'authorization')).toEqual([])
  })

  test(`${protocol}: W6.3 a stranger gets 401, except where anybody may read`, async () => {
    const { port } = await serve(echo)
    const refused = await ask(port, '/api/v1/pods', { as: null })
    expect(refused.status).toBe(401)
    expect(refused.headers['content-type']).toBe('application/json')
    expect(json(refused)).toEqual(unauthorized)
    for (const path of ['/cacerts', '/livez', '/readyz?verbose', '/healthz', '/version', '/readyz']) {
      const answer = await ask(port, path, { as: null })
      expect([path, answer.status, json(answer).user]).toEqual([path, 200, undefined])
    }
    expect((await ask(port, '/version', { as: null, method: 'POST' })).status).toBe(401)
    expect((await ask(port, '/', { as: null })).status).toBe(401)
  })

  test(`${protocol}: a token is as good as a certificate, a wrong one is worse than none`, async () => {
    const { port } = await serve(echo)
    const withToken = (token: string, path: string) =>
      ask(port, path, { as: null, headers: { authorization: `Bearer ${token}` } })
    expect(json(await withToken('secret', '/api')).user).toEqual({ name: 'root', groups: ['system:authenticated'] })
    expect((await withToken('wrong', '/api')).status).toBe(401)
    expect((await withToken('wrong', '/version')).status).toBe(401)
  })

  test(`${protocol}: certificates of another authority, expired, not yet valid, or for servers get 401`, async () => {
    const { port } = await serve(echo)
    const other = await openAuthority({ directory: join(directory, `other-${protocol.slice(-1)}`), clock, random })
    const at = (ms: number) =>
      openAuthority({ directory: join(directory, 'pki'), clock: new VirtualClock(Date.now() + ms), random })
    const user = { user: 'alice', groups: ['system:masters'] }
    const yearMs = 365 * 86_400_000
    const bad: [string, KeyPair][] = [
      ['another authority', await other.clientCertificate(user)],
      ['expired', await (await at(-2 * yearMs)).clientCertificate(user)],
      ['not yet valid', await (await at(yearMs)).clientCertificate(user)],
      ['for servers', serverPair],
    ]
    for (const [name, as] of bad) {
      const answer = await ask(port, '/api', { as })
      expect([name, answer.status, json(answer)]).toEqual([name, 401, unauthorized])
    }
  })

  test(`${protocol}: who somebody asks to be arrives whole, commas and all`, async () => {
    const { port } = await serve(echo)
    const wanted = { 'impersonate-user': 'bob', 'impersonate-group': ['a, b', 'c'] }
    const answer = await ask(port, '/api', { headers: wanted as unknown as Record<string, string> })
    expect(json(answer).headers).toMatchObject({ 'impersonate-user': 'bob', 'impersonate-group': 'a, b\nc' })
    expect(json(answer).user.name).toBe('alice')
  })

  test(`${protocol}: W1.4 a body over 3 MiB gets 413, one below arrives whole`, async () => {
    const { port } = await serve(async ({ body }) => text(String(body.length)))
    const limit = 3 * 1024 * 1024
    const fits = await ask(port, '/x', { method: 'POST', body: Buffer.alloc(limit, 1) })
    expect([fits.status, fits.bytes.toString()]).toEqual([200, String(limit)])
    const tooLarge = await ask(port, '/x', { method: 'POST', body: Buffer.alloc(limit + 1, 1) })
    expect(tooLarge.status).toBe(413)
    expect(json(tooLarge)).toMatchObject({
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    })
  })

  test(`${protocol}: a body that comes too slowly gets 408`, async () => {
    const { port } = await serve(echo, { bodyMs: 50 })
    const slow = await slowRequest(protocol, port)
    expect(slow).toMatch(/408/)
  })

  test(`${protocol}: B7 headers over their limit get 431`, async () => {
    const { port } = await serve(echo, { headerBytes: 8 * 1024 })
    expect((await ask(port, '/x', { headers: { 'x-large': 'x'.repeat(20_000) } })).status).toBe(431)
    expect((await ask(port, '/x', { headers: { 'x-large': 'x'.repeat(7000) } })).status).toBe(200)
  })

  test(`${protocol}: W1.3 large bodies are compressed when asked for, small ones never`, async () => {
    const line = Buffer.from(`${'x'.repeat(99)}\n`)
    const { port } = await serve(async ({ path }) => ({
      status: 200,
      headers: { 'content-type': 'text/plain', vary: 'Accept' },
      body: { kind: 'slices', slices: Array<Buffer>(path === '/large' ? 20_000 : 1000).fill(line) },
    }))
    const headers = { 'accept-encoding': 'gzip' }
    const large = await ask(port, '/large', { headers })
    expect(large.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept, Accept-Encoding' })
    expect(large.bytes.length).toBeLessThan(200_000)
    expect(gunzipSync(large.bytes).length).toBe(2_000_000)
    const plain = await ask(port, '/large', { headers: { 'accept-encoding': 'br, gzip;q=0' } })
    expect([plain.headers['content-encoding'], plain.bytes.length]).toEqual([undefined, 2_000_000])
    const small = await ask(port, '/small', { headers })
    expect([small.headers['content-encoding'], small.bytes.length]).toEqual([undefined, 100_000])
  })

  test(`${protocol}: HEAD gets the headers of GET, and starts no stream for good`, async () => {
    let running = 0
    const { port } = await serve(async ({ path, method }) => {
      expect(method).toBe('GET')
      if (path === '/text') return text('hello')
      return {
        status: 200,
        headers: {},
        body: {
          kind: 'stream',
          start: () => {
            running++
            return () => running--
          },
        },
      }
    })
    const head = await ask(port, '/text', { method: 'HEAD' })
    expect([head.status, head.headers['content-length'], head.bytes.length]).toEqual([200, '5', 0])
    expect((await ask(port, '/stream', { method: 'HEAD' })).status).toBe(200)
    expect(running).toBe(0)
  })

  test(`${protocol}: unknown methods reach the API server, which knows what to say (W2.3)`, async () => {
    const { port } = await serve(echo)
    expect(json(await ask(port, '/x', { method: 'OPTIONS' })).method).toBe('OPTIONS')
    expect(json(await ask(port, '/x', { method: 'TRACE' })).method).toBe('TRACE')
  })

  test(`${protocol}: a bug answers 500 and the server goes on; 204 and 304 have no body`, async () => {
    const { port } = await serve(async ({ path }) => {
      if (path === '/bug') throw new Error('secret detail')
      return text('never sent', Number(path.slice(1)))
    })
    const bug = await ask(port, '/bug')
    expect([bug.status, json(bug).reason]).toEqual([500, 'InternalError'])
    expect(bug.bytes.toString()).not.toContain('secret')
    for (const status of [204, 304]) {
      const answer = await ask(port, `/${status}`)
      expect([answer.status, answer.bytes.length]).toEqual([status, 0])
    }
  })

  test(`${protocol}: X3 the headers of a stream are flushed before the first event`, async () => {
    const { port } = await serve(async () => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: {
        kind: 'stream',
        // Without the headers the client would never send what ends this stream.
        start: (sink) => {
          const timer = setTimeout(() => sink.end(), 200)
          return () => clearTimeout(timer)
        },
      },
    }))
    const begin = performance.now()
    await headersOnly(protocol, port)
    expect(performance.now() - begin).toBeLessThan(190)
  })

  test(`${protocol}: W12.4 a reader that goes away stops the stream, once`, async () => {
    const stopped: string[] = []
    const { port } = await serve(async () => ({
      status: 200,
      headers: {},
      body: {
        kind: 'stream',
        start: (sink) => {
          sink.write(Buffer.from('first'))
          return () => stopped.push('stopped')
        },
      },
    }))
    const { leave } = await headersOnly(protocol, port)
    expect(stopped).toEqual([])
    leave()
    await until(() => stopped.length > 0)
    expect(stopped).toEqual(['stopped'])
  })

  test(`${protocol}: W7.11 a reader that takes nothing is noticed, and its buffer has an end`, async () => {
    let behindAfter = 0
    const chunk = Buffer.alloc(64 * 1024)
    const { port } = await serve(
      async () => ({
        status: 200,
        headers: {},
        body: {
          kind: 'stream',
          start: (sink: ByteSink) => {
            while (sink.write(chunk)) behindAfter += chunk.length
            return () => {}
          },
        },
      }),
      { streamBufferBytes: 1024 * 1024 },
    )
    await headersOnly(protocol, port)
    expect(behindAfter).toBeGreaterThan(900_000)
    expect(behindAfter).toBeLessThan(8_000_000)
  })

  test(`${protocol}: a log waits for its reader and arrives whole`, async () => {
    const chunk = Buffer.alloc(100_000, 'x')
    const { port } = await serve(
      async () => ({
        status: 200,
        headers: {},
        body: {
          kind: 'stream',
          start: (sink: ByteSink) => {
            const write = async () => {
              for (let i = 0; i < 100; i++) if (!sink.write(chunk)) await sink.drained()
              sink.end()
            }
            void write()
            return () => {}
          },
        },
      }),
      { streamBufferBytes: 150_000 },
    )
    expect((await ask(port, '/log')).bytes.length).toBe(10_000_000)
  })

  test(`${protocol}: a stream that is broken off is no complete body`, async () => {
    const { port } = await serve(async () => ({
      status: 200,
      headers: {},
      body: {
        kind: 'stream',
        start: (sink) => {
          sink.write(Buffer.from('half'))
          setTimeout(() => sink.destroy(), 20)
          return () => {}
        },
      },
    }))
    await expect(ask(port, '/x')).rejects.toThrow()
  })

  test(`${protocol}: closing ends watches cleanly, lets requests in hand finish, and refuses new ones`, async () => {
    let stopped = 0
    let release = () => {}
    const listening = await serve(async ({ path }) => {
      if (path === '/slow') {
        await new Promise<void>((resolve) => {
          release = resolve
        })
        return text('done')
      }
      const start = (sink: ByteSink) => {
        sink.write(Buffer.from('event\n'))
        return () => stopped++
      }
      return { status: 200, headers: {}, body: { kind: 'stream', start } }
    })
    const watch = ask(listening.port, '/watch')
    const slow = ask(listening.port, '/slow')
    await new Promise((resolve) => setTimeout(resolve, 100))
    const closed = listening.close()
    expect((await watch).bytes.toString()).toBe('event\n')
    expect(stopped).toBe(1)
    release()
    expect((await slow).bytes.toString()).toBe('done')
    const begin = performance.now()
    await closed
    expect(performance.now() - begin).toBeLessThan(400)
    await expect(ask(listening.port, '/x')).rejects.toThrow()
  })

  test(`${protocol}: closing does not wait for a request that never ends`, async () => {
    const listening = await serve(() => new Promise(() => {}), { closeMs: 50 })
    const hanging = ask(listening.port, '/x').catch(() => 'broken off')
    await new Promise((resolve) => setTimeout(resolve, 50))
    await listening.close()
    expect(await hanging).toBe('broken off')
  })
}

test('a port in use is an error that names the address', async () => {
  const { port } = await serve(echo)
  const again = listen({
    handle: echo,
    authenticate: () => 'anonymous',
    tls: { server: serverPair, authority: authority.certificate },
    host: '127.0.0.1',
    port,
    log: silentLog,
  })
  await expect(again).rejects.toThrow(ListenError)
  await expect(again).rejects.toMatchObject({
    failure: 'in-use',
    address: `127.0.0.1:${port}`,
    message: `listen on 127.0.0.1:${port}: the port is in use by another program`,
  })
})

test('W1.1 an HTTP/1.1 connection is kept for the next request, and a resumed TLS session is still somebody', async () => {
  const { port } = await serve(async ({ user }) => text(user?.name ?? 'nobody'))
  const dispatcher = h1Agent()
  const get = async () => (await request(`https://127.0.0.1:${port}/x`, { dispatcher })).body.text()
  expect([await get(), await get(), await Promise.all([get(), get(), get()])]).toEqual([
    'alice',
    'alice',
    ['alice', 'alice', 'alice'],
  ])
})

test('B7 at most 100 streams on one HTTP/2 connection', async () => {
  const { port } = await serve(echo)
  const session = h2Session(port)
  await once(session, 'remoteSettings')
  expect(session.remoteSettings.maxConcurrentStreams).toBe(100)
})

test('B7 an HTTP/2 connection is closed after 401', async () => {
  const { port } = await serve(echo)
  const session = h2Session(port, null)
  const stream = session.request({ ':path': '/api' })
  expect((await readH2(stream)).status).toBe(401)
  await until(() => session.destroyed)
})

test('W1.1 idle connections are closed, those with a silent watch are not', async () => {
  const { port } = await serve(
    async () => ({ status: 200, headers: {}, body: { kind: 'stream', start: () => () => {} } }),
    { idleMs: 60 },
  )
  const idle = h2Session(port)
  const watching = h2Session(port)
  const stream = watching.request({ ':path': '/watch' })
  stream.on('error', () => {})
  await once(stream, 'response')
  await until(() => idle.destroyed)
  expect([watching.destroyed, stream.destroyed]).toEqual([false, false])
})

test('whoever speaks no TLS, or nothing at all, is let go of, and closing does not wait for them', async () => {
  const listening = await serve(echo, { handshakeMs: 100, closeMs: 200 })
  const { connect: plain } = await import('node:net')
  const noise = plain(listening.port, '127.0.0.1')
  noise.on('error', () => {})
  noise.write('GET / HTTP/1.1\r\n\r\n')
  await once(noise, 'close')
  const silent = plain(listening.port, '127.0.0.1')
  silent.on('error', () => {})
  await once(silent, 'connect')
  await listening.close()
})

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(condition()).toBe(true)
}

/** Begins a GET, resolves with its headers, reads nothing more. */
async function headersOnly(protocol: string, port: number): Promise<{ leave(): void }> {
  if (protocol === 'HTTP/2') {
    const stream = h2Session(port).request({ ':path': '/watch' })
    stream.on('error', () => {})
    await once(stream, 'response')
    return { leave: () => stream.close(constants.NGHTTP2_CANCEL) }
  }
  const { body } = await request(`https://127.0.0.1:${port}/watch`, { dispatcher: h1Agent() })
  body.on('error', () => {})
  return { leave: () => body.destroy() }
}

/** Announces a body and sends a little of it; resolves with whatever the server says. */
async function slowRequest(protocol: string, port: number): Promise<string> {
  if (protocol === 'HTTP/2') {
    const stream = h2Session(port).request({ ':path': '/x', ':method': 'POST' })
    stream.on('error', () => {})
    stream.write('{')
    const [headers] = await once(stream, 'response')
    return String(headers[':status'])
  }
  const socket = tlsConnect({ port, host: '127.0.0.1', ca: authority.certificate, ...certificates(alice) })
  socket.on('error', () => {})
  socket.write('POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{')
  let heard = ''
  for await (const chunk of socket) heard += chunk
  return heard
}
