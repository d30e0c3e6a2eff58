import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Container } from '../../api/types.ts'
import { openAuthority } from '../../apiserver/identity/authority.ts'
import { VirtualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import type { RuntimeSessions } from '../runtime.ts'
import { requestMessage, statusIn } from './grpc-probe.ts'
import { askOf } from './http-probe.ts'
import { type Probe, portOf } from './probe-spec.ts'
import { runProbe } from './run-probe.ts'

const container: Container = { name: 'c', ports: [{ name: 'web', containerPort: 8080 }] }
const pod = { metadata: { name: 'p' }, spec: { containers: [container] } }
const target = { pod, container, containerId: 'toy://1', podIP: '127.0.0.1' }

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function ask(probe: Probe, clock = new VirtualClock(), sessions?: RuntimeSessions): Promise<string> {
  const { result, output } = await runProbe({ clock, sessions }, target, probe)
  return output === '' ? result : `${result}: ${output}`
}

/** Nobody listens there. */
async function closedPort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const routes: Record<string, RequestListener> = {
  '/ok': (_, answer) => void answer.end('fine'),
  '/broken': (_, answer) => void answer.writeHead(500).end('oh'),
  '/not-found': (_, answer) => void answer.writeHead(404).end(),
  '/local': (_, answer) => void answer.writeHead(302, { location: '/broken' }).end(),
  '/away': (_, answer) => void answer.writeHead(301, { location: 'http://example.com/' }).end('elsewhere'),
  '/round': (_, answer) => void answer.writeHead(307, { location: '/round' }).end(),
  '/long': (_, answer) => void answer.end('x'.repeat(1 << 20)),
  '/cut': (request) => void request.socket.destroy(),
  '/never': () => {},
}

async function webServer(): Promise<{ port: number; heard: IncomingMessage[] }> {
  const heard: IncomingMessage[] = []
  const server = createServer((request, answer) => {
    heard.push(request)
    routes[request.url!]?.(request, answer)
  })
  return { port: await listening(server), heard }
}

test.each([
  ['/ok', 'success'],
  ['/long', 'success'],
  ['/broken', 'failure: HTTP probe failed with statuscode: 500'],
  ['/not-found', 'failure: HTTP probe failed with statuscode: 404'],
  ['/local', 'failure: HTTP probe failed with statuscode: 500'],
  ['/away', 'warning: Probe terminated redirects, Response body: elsewhere'],
  ['/round', 'failure: Get "/round": stopped after 10 redirects'],
  ['/cut', 'failure: Get "http://127.0.0.1:PORT/cut": EOF'],
])('HTTP GET %s: %s', async (path, expected) => {
  const { port } = await webServer()
  expect(await ask({ httpGet: { path, port } })).toBe(expected.replace('PORT', String(port)))
})

test('an HTTP probe says who it is, and sends the headers it is given', async () => {
  const { port, heard } = await webServer()
  const httpHeaders = [
    { name: 'Host', value: 'logger.example' },
    { name: 'X-Twice', value: 'a' },
    { name: 'x-twice', value: 'b' },
  ]
  await ask({ httpGet: { path: '/ok', port, httpHeaders } })
  expect(heard[0]?.headers).toMatchObject({
    host: 'logger.example',
    'x-twice': 'a, b',
    'user-agent': 'kube-probe/1.35',
    accept: '*/*',
  })
})

test("nobody listens: the words are Go's", async () => {
  const port = await closedPort()
  const refused = `dial tcp 127.0.0.1:${port}: connect: connection refused`
  expect(await ask({ httpGet: { path: '/ok', port } })).toBe(`failure: Get "http://127.0.0.1:${port}/ok": ${refused}`)
  expect(await ask({ tcpSocket: { port } })).toBe(`failure: ${refused}`)
  expect(await ask({ grpc: { port } })).toBe(
    `failure: timeout: failed to connect service "127.0.0.1:${port}" within 1s: context deadline exceeded`,
  )
})

test('an HTTP probe that gets no answer in its time has failed', async () => {
  const { port, heard } = await webServer()
  const clock = new VirtualClock()
  const asking = ask({ httpGet: { path: '/never', port }, timeoutSeconds: 3 }, clock)
  await expect.poll(() => heard.length).toBe(1)
  clock.advance(3000)
  const why = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
  expect(await asking).toBe(`failure: Get "http://127.0.0.1:${port}/never": ${why}`)
})

test('HTTPS is spoken with whoever answers, whatever the certificate says', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'everynode-probe-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const clock = { now: () => Date.now(), monotonic: () => performance.now(), after: () => () => {} }
  const authority = await openAuthority({ directory, clock, random: seededRandom(1) })
  const { certificate: cert, key } = await authority.serverCertificate(['somebody.else'])
  const server = createHttpsServer({ cert, key }, (_, answer) => void answer.writeHead(204).end())
  const port = await listening(server)
  expect(await ask({ httpGet: { path: '/', port, scheme: 'HTTPS' } })).toBe('success')
})

test('a port that takes connections is a success', async () => {
  expect(await ask({ tcpSocket: { port: await listening(createTcpServer()) } })).toBe('success')
})

test.each<[string, number | string, string]>([
  ['a number', 9090, '9090'],
  ['a number in text', '9090', '9090'],
  ['the name of a port of the container', 'web', '8080'],
  ['a name that no port has', 'none', 'strconv.Atoi: parsing "none": invalid syntax'],
  ['no port at all', 70000, 'invalid port number: 70000'],
])('the port of a probe: %s', (_, port, expected) => {
  let found: string
  try {
    found = String(portOf(port, container))
  } catch (error) {
    found = (error as Error).message
  }
  expect(found).toBe(expected)
})

