// F1: a cluster in one command. From the start of the process to the mission's DaemonSet Ready on three nodes.

import { join } from 'node:path'
import { isReady } from '../../src/api/pods.ts'
import { pods } from '../../src/api/resources.ts'
import type { Pod } from '../../src/api/types.ts'
import { repository, startEverynode } from '../everynode.ts'
import { whenReached } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

export const up: Scenario = {
  name: 'up',
  question: 'from the start of `everynode up -f examples/fluentd.yaml` until its pods are Ready',
  runs: 5,
  nodes: 3,
  metrics: [
    { name: 'start to /readyz', unit: 'ms', goal: { id: 'F1', better: 'less', must: 500, moonshot: 150 } },
    { name: 'start to first pod Running', unit: 'ms', goal: { id: 'F1', better: 'less', must: 1000, moonshot: 300 } },
    { name: 'start to all pods Ready', unit: 'ms' },
    { name: 'CPU until then', unit: 'ms' },
    { name: 'RssAnon then', unit: 'MB', goal: { id: 'F10', better: 'less', must: 90, moonshot: 60 } },
    { name: 'restart on its data to /readyz', unit: 'ms' },
    { name: 'stop', unit: 'ms' },
  ],

  async run({ directory, nodes }) {
    const flags = ['--nodes', String(nodes), '-f', join(repository, 'examples/fluentd.yaml')]
    const everynode = await startEverynode(directory, flags)
    const { client, startedMs } = everynode
    const isRunning = (pod: Pod) => pod.status?.phase === 'Running'
    const at = await whenReached<Pod, 'running' | 'ready'>(client, pods, {
      running: { holds: isRunning, count: 1 },
      ready: { holds: isReady, count: nodes },
    })
    const cpuMs = everynode.cpuNs() / 1e6
    const anonymous = everynode.anonymousBytes()
    const stoppedMs = performance.now()
    await everynode.stop()
    const endedMs = performance.now()

    const again = await startEverynode(directory, [])
    await again.stop()
    return {
      'start to /readyz': everynode.readyMs - startedMs,
      'start to first pod Running': at.running - startedMs,
      'start to all pods Ready': at.ready - startedMs,
      'CPU until then': cpuMs,
      'RssAnon then': anonymous / 1024 ** 2,
      'restart on its data to /readyz': again.readyMs - again.startedMs,
      stop: endedMs - stoppedMs,
    }
  },
}
