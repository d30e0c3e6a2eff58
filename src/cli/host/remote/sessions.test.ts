// The API server's end and an agent's end of the same sessions, over a real connection between the two.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ContainerEnd, ContainerSession, ContainerStreams, PortSession, Session } from '../../../api/session.ts'
import type { ApiRequest, ApiResponse, Send } from '../../../api/wire.ts'
import { createAuthenticator } from '../../../apiserver/identity/authenticate.ts'
import { type Authority, openAuthority } from '../../../apiserver/identity/authority.ts'
import { type Listening, listen } from '../../../apiserver/listen.ts'
import { silentLog } from '../../../base/log.ts'
import { Pipe } from '../../../base/pipe.ts'
import { readBody } from '../../../client/body.ts'
import { apiRequest } from '../../../client/request.ts'
import { forApiserverOnly } from '../../agent/own-api.ts'
import { systemClock, systemRandom } from '../system.ts'
import { createRemoteKubelets, type RemoteKubelets } from './kubelets.ts'

let directory: string
let authority: Authority
let listening: Listening
let kubelets: RemoteKubelets
let kubelet: Send
/** What the agent was asked, and what came of it. */
const heard: string[] = []
const whenPodGoes: (() => void)[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'everynode-remote-'))
  authority = await openAuthority({ directory, clock: systemClock, random: systemRandom })
  const { key, request } = await import('../../../agent/join/certificate-request.ts').then(
    ({ nodeCertificateRequest }) => nodeCertificateRequest('a', 'server'),
  )
  const certificate = await authority.requests.sign(request, 'server', 3_600_000)
  listening = await listen({
    handle: forApiserverOnly(agent),
    authenticate: createAuthenticator({ clock: systemClock }),
    tls: { server: { certificate, key }, authority: authority.certificate },
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
  })
  kubelets = remote('a')
  kubelet = kubelets.kubelet('a')!
})
afterAll(async () => {
  await kubelets.close()
  await listening.close()
  await rm(directory, { recursive: true })
})

/** The API server's view of a node of that name, at the one address there is. */
function remote(name: string): RemoteKubelets {
  const status = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: listening.port } },
  }
  const bytes = Buffer.from(JSON.stringify({ metadata: { name }, status }))
  const store = { get: () => ({ bytes, revision: 1 }) } as unknown as Parameters<
    typeof createRemoteKubelets
  >[0]['store']
  return createRemoteKubelets({ store, authority, clock: systemClock })
}

async function agent({ path, query }: ApiRequest): Promise<ApiResponse> {
  const [, action, , pod = ''] = path.split('/')
  if (pod !== 'p')
    return { status: 404, headers: {}, body: { kind: 'bytes', bytes: Buffer.from('pod does not exist') } }
  const command = query.getAll('command')
  const wants = { stdin: true, stdout: true, stderr: query.get('tty') !== '1', tty: query.get('tty') === '1' }
  const session: Session =
    action === 'portForward'
      ? echoPorts(query.getAll('port').map(Number))
      : { kind: 'container', wants, run: (streams) => program(command, streams) }
  return {
    status: 101,
    headers: {},
    body: { kind: 'bytes', bytes: new Uint8Array() },
    upgrade: { session, ended() {} },
  }
}

/** `echo` gives back what it reads, `exit N` ends, `fail` cannot be run, `size` tells the terminal, `wait` waits. */
async function program([name = '', word = '0']: string[], streams: ContainerStreams): Promise<ContainerEnd> {
  switch (name) {
    case 'echo': {
      let bytes = 0
      for await (const chunk of streams.stdin!) {
        bytes += chunk.byteLength
        await streams.stdout!.write(chunk)
      }
      await streams.stderr?.write(Buffer.from(`${bytes}`))
      return { ended: 'exit', exitCode: 0 }
    }
    case 'size':
      for await (const { width, height } of streams.resizes!) {
        await streams.stdout!.write(Buffer.from(`${width}x${height}`))
        break
      }
      return { ended: 'exit', exitCode: 0 }
    case 'wait':
      await new Promise((resolve) => streams.gone.addEventListener('abort', () => resolve(undefined)))
      heard.push('gone')
      return { ended: 'exit', exitCode: 0 }
    case 'fail':
      return { ended: 'failure', message: 'no such program' }
    default:
      return { ended: 'exit', exitCode: Number(word) }
  }
}

function echoPorts(ports: readonly number[]): PortSession {
  return {
    kind: 'ports',
    ports,
    async connect(port, { input, output }) {
      if (port === 9) return 'nobody listens'
      await output.write(Buffer.from(`${port}:`))
      for await (const chunk of input) await output.write(chunk)
      return undefined
    },
    over: () =>
      new Promise((resolve) => {
        whenPodGoes.push(resolve)
      }),
  }
}

