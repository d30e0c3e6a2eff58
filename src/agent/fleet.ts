// All nodes that one process plays: follows the Node objects that bear the label of a runtime and runs an agent for
// each, so that adding a node is a POST of a Node, removing one is a DELETE, and a restart finds them again. The label
// says what runs the pods that choose nothing: `simulated`, or a runtime that really runs them on this machine.

import { nodes } from '../api/resources.ts'
import type { Node } from '../api/types.ts'
import type { Send } from '../api/wire.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Running } from '../base/running.ts'
import type { Client } from '../client/client.ts'
import { createInformer } from '../client/informer.ts'
import { runtimeLabel } from './runtime-label.ts'
import { type RuntimeName, runtimeNames } from './runtimes.ts'
import { annotationPrefix, type Behaviour } from './simulated/behaviour.ts'
import { type RealRuntimes, type SimulatedKubelet, startSimulatedKubelet } from './simulated/kubelet.ts'
import { addressLimits, numberOf } from './simulated/pod-range.ts'

export interface FleetOptions {
  /** Follows the nodes: an administrator's or a controller's. */
  readonly client: Client
  /** What the agent of this node may use: its own identity, nobody else's. */
  readonly clientFor: (nodeName: string) => Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly behaviour?: Partial<Behaviour> | undefined
  /** What a node has beside the simulated runtime. Default: nothing is really run. */
  readonly realRuntimes?: ((node: FleetNode) => RealRuntimes) | undefined
  readonly renewMs?: number | undefined
  readonly statusMs?: number | undefined
}

export interface FleetNode {
  readonly name: string
  readonly client: Client
}

export interface Fleet extends Running {
  /** The kubelet API of a node that is running. */
  kubelet(nodeName: string): Send | undefined
  /** Agents running now. */
  readonly size: number
}

export const fleetLimits = {
  /** Agents that register and list their pods at a time: a fleet must not be a herd. */
  starting: 64,
} as const

/** On a Node: its agent falls silent as if the machine had died, until the annotation is taken away. */
export const silentAnnotation = `${annotationPrefix}silent`

export function startFleet(options: FleetOptions): Fleet {
  const { client, clock, random, log } = options
  const agents = new Map<string, SimulatedKubelet>()
  const numbers = new Map<string, number>()
  const taken = new Set<number>()
  /** What the label says, of nodes whose agent is to be started. */
  const waiting = new Map<string, RuntimeName>()
  let starting = 0
  let stopped = false
  let whenQuiet: (() => void)[] = []
  const stopping = new Set<Promise<void>>()
  const informer = createInformer<Node>({
    client,
    resource: nodes,
    clock,
    random,
    log,
    labelSelector: `${runtimeLabel} in (${runtimeNames.join(',')})`,
    trim: withoutManagers,
  })
  informer.onChange(({ type, object }) => {
    const { name = '' } = object.metadata
    if (type === 'deleted') {
      forget(name)
      return
    }
    noteNumber(name, object)
    const agent = agents.get(name)
    if (object.metadata.annotations?.[silentAnnotation] === 'true') {
      end(name)
    } else if (agent !== undefined) {
      agent.hearNode(object)
    } else {
      waiting.set(name, object.metadata.labels?.[runtimeLabel] as RuntimeName)
      startMore()
    }
  })
  const stopInformer = informer.start()

  function startMore(): void {
    // Not before the whole list is known: the numbers it takes must not be given to somebody else.
    if (!informer.hasSynced() || stopped) return
    for (const [name, own] of waiting) {
      if (starting >= fleetLimits.starting) return
      waiting.delete(name)
      begin(name, own)
    }
    if (starting === 0) for (const resolve of whenQuiet.splice(0)) resolve()
  }

  function begin(nodeName: string, own: RuntimeName): void {
    log.debug('node starts', { node: nodeName, runtime: own })
    const nodeClient = options.clientFor(nodeName)
    const agent = startSimulatedKubelet({
      ...options,
      client: nodeClient,
      own,
      real: options.realRuntimes?.({ name: nodeName, client: nodeClient }),
      nodeName,
      // An agent that made it again, not knowing that it was removed, would leave a Node that nobody plays: the label that
      // asks for it is not the agent's to give.
      nodeComesFirst: true,
      number: numberFor(nodeName),
    })
    agents.set(nodeName, agent)
    starting++
    // An agent that is stopped while it starts gives its place back too.
    void Promise.race([agent.ready, agent.stopped]).then(() => {
      starting--
      startMore()
    })
  }

  function end(nodeName: string): void {
    waiting.delete(nodeName)
    const agent = agents.get(nodeName)
    if (agent === undefined) return
    agents.delete(nodeName)
    log.debug('node stops', { node: nodeName })
    const done = agent.stop().finally(() => stopping.delete(done))
    stopping.add(done)
  }

  function forget(nodeName: string): void {
    end(nodeName)
    const number = numbers.get(nodeName)
    numbers.delete(nodeName)
    if (number !== undefined) taken.delete(number)
  }

  /** A node that has had addresses keeps them. */
  function noteNumber(nodeName: string, node: Node): void {
    if (numbers.has(nodeName)) return
    const number = numberOf(node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address)
    if (number === undefined || taken.has(number)) return
    numbers.set(nodeName, number)
    taken.add(number)
  }

  let firstFree = 0
  function numberFor(nodeName: string): number {
    const known = numbers.get(nodeName)
    if (known !== undefined) return known
    if (taken.size >= addressLimits.nodes) return 0
    while (taken.has(firstFree)) firstFree = (firstFree + 1) % addressLimits.nodes
    numbers.set(nodeName, firstFree)
    taken.add(firstFree)
    return firstFree
  }

  const ready = informer.synced.then(() => {
    const quiet = new Promise<void>((resolve) => whenQuiet.push(resolve))
    startMore()
    return quiet
  })
  return {
    ready,
    kubelet: (nodeName) => agents.get(nodeName)?.handle,
    get size() {
      return agents.size
    },
    async stop() {
      stopped = true
      stopInformer()
      waiting.clear()
      for (const name of [...agents.keys()]) end(name)
      await Promise.all(stopping)
      whenQuiet = []
    },
  }
}

function withoutManagers(node: Node): Node {
  if (node.metadata.managedFields === undefined) return node
  const { managedFields: _, ...metadata } = node.metadata
  return { ...node, metadata }
}
