// F11, F10: what a large fleet costs when nothing happens but its heartbeats.

import { setTimeout as sleep } from 'node:timers/promises'
import { conditionOf } from '../../src/api/pods.ts'
import { nodes as nodeResource } from '../../src/api/resources.ts'
import type { Node } from '../../src/api/types.ts'
import { startEverynode } from '../everynode.ts'
import { whenReached } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

const settleMs = 12_000
const idleMs = 20_000

export const idle: Scenario = {
  name: 'idle',
  question: 'simulated nodes that renew their leases every ten seconds, and nothing else',
  runs: 3,
  nodes: 5000,
  metrics: [
    {
      name: 'idle CPU, of a core',
      unit: '%',
      goal: { id: 'F11', atNodes: 5000, better: 'less', must: 8, moonshot: 2 },
    },
    { name: 'RssAnon', unit: 'MB' },
    { name: 'RssAnon of a node', unit: 'B' },
  ],

  async run({ directory, nodes, say }) {
    const everynode = await startEverynode(directory, ['--nodes', String(nodes)])
    try {
      await whenReached<Node, 'ready'>(everynode.client, nodeResource, {
        ready: { holds: (node) => conditionOf(node.status, 'Ready')?.status === 'True', count: nodes },
      })
      say(`${nodes} nodes Ready`)
      await sleep(settleMs)
      const [cpuBefore, before] = [everynode.cpuNs(), performance.now()]
      await sleep(idleMs)
      const anonymous = everynode.anonymousBytes()
      return {
        'idle CPU, of a core': ((everynode.cpuNs() - cpuBefore) / 1e6 / (performance.now() - before)) * 100,
        RssAnon: anonymous / 1024 ** 2,
        'RssAnon of a node': anonymous / nodes,
      }
    } finally {
      await everynode.stop()
    }
  },
}