test("addresses of a probe: the pod's own unless it names a host, with brackets where they are needed", () => {
  const url = (get: object, podIP = '10.0.0.2') => askOf({ port: 80, ...get }, container, podIP, 'probe').url.href
  expect(url({})).toBe('http://10.0.0.2/')
  expect(url({ path: 'healthz?full=1', port: 'web' })).toBe('http://10.0.0.2:8080/healthz?full=1')
  expect(url({ host: 'db.example', scheme: 'HTTPS', port: 8443 })).toBe('https://db.example:8443/')
  expect(url({ port: 8080 }, 'fd00::2')).toBe('http://[fd00::2]:8080/')
})

/** What the server of a health service answers: `grpc-status`, then the message. */
async function healthServer(answer: (stream: ServerHttp2Stream, service: Buffer) => void): Promise<number> {
  const server = createHttp2Server()
  server.on('stream', (stream, headers) => {
    expect(headers).toMatchObject({
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => answer(stream, Buffer.concat(chunks)))
    stream.on('error', () => {})
  })
  return listening(server as unknown as Server)
}

function respond(stream: ServerHttp2Stream, status: number[], trailers: Record<string, string>): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  stream.end(Buffer.from([0, 0, 0, 0, status.length, ...status]))
}

test.each<[string, number[], Record<string, string>, string]>([
  ['serving', [8, 1], { 'grpc-status': '0' }, 'success'],
  ['not serving', [8, 2], { 'grpc-status': '0' }, 'failure: service unhealthy (responded with "NOT_SERVING")'],
  ['nothing said', [], { 'grpc-status': '0' }, 'failure: service unhealthy (responded with "UNKNOWN")'],
  [
    'no such service',
    [],
    { 'grpc-status': '5', 'grpc-message': 'unknown%20service' },
    'failure: error: health rpc probe failed: rpc error: code = NotFound desc = unknown service',
  ],
  [
    'no health service',
    [],
    { 'grpc-status': '12', 'grpc-message': 'none' },
    'failure: error: this server does not implement the grpc health protocol (grpc.health.v1.Health): none',
  ],
])('gRPC: %s', async (_, status, trailers, expected) => {
  let asked = ''
  const port = await healthServer((stream, service) => {
    asked = service.toString('hex')
    respond(stream, status, trailers)
  })
  expect(await ask({ grpc: { port, service: 'logs' } })).toBe(expected)
  expect(asked).toBe('00000000060a046c6f6773')
})

test('gRPC: a service that does not answer in time has failed', async () => {
  let isAsked = false
  const port = await healthServer(() => {
    isAsked = true
  })
  const clock = new VirtualClock()
  const asking = ask({ grpc: { port }, timeoutSeconds: 2 }, clock)
  await expect.poll(() => isAsked).toBe(true)
  clock.advance(2000)
  expect(await asking).toBe('failure: timeout: health rpc did not complete within 2s')
})

test('gRPC: a server that speaks no HTTP/2 has failed', async () => {
  const server = createServer((_, answer) => void answer.end())
  expect(await ask({ grpc: { port: await listening(server) } })).toContain('failure: ')
})

test('gRPC messages: a long name, and fields that nobody knows', () => {
  const long = requestMessage('s'.repeat(300))
  expect(long.subarray(0, 8).toString('hex')).toBe('000000012f0aac02')
  expect(statusIn(Buffer.from([0, 0, 0, 0, 4, 0x10, 7, 8, 3]))).toBe(3)
  expect(statusIn(Buffer.from([0, 0, 0, 0, 1, 8]))).toBe(0)
})

/** A runtime whose every command does the same. */
function commands(run: RuntimeSessions['exec']): RuntimeSessions {
  return { exec: run, attach: run as never, connect: async () => {}, sandboxClosed: async () => {} }
}

test('exec: the exit code decides, what it wrote is told, up to 10 KiB of it', async () => {
  const asked: string[] = []
  const sessions = (exitCode: number, output: string) =>
    commands(async ({ containerId }, command, { stdout, stderr }) => {
      asked.push(`${containerId} ${command.join(' ')}`)
      await stdout?.write(Buffer.from(output))
      await stderr?.write(Buffer.from('!'))
      return { ended: 'exit', exitCode }
    })
  const probe = { exec: { command: ['cat', '/ready'] } }
  expect(await ask(probe, undefined, sessions(0, 'yes'))).toBe('success')
  expect(await ask(probe, undefined, sessions(3, 'no'))).toBe('failure: no!')
  expect((await ask(probe, undefined, sessions(1, 'x'.repeat(20_000)))).length).toBe('failure: '.length + (10 << 10))
  expect(asked[0]).toBe('toy://1 cat /ready')
})

test('exec: a command that takes too long is cut off and has failed', async () => {
  const clock = new VirtualClock()
  let isGone = false
  const sessions = commands(
    (_, __, { gone }) =>
      new Promise(() => {
        gone.addEventListener('abort', () => {
          isGone = true
        })
      }),
  )
  const asking = ask({ exec: { command: ['sleep', '9'] } }, clock, sessions)
  clock.advance(1000)
  expect(await asking).toBe('failure: command "sleep 9" timed out')
  expect(isGone).toBe(true)
})

test('exec: what cannot be run says nothing about the container', async () => {
  const failing = commands(async () => ({ ended: 'failure', message: 'no such command' }))
  await expect(ask({ exec: { command: ['x'] } }, undefined, failing)).rejects.toThrow('no such command')
  await expect(ask({ exec: { command: ['x'] } })).rejects.toThrow('exec is not supported')
})
