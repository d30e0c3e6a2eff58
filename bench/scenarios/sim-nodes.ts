// F4, F5, F10, F11: a fleet of simulated nodes in one process. Nodes Ready, a DaemonSet on all of them, a rolling update,
// and what the fleet costs when nothing happens.

import { setTimeout as sleep } from 'node:timers/promises'
import { conditionOf, isReady } from '../../src/api/pods.ts'
import { daemonSets, nodes as nodeResource, pods } from '../../src/api/resources.ts'
import type { DaemonSet, Node, Pod } from '../../src/api/types.ts'
import { type Everynode, startEverynode } from '../everynode.ts'
import { whenReached } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

const settleMs = 3_000
const idleMs = 10_000

export const simNodes: Scenario = {
  name: 'sim-nodes',
  question: 'a fleet of simulated nodes: all Ready, a DaemonSet on each, its update, and at rest',
  runs: 3,
  nodes: 1000,
  metrics: [
    {
      name: 'start to all nodes Ready',
      unit: 's',
      goal: { id: 'F5', atNodes: 15000, better: 'less', must: 10, moonshot: 3 },
    },
    { name: 'RssAnon, nodes only', unit: 'MB' },
    {
      name: 'DaemonSet to all pods created',
      unit: 's',
      goal: { id: 'F3', atNodes: 5000, better: 'less', must: 2, moonshot: 0.8 },
    },
    {
      name: 'DaemonSet to all pods Ready',
      unit: 's',
      goal: { id: 'F4', atNodes: 5000, better: 'less', must: 5, moonshot: 2 },
    },
    {
      name: 'rolling update, 10 % at a time',
      unit: 's',
      goal: { id: 'F4', atNodes: 5000, better: 'less', must: 8, moonshot: 3 },
    },
    { name: 'CPU per pod, create to Ready', unit: 'ms' },
    {
      name: 'RssAnon, nodes and pods',
      unit: 'MB',
      goal: { id: 'F10', atNodes: 1000, better: 'less', must: 200, moonshot: 120 },
    },
    {
      name: 'idle CPU, of a core',
      unit: '%',
      goal: { id: 'F11', atNodes: 1000, better: 'less', must: 2, moonshot: 0.5 },
    },
    { name: 'stop', unit: 'ms' },
  ],

  async run({ directory, nodes, say }) {
    const everynode = await startEverynode(directory, ['--nodes', String(nodes)])
    const { client } = everynode
    try {
      const { ready } = await whenReached<Node, 'ready'>(client, nodeResource, {
        ready: { holds: (node) => conditionOf(node.status, 'Ready')?.status === 'True', count: nodes },
      })
      say(`${nodes} nodes Ready`)
      await sleep(settleMs)
      const nodesOnly = everynode.anonymousBytes()
      const rollout = await timed(everynode, nodes, '1', () => client.create(daemonSets, agent))
      say(`${nodes} pods Ready`)
      const update = await timed(everynode, nodes, '2', () => client.patch(daemonSets, agentAt, nextVersion))
      say('updated')
      await sleep(settleMs)
      const [cpuBefore, before] = [everynode.cpuNs(), performance.now()]
      await sleep(idleMs)
      const idle = (everynode.cpuNs() - cpuBefore) / 1e6 / (performance.now() - before)
      const anonymous = everynode.anonymousBytes()
      const stoppedMs = performance.now()
      await everynode.stop()
      return {
        'start to all nodes Ready': (ready - everynode.startedMs) / 1000,
        'RssAnon, nodes only': nodesOnly / 1024 ** 2,
        'DaemonSet to all pods created': rollout.createdMs / 1000,
        'DaemonSet to all pods Ready': rollout.readyMs / 1000,
        'rolling update, 10 % at a time': update.readyMs / 1000,
        'CPU per pod, create to Ready': rollout.cpuMs / nodes,
        'RssAnon, nodes and pods': anonymous / 1024 ** 2,
        'idle CPU, of a core': idle * 100,
        stop: performance.now() - stoppedMs,
      }
    } finally {
      await everynode.stop()
    }
  },
}

/** From the request until a pod of this version is there, and Ready, on every node. */
async function timed(everynode: Everynode, nodes: number, version: string, act: () => Promise<unknown>) {
  const isOurs = (pod: Pod) => pod.metadata.annotations?.version === version
  const reached = whenReached<Pod, 'created' | 'ready'>(everynode.client, pods, {
    created: { holds: isOurs, count: nodes },
    ready: { holds: (pod) => isOurs(pod) && isReady(pod), count: nodes },
  })
  const [startedMs, cpuBefore] = [performance.now(), everynode.cpuNs()]
  await act()
  const at = await reached
  return {
    createdMs: at.created - startedMs,
    readyMs: at.ready - startedMs,
    cpuMs: (everynode.cpuNs() - cpuBefore) / 1e6,
  }
}

const agentAt = { namespace: 'default', name: 'agent' }
const agent: DaemonSet = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: agentAt,
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
    template: {
      metadata: { labels: { app: 'agent' }, annotations: { version: '1' } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'agent', image: 'example.com/agent:1' }] },
    },
  },
}
const nextVersion = {
  type: 'merge' as const,
  body: { spec: { template: { metadata: { annotations: { version: '2' } } } } },
}
