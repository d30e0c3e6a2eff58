import { expect, test } from 'vitest'
import type { ContainerSession, ContainerStreams, PortSession } from '../api/session.ts'
import type { ContainerStatus, Pod } from '../api/types.ts'
import type { ApiBody, ApiResponse } from '../api/wire.ts'
import { Pipe } from '../base/pipe.ts'
import { openSession } from './kubelet-sessions.ts'
import type { PodWorker } from './pod-worker.ts'
import { type ContainerPlace, type Runtime, RuntimeRefusal, type RuntimeSessions } from './runtime.ts'

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default', uid: 'u-1' },
  spec: {
    containers: ['main', 'waits', 'ended'].map((name) => ({ name, image: 'a' })),
    initContainers: [{ name: 'setup', image: 'a' }],
  },
}
const statuses = [
  { name: 'main', containerID: 'x://main', state: { running: {} } },
  { name: 'waits', state: { waiting: { reason: 'ContainerCreating' } } },
  { name: 'ended', containerID: 'x://ended', state: { terminated: { exitCode: 0 } } },
] as unknown as ContainerStatus[]
const setup = [{ name: 'setup', containerID: 'x://setup', state: { running: {} } }] as unknown as ContainerStatus[]
const worker = { pod, status: { containerStatuses: statuses, initContainerStatuses: setup } } as unknown as PodWorker

/** What a runtime is asked, in its words. */
function kubelet(sessions: Partial<RuntimeSessions> | undefined = {}) {
  const runtime = { version: 'x://1', ...(sessions === undefined ? {} : { sessions }) } as unknown as Runtime
  return (line: string): ApiResponse | undefined => {
    const [path = '', query = ''] = line.split('?')
    const asked = {
      method: 'POST',
      path,
      query: new URLSearchParams(query),
      headers: {},
      body: new Uint8Array(),
      user: undefined,
    }
    return openSession({ runtime, workers: () => [worker], now: () => 0 }, asked, path.split('/'))
  }
}

const textOf = (body: ApiBody | undefined) =>
  body?.kind === 'bytes' ? Buffer.from(body.bytes).toString().trim() : 'no bytes'
const nobody: ContainerStreams = {
  stdin: undefined,
  stdout: undefined,
  stderr: undefined,
  resizes: undefined,
  gone: new AbortController().signal,
}

const refused: [path: string, status: number, text: string][] = [
  ['/exec/default/nope/main?output=1', 404, 'pod does not exist'],
  ['/exec/other/p/main?output=1', 404, 'pod does not exist'],
  ['/portForward/default/nope', 404, 'pod does not exist'],
  ['/exec/default/p/nope?output=1', 500, 'container not found ("nope")'],
  ['/exec/default/p/waits?output=1', 500, 'container not found ("waits")'],
  ['/attach/default/p/ended?output=1', 500, 'container not found ("ended")'],
  ['/exec/default/p/main?command=x', 400, 'you must specify at least 1 of stdin, stdout, stderr'],
  ['/exec/default/p/main?error=1&tty=1', 400, 'you must specify at least 1 of stdin, stdout, stderr'],
]
test.each(refused)('W12.5 refused: %s', (path, status, text) => {
  const answer = kubelet()(path)
  expect([answer?.status, textOf(answer?.body), answer?.upgrade]).toEqual([status, text, undefined])
})

test('a runtime without sessions says so; other paths are somebody else’s', () => {
  const runtime = { version: 'x://1' } as unknown as Runtime
  const request = {
    method: 'POST',
    path: '',
    query: new URLSearchParams(),
    headers: {},
    body: new Uint8Array(),
    user: undefined,
  }
  const options = { runtime, workers: () => [worker], now: () => 0 }
  const answer = openSession(options, request, ['', 'exec', 'default', 'p', 'main'])
  expect([answer?.status, textOf(answer?.body)]).toEqual([501, 'exec is not supported by x://1'])
  expect(kubelet()('/containerLogs/default/p/main')).toBeUndefined()
})

test('W12.5 the runtime is told which container, also an init container, and what to run', async () => {
  const asked: [place: ContainerPlace, command: readonly string[]][] = []
  const ask = kubelet({
    exec: async (place, command) => {
      asked.push([place, command])
      return { ended: 'exit', exitCode: 4 }
    },
    attach: async (place) => {
      asked.push([place, []])
      return { ended: 'exit', exitCode: 0 }
    },
  })
  const run = (path: string) => (ask(path)!.upgrade!.session as ContainerSession).run(nobody)
  expect(await run('/exec/default/p/main?output=1&command=a&command=b%20c')).toEqual({ ended: 'exit', exitCode: 4 })
  expect(await run('/attach/default/p/setup?output=1')).toEqual({ ended: 'exit', exitCode: 0 })
  expect(asked.map(([{ container, containerId }, command]) => [container.name, containerId, command])).toEqual([
    ['main', 'x://main', ['a', 'b c']],
    ['setup', 'x://setup', []],
  ])
  const { wants } = ask('/exec/default/p/main?input=1&output=1&error=1&tty=1')!.upgrade!.session as ContainerSession
  expect(wants).toEqual({ stdin: true, stdout: true, stderr: false, tty: true })
})

test('whatever a runtime throws ends that session, and nothing else', async () => {
  const throws = () => {
    throw new TypeError('a fault of ours')
  }
  const ask = kubelet({
    exec: throws,
    attach: async () => throws(),
    connect: async (_pod, port) => {
      throw port === 80 ? new RuntimeRefusal('Refused', 'nobody there') : 'a text'
    },
    sandboxClosed: async () => throws(),
  })
  const run = (path: string) => (ask(path)!.upgrade!.session as ContainerSession).run(nobody)
  const failure = { ended: 'failure', message: 'a fault of ours' }
  expect(await run('/exec/default/p/main?output=1')).toEqual(failure)
  expect(await run('/attach/default/p/main?output=1')).toEqual(failure)
  const ports = ask('/portForward/default/p?port=80&port=81')!.upgrade!.session as PortSession
  const connect = (port: number) => ports.connect(port, { input: new Pipe(1), output: new Pipe(1), gone: nobody.gone })
  expect(ports.ports).toEqual([80, 81])
  expect(await connect(80)).toBe('error forwarding port 80 to pod p, uid u-1: nobody there')
  expect(await connect(81)).toBe('error forwarding port 81 to pod p, uid u-1: a text')
  await ports.over(nobody.gone)
})
