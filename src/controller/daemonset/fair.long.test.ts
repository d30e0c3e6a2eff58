import { afterEach, beforeEach, expect, test } from 'vitest'
import { DaemonSetCluster, daemonSet, loggerOf } from '../../../test/daemonset-cluster.ts'
import { daemonSets, nodes } from '../../api/resources.ts'
import type { DaemonSet, Node, Pod } from '../../api/types.ts'
import { daemonSetLimits } from './limits.ts'

// A small DaemonSet, or a new node, never waits behind a large one (A5). Counted in writes, not in time.

let cluster: DaemonSetCluster
/** Node and DaemonSet of each pod that was asked for, in order. */
let asked: string[]
beforeEach(() => {
  cluster = new DaemonSetCluster()
  asked = []
  cluster.onWrite = async (request, next) => {
    if (request.method === 'POST' && request.path.endsWith('/pods')) {
      const { spec, metadata } = JSON.parse(Buffer.from(request.body).toString()) as Pod
      asked.push(`${metadata.ownerReferences?.[0]?.name} on ${spec.nodeName}`)
      // An answer takes a while, as it does from a server that writes to a disk.
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
    }
    return next(request)
  }
})
afterEach(() => cluster.stop())

const named = (name: string, nodeSelector: Record<string, string> = {}): DaemonSet => {
  const object = daemonSet()
  const spec = { ...object.spec.template.spec, nodeSelector }
  const template = { metadata: { labels: { app: name } }, spec }
  return {
    ...object,
    metadata: { ...object.metadata, name },
    spec: { ...object.spec, selector: { matchLabels: { app: name } }, template },
  }
}

/** Resolves when so many pods have been asked for. */
async function untilAsked(count: number): Promise<void> {
  while (asked.length < count) await new Promise((resolve) => setImmediate(resolve))
}

test('A5 in the middle of a large creation a new node and a small DaemonSet get their pods next', async () => {
  await cluster.addNodes(600)
  await cluster.start()
  await loggerOf(cluster).create()
  await untilAsked(60)
  const join = async () => {
    await cluster.addNode('zzz', { labels: { small: 'yes' } })
    return asked.length
  }
  const joinedAfter = await join()
  await cluster.admin.create<DaemonSet>(daemonSets, named('small', { small: 'yes' }))
  const createdAfter = asked.length
  await cluster.pass(3000)
  // What is under way is not taken back; nothing else comes before. The burst would have been 250.
  const bound = daemonSetLimits.writes
  expect(asked.indexOf('logger on zzz') - joinedAfter).toBeLessThan(bound)
  expect(asked.indexOf('small on zzz') - createdAfter).toBeLessThan(bound)
  expect(asked).toHaveLength(602)
  expect(new Set(asked).size).toBe(602)
  expect(cluster.mostLive).toBe(2)
}, 60_000)

test('C7 C12 nodes that join behind 200 touched DaemonSets: work for what joined, and for nothing else', async () => {
  const sets = Array.from({ length: 200 }, (_, i) => `set-${i}`)
  for (let i = 0; i < 40; i++) {
    await cluster.addNode(`n${i}`, {
      labels: Object.fromEntries(sets.slice(5 * i, 5 * i + 5).map((set) => [set, 'yes'])),
    })
  }
  for (let i = 0; i < 20; i++)
    await cluster.admin.create<DaemonSet>(daemonSets, named(`joiner-${i}`, { joiner: 'yes' }))
  for (const set of sets) await cluster.admin.create<DaemonSet>(daemonSets, named(set, { [set]: 'yes' }))
  const controller = await cluster.start()
  await cluster.pass(3000)
  expect(cluster.pods).toHaveLength(200)
  asked.length = 0
  const before = controller.work()
  const touch = sets.map((name) =>
    cluster.admin.patch(
      daemonSets,
      { namespace: 'default', name },
      { type: 'merge', body: { metadata: { annotations: { touched: 'yes' } } } },
    ),
  )
  const joining = Array.from({ length: 10 }, (_, i) =>
    cluster.admin.create<Node>(nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `joined-${i}`, labels: { joiner: 'yes' } },
      spec: {},
    }),
  )
  await Promise.all([...touch, ...joining])
  for (let i = 0; i < 10; i++) {
    await cluster.admin.patch(nodes, { name: `joined-${i}` }, { type: 'merge', body: { spec: { taints: null } } })
  }
  await cluster.pass(3000)
  const after = controller.work()
  expect(asked).toHaveLength(200)
  expect(cluster.pods).toHaveLength(400)
  // 200 cells are new: each is worked out as the node comes, with its taint and without, with its pod, and as that
  // pod becomes ready; the 200 touched DaemonSets have no cell to look at.
  expect(after.cells - before.cells).toBeLessThanOrEqual(5 * 200)
  expect(after.visits - before.visits).toBeLessThanOrEqual(2 * 200)
}, 60_000)

test('A5 C12 of many nodes that join none makes the others wait: a burst of urgent pods is carried out whole', async () => {
  const controller = await cluster.start()
  await loggerOf(cluster).create()
  await cluster.pass(3000)
  const before = controller.work()
  const joining = 200
  // Each comes to want a pod once its kubelet has taken the taint away, while pods of those before it are being made.
  const join = async (name: string) => {
    const metadata = { name, labels: {} }
    const wait = turns++ % 40
    await cluster.admin.create<Node>(nodes, { apiVersion: 'v1', kind: 'Node', metadata, spec: {} })
    for (let turn = 0; turn < wait; turn++) await new Promise((resolve) => setImmediate(resolve))
    await cluster.admin.patch(nodes, { name }, { type: 'merge', body: { spec: { taints: null } } })
  }
  let turns = 0
  await Promise.all(Array.from({ length: joining }, (_, i) => join(`joined-${i}`)))
  await cluster.settle()
  const after = controller.work()
  expect(asked).toHaveLength(joining)
  expect(new Set(asked).size).toBe(joining)
  // Each row is read once; bursts that ended at every next node read those that were left again and again.
  expect(after.visits - before.visits).toBeLessThanOrEqual(1.5 * joining)
  expect(after.syncs - before.syncs).toBeLessThanOrEqual(20)
}, 60_000)
