// Many nodes join at once: from the answer that a node was written to the request that makes its pod, in a quiet cluster
// and behind 200 DaemonSets that have just been touched; and what a thousand of them cost. The real API server in memory,
// the real controller, one process, a clock that is turned by hand: what is measured is work, the server's included.

import { daemonSets } from '../../src/api/resources.ts'
import type { DaemonSet, Pod } from '../../src/api/types.ts'
import { DaemonSetCluster } from '../../test/daemonset-cluster.ts'
import { joined, named, workMs } from '../joining.ts'
import type { Scenario } from '../scenario.ts'
import { quantile } from '../statistics.ts'

const sets = 200
const few = 100
const many = 1000

export const joinMass: Scenario = {
  name: 'join-mass',
  question: `${few} nodes join at once, in quiet and behind ${sets} touched DaemonSets; then ${many} do`,
  runs: 3,
  nodes: 1000,
  metrics: [
    ...['in quiet', 'behind churn'].flatMap((when) => [
      { name: `node to its pod, ${when}, p50`, unit: 'ms' as const },
      {
        name: `node to its pod, ${when}, p99`,
        unit: 'ms' as const,
        goal: { id: 'issue 4', better: 'less' as const, must: 100, moonshot: 20 },
      },
    ]),
    { name: `${many} nodes: p99`, unit: 'ms' },
    { name: `${many} nodes: CPU per pod, server included`, unit: 'ms' },
    { name: `${many} nodes: pods per sync`, unit: '' },
    { name: `${many} nodes: rows read per pod`, unit: '' },
  ],

  async run({ nodes: count, say }) {
    const cluster = new DaemonSetCluster()
    const names = Array.from({ length: sets }, (_, i) => `set-${i}`)
    for (let i = 0; i < count; i++) await cluster.addNode(`n${i}`, { labels: { [`set-${i % sets}`]: 'yes' } })
    for (const name of names) await cluster.admin.create<DaemonSet>(daemonSets, named(name, { [name]: 'yes' }))
    await cluster.admin.create<DaemonSet>(daemonSets, named('joiner', { joiner: 'yes' }))
    const controller = await cluster.start()
    await cluster.pass(5000)
    say(`${cluster.pods.length} pods on ${count} nodes`)

    const askedMs = new Map<string, number>()
    cluster.onWrite = (request, next) => {
      if (request.method === 'POST' && request.path.endsWith('/pods')) {
        const { spec } = JSON.parse(Buffer.from(request.body).toString()) as Pod
        askedMs.set(spec.nodeName!, workMs())
      }
      return next(request)
    }

    /** How long each node waited, and what all of them cost. */
    async function join(prefix: string, joining: number, meanwhile: () => Promise<unknown>[] = () => []) {
      const before = controller.work()
      const cpu = process.cpuUsage()
      const others = meanwhile()
      const writtenMs = await Promise.all(Array.from({ length: joining }, (_, i) => joined(cluster, `${prefix}-${i}`)))
      await Promise.all(others)
      await cluster.settle()
      const { user, system } = process.cpuUsage(cpu)
      const after = controller.work()
      await cluster.pass(3000)
      const waited = writtenMs.map((ms, i) => {
        const asked = askedMs.get(`${prefix}-${i}`)
        if (asked === undefined) throw new Error(`${prefix}-${i} was given no pod`)
        return Math.max(0, asked - ms)
      })
      return {
        waited,
        cpuMs: (user + system) / 1000,
        syncs: after.syncs - before.syncs,
        visits: after.visits - before.visits,
      }
    }

    const touchAll = () =>
      names.map((name) =>
        cluster.admin.patch(
          daemonSets,
          { namespace: 'default', name },
          { type: 'merge', body: { metadata: { annotations: { touched: 'yes' } } } },
        ),
      )
    await join('warm', few)
    const quiet = await join('quiet', few)
    const churn = await join('churn', few, touchAll)
    const mass = await join('mass', many)
    await cluster.stop()
    return {
      'node to its pod, in quiet, p50': quantile(quiet.waited, 0.5),
      'node to its pod, in quiet, p99': quantile(quiet.waited, 0.99),
      'node to its pod, behind churn, p50': quantile(churn.waited, 0.5),
      'node to its pod, behind churn, p99': quantile(churn.waited, 0.99),
      [`${many} nodes: p99`]: quantile(mass.waited, 0.99),
      [`${many} nodes: CPU per pod, server included`]: mass.cpuMs / many,
      [`${many} nodes: pods per sync`]: many / mass.syncs,
      [`${many} nodes: rows read per pod`]: mass.visits / many,
    }
  },
}
