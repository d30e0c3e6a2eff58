// A world with agents: an API server on a clock turned by hand, simulated nodes, and pods as people would make them.

import { type Fleet, type FleetOptions, silentAnnotation, startFleet } from '../src/agent/fleet.ts'
import { events, nodes, pods } from '../src/api/resources.ts'
import type { Event, Node, Pod, PodSpec } from '../src/api/types.ts'
import type { User } from '../src/api/wire.ts'
import { silentLog } from '../src/base/log.ts'
import { seededRandom } from '../src/base/random.ts'
import { apiserverWorld, type World } from './world.ts'

export interface AgentWorld extends World {
  readonly fleet: Fleet
  /** Lets time pass in steps, and everybody do what it brings. */
  pass(ms: number): Promise<void>
  addNode(name: string, metadata?: Node['metadata']): Promise<void>
  node(name: string): Promise<Node>
  /** Its agent falls silent, or speaks again. */
  silence(name: string, silent: boolean): Promise<void>
  addPod(name: string, node: string, more?: Partial<PodSpec>, annotations?: Record<string, string>): Promise<void>
  pod(name: string): Promise<Pod>
  /** `Running 1/1 restarts 2`, or `gone`. */
  podLine(name: string): Promise<string>
  /** `Normal Pulled`, oldest first, of one object. */
  eventsOf(name: string): Promise<string[]>
}

export function nodeUser(name: string): User {
  return { name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] }
}

export async function agentWorld(options: Partial<FleetOptions> = {}): Promise<AgentWorld> {
  let fleet: Fleet | undefined
  const world = await apiserverWorld({ kubelets: (node) => fleet?.kubelet(node) })
  fleet = startFleet({
    client: world.client,
    clientFor: (name) => world.as(nodeUser(name)),
    clock: world.clock,
    random: seededRandom(2),
    log: silentLog,
    ...options,
  })
  await settle()
  const { client } = world
  const pod = (name: string) => client.get<Pod>(pods, { namespace: 'default', name })
  return {
    ...world,
    fleet,
    pass: (ms) => pass(world, ms),
    async addNode(name, metadata = {}) {
      const labels = { 'everynode.dev/runtime': 'simulated' }
      await client.create<Node>(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels, ...metadata } })
      await settle()
    },
    node: (name) => client.get<Node>(nodes, { name }),
    async silence(name, silent) {
      const annotations = { [silentAnnotation]: silent ? 'true' : null }
      await client.patch(nodes, { name }, { type: 'merge', body: { metadata: { annotations } } })
      await settle()
    },
    async addPod(name, node, more = {}, annotations = {}) {
      const spec = { nodeName: node, containers: [{ name: 'main', image: 'app:1' }], ...more }
      const metadata = { name, namespace: 'default', annotations }
      await client.create<Pod>(pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec })
      await settle()
    },
    pod,
    async podLine(name) {
      try {
        return lineOf(await pod(name))
      } catch {
        return 'gone'
      }
    },
    async eventsOf(name) {
      const { items } = await client.list<Event>(events, { fieldSelector: `involvedObject.name=${name}` })
      return items.map(({ type, reason }) => `${type} ${reason}`)
    },
  }
}

export function lineOf({ metadata, status }: Pod): string {
  const statuses = status?.containerStatuses ?? []
  const ready = statuses.filter((one) => one.ready).length
  const why = statuses.map(({ state }) => state?.waiting?.reason ?? state?.terminated?.reason).find(Boolean)
  const restarts = statuses.reduce((sum, one) => sum + one.restartCount, 0)
  const words = [status?.phase, `${ready}/${statuses.length}`, why, restarts > 0 && `restarts ${restarts}`]
  if (metadata.deletionTimestamp !== undefined) words.push('terminating')
  return words.filter(Boolean).join(' ')
}

export async function pass({ clock }: Pick<World, 'clock'>, ms: number): Promise<void> {
  const end = clock.now() + ms
  await settle()
  while (clock.now() < end) {
    const next = clock.untilNext() ?? ms
    clock.advance(Math.min(Math.max(next, 1), end - clock.now()))
    await settle()
  }
}

/** Until nobody has anything to do before the clock moves: an answer takes a few turns of the loop. */
export async function settle(turns = 12): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
