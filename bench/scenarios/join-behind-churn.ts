// C6, C7: nodes that join a cluster in which 200 DaemonSets have just been touched. The real API server in memory, the real
// controller, one process: from the answer that a node was written to the request that makes its pod. The clock is turned
// by hand, so nothing waits; what is measured is work.

import { daemonSets } from '../../src/api/resources.ts'
import type { DaemonSet, Pod } from '../../src/api/types.ts'
import { DaemonSetCluster } from '../../test/daemonset-cluster.ts'
import { joined, named, workMs } from '../joining.ts'
import type { Scenario } from '../scenario.ts'
import { quantile } from '../statistics.ts'

const sets = 200
const joiners = 20
const joining = 100

export const joinBehindChurn: Scenario = {
  name: 'join-behind-churn',
  question: `${joining} nodes join, ${joiners} DaemonSets want each, behind ${sets} touched ones`,
  runs: 3,
  nodes: 1000,
  metrics: [
    { name: 'node written to its first pod asked for, p50', unit: 'ms' },
    {
      name: 'node written to its first pod asked for, p99',
      unit: 'ms',
      goal: { id: 'C7', better: 'less', must: 100, moonshot: 20 },
    },
    {
      name: 'node written to its last pod asked for, p99',
      unit: 'ms',
      goal: { id: 'C7', better: 'less', must: 250, moonshot: 100 },
    },
    {
      name: 'one node alone: to its last pod, p99',
      unit: 'ms',
      goal: { id: 'C6', better: 'less', must: 50, moonshot: 20 },
    },
    { name: 'all joined at once: to the last pod', unit: 'ms' },
    { name: 'CPU per pod, server included', unit: 'ms' },
    { name: 'cells per new cell', unit: '' },
  ],

  async run({ nodes: count, say }) {
    const cluster = new DaemonSetCluster()
    const names = Array.from({ length: sets }, (_, i) => `set-${i}`)
    for (let i = 0; i < count; i++) await cluster.addNode(`n${i}`, { labels: { [`set-${i % sets}`]: 'yes' } })
    for (const name of names) await cluster.admin.create<DaemonSet>(daemonSets, named(name, { [name]: 'yes' }))
    for (let i = 0; i < joiners; i++)
      await cluster.admin.create<DaemonSet>(daemonSets, named(`joiner-${i}`, { joiner: 'yes' }))
    const controller = await cluster.start()
    await cluster.pass(5000)
    say(`${cluster.pods.length} pods on ${count} nodes`)

    const askedMs = new Map<string, number[]>()
    cluster.onWrite = (request, next) => {
      if (request.method === 'POST' && request.path.endsWith('/pods')) {
        const { spec } = JSON.parse(Buffer.from(request.body).toString()) as Pod
        askedMs.set(spec.nodeName!, [...(askedMs.get(spec.nodeName!) ?? []), workMs()])
      }
      return next(request)
    }
    const alone: number[] = []
    for (let i = 0; i < 20; i++) {
      const writtenMs = await joined(cluster, `alone-${i}`)
      await cluster.pass(3000)
      alone.push(Math.max(...askedMs.get(`alone-${i}`)!) - writtenMs)
    }

    const before = controller.work()
    const cpu = process.cpuUsage()
    const startedMs = workMs()
    const touched = names.map((name) =>
      cluster.admin.patch(
        daemonSets,
        { namespace: 'default', name },
        { type: 'merge', body: { metadata: { annotations: { touched: String(startedMs) } } } },
      ),
    )
    const writtenMs = new Map<string, number>()
    for (let i = 0; i < joining; i++) writtenMs.set(`joined-${i}`, await joined(cluster, `joined-${i}`))
    await Promise.all(touched)
    await cluster.settle()
    const { user, system } = process.cpuUsage(cpu)
    const after = controller.work()
    const first: number[] = []
    const last: number[] = []
    for (const [node, ms] of writtenMs) {
      const asked = askedMs.get(node) ?? []
      if (asked.length !== joiners) throw new Error(`${node} was given ${asked.length} pods of ${joiners}`)
      first.push(asked[0]! - ms)
      last.push(asked.at(-1)! - ms)
    }
    await cluster.stop()
    return {
      'node written to its first pod asked for, p50': quantile(first, 0.5),
      'node written to its first pod asked for, p99': quantile(first, 0.99),
      'node written to its last pod asked for, p99': quantile(last, 0.99),
      'one node alone: to its last pod, p99': quantile(alone, 0.99),
      'all joined at once: to the last pod': Math.max(...[...askedMs.values()].flat()) - startedMs,
      'CPU per pod, server included': (user + system) / 1000 / (joining * joiners),
      'cells per new cell': (after.cells - before.cells) / (joining * joiners),
    }
  },
}