async function open(path: string, query = ''): Promise<ApiResponse> {
  return kubelet({ ...apiRequest({ method: 'POST', path }, 'test/1', undefined), query: new URLSearchParams(query) })
}

async function inContainer(query: string, input: readonly Uint8Array[] = []) {
  const answer = await open('/exec/default/p/c', `input=1&output=1&error=1&${query}`)
  const session = answer.upgrade!.session as ContainerSession
  const [stdin, stdout, stderr] = [new Pipe(1e6), new Pipe(1e6), new Pipe(1e6)]
  const [out, err] = [all(stdout), all(stderr)]
  const sizes = (async function* () {
    yield { width: 80, height: 24 }
  })()
  const running = session.run({ stdin, stdout, stderr, resizes: sizes, gone: new AbortController().signal })
  for (const chunk of input) await stdin.write(chunk)
  stdin.end()
  const end = await running
  stdout.end()
  stderr.end()
  answer.upgrade!.ended()
  return { end, out: await out, err: (await err).toString() }
}

async function all(pipe: Pipe): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of pipe) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('what goes into a container of another machine comes out as it was, and its end is heard', async () => {
  const chunks = Array.from({ length: 40 }, (_, i) => Buffer.alloc(1 + i * 997, i))
  const { end, out, err } = await inContainer('command=echo', chunks)
  expect(out.equals(Buffer.concat(chunks))).toBe(true)
  expect([end, err]).toEqual([{ ended: 'exit', exitCode: 0 }, String(out.byteLength)])
})

test('exit codes, failures and the size of a terminal go the same way', async () => {
  expect((await inContainer('command=exit&command=42')).end).toEqual({ ended: 'exit', exitCode: 42 })
  expect((await inContainer('command=fail')).end).toEqual({ ended: 'failure', message: 'no such program' })
  expect((await inContainer('command=size&tty=1')).out.toString()).toBe('80x24')
})

test('who goes away ends what runs there', async () => {
  const answer = await open('/exec/default/p/c', 'output=1&command=wait')
  const gone = new AbortController()
  const running = (answer.upgrade!.session as ContainerSession).run({
    stdin: undefined,
    stdout: new Pipe(1000),
    stderr: undefined,
    resizes: undefined,
    gone: gone.signal,
  })
  gone.abort()
  await running
  await expect.poll(() => heard).toContain('gone')
})

test('a session that nobody carries is let go', async () => {
  const before = listening.sessions()
  const answer = await open('/exec/default/p/c', 'output=1&command=wait')
  await expect.poll(() => listening.sessions()).toBe(before + 1)
  answer.upgrade!.ended()
  await expect.poll(() => listening.sessions()).toBe(before)
})

test('connections to ports, each of its own, until the pod goes', async () => {
  const answer = await open('/portForward/default/p', 'port=80')
  const session = answer.upgrade!.session as PortSession
  const through = async (port: number, text: string) => {
    const [input, output] = [new Pipe(1e6), new Pipe(1e6)]
    const out = all(output)
    await input.write(Buffer.from(text))
    input.end()
    const problem = await session.connect(port, { input, output, gone: new AbortController().signal })
    return [(await out).toString(), problem]
  }
  expect(await Promise.all([through(80, 'x'), through(81, 'y'), through(9, '')])).toEqual([
    ['80:x', undefined],
    ['81:y', undefined],
    ['', 'nobody listens'],
  ])
  const over = session.over(new AbortController().signal)
  for (const tell of whenPodGoes) tell()
  await over
  answer.upgrade!.ended()
})

test('what an agent refuses is told in its own words', async () => {
  for (const path of ['/exec/default/q/c', '/portForward/default/q']) {
    const answer = await open(path)
    expect([answer.status, (await readBody(answer.body)).toString()]).toEqual([404, 'pod does not exist'])
  }
})

test('B7 whoever sits at the address of another node is not spoken to', async () => {
  const other = remote('b')
  const asked = other.kubelet('b')!(apiRequest({ method: 'POST', path: '/exec/default/p/c' }, 'test/1', undefined))
  await expect(asked).rejects.toThrow('whoever answers there is system:node:a, not node "b"')
  const log = other.kubelet('b')!(
    apiRequest({ method: 'GET', path: '/containerLogs/default/p/c' }, 'test/1', undefined),
  )
  await expect(log).rejects.toThrow('whoever answers there is system:node:a, not node "b"')
  await other.close()
})
