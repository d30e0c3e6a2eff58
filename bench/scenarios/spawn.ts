// F12: processes as pods. Five hundred containers started on one node by the process runtime, and stopped again: what the
// keeper, bubblewrap and the kernel take, without an API server.

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createProcessRuntime } from '../../src/agent/process/runtime.ts'
import type { RunningContainer } from '../../src/agent/runtime.ts'
import type { Pod } from '../../src/api/types.ts'
import { silentLog } from '../../src/base/log.ts'
import { givenMaterials, keepersIn, nodePlace, systemClock } from '../../test/process-world.ts'
import { repository } from '../everynode.ts'
import { anonymousBytes, cpuNs } from '../machine.ts'
import type { Scenario } from '../scenario.ts'

const idleMs = 5_000

export const spawn: Scenario = {
  name: 'spawn',
  question: 'process pods (as many as nodes are asked for) started on one node, at rest, and stopped',
  runs: 3,
  nodes: 500,
  metrics: [
    { name: 'one pod, start to running', unit: 'ms' },
    { name: 'all running', unit: 's', goal: { id: 'F12', atNodes: 500, better: 'less', must: 3, moonshot: 1.2 } },
    { name: 'CPU of the keeper, a start', unit: 'ms' },
    { name: 'CPU of the agent, a start', unit: 'ms' },
    { name: 'all stopped', unit: 's', goal: { id: 'F12', atNodes: 500, better: 'less', must: 1, moonshot: 1 } },
    { name: 'all removed', unit: 's' },
    { name: 'RssAnon of the keeper, one pod', unit: 'MB' },
    { name: 'RssAnon of the keeper, a pod more', unit: 'B' },
    { name: 'CPU of the keeper at rest, of a core', unit: '%' },
  ],

  async run({ directory, nodes: count, say }) {
    const runtime = createProcessRuntime({
      place: nodePlace(directory),
      materials: givenMaterials,
      clock: systemClock,
      log: silentLog,
      hostIP: () => '127.0.0.1',
      keeperProgram: join(repository, 'dist/bundle/keeper.js'),
    })
    const pods = Array.from({ length: count }, (_, i) => sleeper(i))
    const ended: Promise<void>[] = []
    const start = (pod: Pod): Promise<RunningContainer> =>
      new Promise((resolve, reject) => {
        const exited = new Promise<void>((heard) => {
          runtime.startContainer(pod, pod.spec.containers[0]!, 0, () => heard()).then(resolve, reject)
        })
        ended.push(exited)
      })
    try {
      // The keeper is there before it is measured.
      await runtime.startContainer(sleeper(-1), sleeper(-1).spec.containers[0]!, 0, () => {})
      const one = await timed(() => start(pods[0]!))
      const keeper = keepersIn(directory)[0]!
      const alone = anonymousBytes(keeper) ?? 0
      const [keeperBefore, agentBefore] = [cpuNs(keeper) ?? 0, cpuNs(process.pid) ?? 0]
      const all = await timed(() => Promise.all(pods.slice(1).map(start)))
      say(`${count} pods run`)
      const starts = Math.max(1, count - 1) * 1e6
      const [keeperTook, agentTook] = [(cpuNs(keeper) ?? 0) - keeperBefore, (cpuNs(process.pid) ?? 0) - agentBefore]
      const many = anonymousBytes(keeper) ?? 0
      const [cpuBefore, before] = [cpuNs(keeper) ?? 0, performance.now()]
      await sleep(idleMs)
      const idle = ((cpuNs(keeper) ?? 0) - cpuBefore) / 1e6 / (performance.now() - before)
      const stopped = await timed(async () => {
        for (const running of [one.value, ...all.value]) running.stop(30_000)
        await Promise.all(ended)
      })
      const removed = await timed(() => Promise.all(pods.map((pod) => runtime.closeSandbox(pod))))
      return {
        'one pod, start to running': one.tookMs,
        'all running': all.tookMs / 1000,
        'CPU of the keeper, a start': keeperTook / starts,
        'CPU of the agent, a start': agentTook / starts,
        'all stopped': stopped.tookMs / 1000,
        'all removed': removed.tookMs / 1000,
        'RssAnon of the keeper, one pod': alone / 1024 ** 2,
        'RssAnon of the keeper, a pod more': (many - alone) / Math.max(1, count - 1),
        'CPU of the keeper at rest, of a core': idle * 100,
      }
    } finally {
      for (const pod of [sleeper(-1), ...pods]) await runtime.closeSandbox(pod)
      await runtime.close()
    }
  },
}

function sleeper(number: number): Pod {
  const containers = [{ name: 'main', image: 'none', command: ['sleep', '3600'] }]
  const metadata = { name: `p${number}`, namespace: 'default', uid: `uid-p${number}` }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers } }
}

async function timed<T>(act: () => Promise<T>): Promise<{ readonly value: T; readonly tookMs: number }> {
  const before = performance.now()
  const value = await act()
  return { value, tookMs: performance.now() - before }
}
