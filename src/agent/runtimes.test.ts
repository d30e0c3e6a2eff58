import { expect, test } from 'vitest'
import type { Pod } from '../api/types.ts'
import { type Runtime, RuntimeRefusal, type RuntimeSessions } from './runtime.ts'
import { joinRuntimes } from './runtimes.ts'

/** Remembers what it is asked: the question here is only who is asked. */
function runtime(scheme: string, asked: string[]): Runtime {
  const note = (what: string) => void asked.push(`${scheme} ${what}`)
  return {
    version: `${scheme}://1`,
    recover: () => void note('recover'),
    openSandbox: () => {
      note('openSandbox')
      return { podIP: '10.0.0.1' }
    },
    imageID: () => `${scheme}://image`,
    pullImage: async () => ({ imageID: `${scheme}://image`, tookMs: 0, sizeBytes: 0 }),
    startContainer: async () => Promise.reject(new RuntimeRefusal('RunContainerError', scheme)),
    closeSandbox: async () => note('closeSandbox'),
    log: () => void note('log'),
    close: async () => note('close'),
  }
}

const container = { name: 'c', image: 'app' }

function pod(runtimeClassName?: string): Pod {
  const metadata = { name: 'p', namespace: 'default', uid: 'u' }
  const spec = { containers: [container], ...(runtimeClassName === undefined ? {} : { runtimeClassName }) }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec }
}

function sessionsThatEndWith(exitCode: number): RuntimeSessions {
  const end = async () => ({ ended: 'exit' as const, exitCode })
  return { exec: end, attach: end, connect: async () => {}, sandboxClosed: async () => {} }
}

const streams = {
  stdin: undefined,
  stdout: undefined,
  stderr: undefined,
  resizes: undefined,
  gone: new AbortController().signal,
}

function joined() {
  const asked: string[] = []
  const simulated = runtime('simulated', asked)
  const real = runtime('process', asked)
  return {
    asked,
    node: joinRuntimes(
      new Map([
        ['simulated', simulated],
        ['process', real],
      ]),
      'simulated',
    ),
  }
}

test('a pod without runtimeClassName gets the runtime of its node, one with it the runtime it names', async () => {
  const { asked, node } = joined()
  expect(node.version).toBe('simulated://1')
  node.recover(pod())
  node.openSandbox(pod('process'))
  expect(node.imageID(pod('process'), 'app')).toBe('process://image')
  await expect(node.startContainer(pod('process'), container, 0, () => {})).rejects.toThrow('process')
  await node.closeSandbox(pod())
  expect(asked).toEqual(['simulated recover', 'process openSandbox', 'simulated closeSandbox'])
})

test('a runtime that the node does not have is refused by name, says what there is, and leaves nothing to close', async () => {
  const { asked, node } = joined()
  const refused = () => node.openSandbox(pod('gvisor'))
  expect(refused).toThrow(RuntimeRefusal)
  expect(refused).toThrow('no runtime for "gvisor" is configured; this node has simulated, process')
  expect(node.recover(pod('gvisor'))).toBeUndefined()
  await node.closeSandbox(pod('gvisor'))
  await expect(node.pullImage(pod('gvisor'), container)).rejects.toThrow('no runtime for')
  expect(asked).toEqual([])
})

test('a session goes to the runtime of its pod; one that has none says so', async () => {
  const { node } = joined()
  const place = { pod: pod('process'), container, containerId: 'process://u-c-0' }
  const ran = new Map([
    ['simulated', runtime('simulated', [])],
    ['process', { ...runtime('process', []), sessions: sessionsThatEndWith(3) }],
  ])
  const end = await joinRuntimes(ran, 'simulated').sessions!.exec(place, ['true'], streams)
  expect(end).toEqual({ ended: 'exit', exitCode: 3 })
  await expect(node.sessions!.exec(place, ['true'], streams)).rejects.toThrow('process://1 has neither exec nor')
})

test('a log is read where its container ran, by the scheme of its id; closing closes all', async () => {
  const { asked, node } = joined()
  node.log('u', 'process://u-c-0')
  expect(node.log('u', 'docker://abc')).toBeUndefined()
  await node.close()
  expect(asked).toEqual(['process log', 'simulated close', 'process close'])
})

test('a node whose own runtime is missing is a mistake of whoever made it', () => {
  expect(() => joinRuntimes(new Map(), 'cri')).toThrow('there is no cri runtime on this node')
})
