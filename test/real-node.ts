// A node that runs real containers, in a test: an API server in memory on the machine's own clock, and the agent with
// the runtime that is tested. Its root, its state and its logs lie in a directory that is gone at the end.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { type Kubelet, startKubelet } from '../src/agent/kubelet.ts'
import { createMaterials } from '../src/agent/materials/materials.ts'
import type { NodePlace, PodMaterials } from '../src/agent/materials.ts'
import type { Runtime } from '../src/agent/runtime.ts'
import { events, pods } from '../src/api/resources.ts'
import type { Event, Pod, PodSpec } from '../src/api/types.ts'
import { createApiserver } from '../src/apiserver/apiserver.ts'
import { createAuthorizer } from '../src/apiserver/identity/authorize.ts'
import type { Clock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { systemClock, systemRandom } from '../src/cli/host/system.ts'
import { readBody } from '../src/client/body.ts'
import { type Client, createClient } from '../src/client/client.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { lineOf, nodeUser } from './agent-world.ts'
import { admin, requestOf } from './world.ts'

export interface RuntimeParts {
  readonly place: NodePlace
  readonly materials: PodMaterials
  readonly client: Client
  readonly clock: Clock
  readonly log: typeof silentLog
  readonly hostIP: () => string
}

export interface RealNode {
  readonly client: Client
  readonly place: NodePlace
  readonly directory: string
  addPod(name: string, more?: Partial<PodSpec>, metadata?: Pod['metadata']): Promise<void>
  pod(name: string): Promise<Pod>
  /** `Running 1/1`, or `gone`. */
  line(name: string): Promise<string>
  /** Waits until the line of a pod is this one, or fits. */
  until(name: string, line: string | RegExp, withinMs?: number): Promise<Pod>
  /** `Warning Failed: Error: …`, oldest first. */
  eventsOf(name: string): Promise<string[]>
  logs(name: string, query?: string): Promise<string>
  deletePod(name: string, graceSeconds?: number): Promise<void>
  /** The agent ends, without a word to its containers, and starts again. */
  restartAgent(): Promise<void>
  stopAgent(): Promise<void>
  startAgent(): Promise<void>
  remove(): Promise<void>
}

export async function realNode(
  nodeName: string,
  makeRuntime: (parts: RuntimeParts) => Promise<Runtime>,
): Promise<RealNode> {
  const directory = mkdtempSync(join(tmpdir(), 'everynode-node-'))
  const root = join(directory, 'root')
  const place: NodePlace = { nodeName, root, state: join(directory, 'state'), podLogs: join(root, 'var/log/pods') }
  for (const made of [place.state, place.podLogs]) mkdirSync(made, { recursive: true })
  let kubelet: Kubelet | undefined
  let materials: PodMaterials | undefined
  const server = createApiserver({
    store: createMemoryStore(),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    authorizer: createAuthorizer(),
    kubelets: () => kubelet?.handle,
  })
  await server.ready
  const clientOf = (user: typeof admin) => createClient({ send: server.handle, user, userAgent: 'test/1' })
  const client = clientOf(admin)

  async function startAgent(): Promise<void> {
    const own = clientOf(nodeUser(nodeName))
    const shared = { client: own, clock: systemClock, random: systemRandom, log: silentLog }
    materials = createMaterials({ ...shared, place, allocatable: () => ({ cpu: '2', memory: '4Gi' }) as never })
    const runtime = await makeRuntime({ ...shared, place, materials, hostIP: () => '127.0.0.1' })
    kubelet = startKubelet({
      ...shared,
      nodeName,
      runtime,
      facts: () => ({
        capacity: { cpu: '4', memory: '16Gi', pods: '110', 'ephemeral-storage': '10Gi' },
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
        nodeInfo: { containerRuntimeVersion: runtime.version },
        labels: { 'kubernetes.io/hostname': nodeName },
        podCIDR: '10.99.0.0/24',
        readyMessage: 'kubelet is posting ready status',
      }),
    })
    await kubelet.ready
  }

  async function stopAgent(): Promise<void> {
    await kubelet?.stop()
    await materials?.close()
    kubelet = undefined
  }

  const pod = (name: string) => client.get<Pod>(pods, { namespace: 'default', name })
  async function line(name: string): Promise<string> {
    try {
      return lineOf(await pod(name))
    } catch {
      return 'gone'
    }
  }
  async function eventsOf(name: string): Promise<string[]> {
    const { items } = await client.list<Event>(events, { fieldSelector: `involvedObject.name=${name}` })
    return items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`)
  }

  await startAgent()
  return {
    client,
    place,
    directory,
    pod,
    line,
    eventsOf,
    startAgent,
    stopAgent,
    async restartAgent() {
      await stopAgent()
      await startAgent()
    },
    async addPod(name, more = {}, metadata = {}) {
      const spec = { nodeName, hostNetwork: true, ...more } as PodSpec
      await client.create<Pod>(pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default', ...metadata },
        spec,
      })
    },
    async until(name, wanted, withinMs = 15_000) {
      const deadline = performance.now() + withinMs
      for (;;) {
        const seen = await line(name)
        if (typeof wanted === 'string' ? seen === wanted : wanted.test(seen)) {
          return seen === 'gone' ? ({} as Pod) : await pod(name)
        }
        if (performance.now() > deadline) {
          const told = (await eventsOf(name)).join('\n')
          throw new Error(`pod ${name} is "${seen}", not "${wanted}", after ${withinMs} ms:\n${told}`)
        }
        await after(25)
      }
    },
    async logs(name, query = '') {
      const answer = await server.handle(requestOf(`GET /api/v1/namespaces/default/pods/${name}/log?${query}`, {}))
      return (await readBody(answer.body)).toString('utf8')
    },
    async deletePod(name, graceSeconds) {
      const options = graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }
      await client.delete(pods, { namespace: 'default', name }, options)
    },
    async remove() {
      await stopAgent()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
