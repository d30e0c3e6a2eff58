import { afterEach, expect, test } from 'vitest'
import { DaemonSetCluster, daemonSet, loggerOf } from '../../../test/daemonset-cluster.ts'
import type { DaemonSetController } from './controller.ts'

// What is counted here is work, not time: it is the same on every machine (C12, C13).

let size: number
let cluster: DaemonSetCluster
let controller: DaemonSetController
afterEach(() => cluster.stop())

const writes = (pattern: RegExp) =>
  cluster.written.filter(({ method, path }) => pattern.test(`${method} ${path}`)).length

async function start(nodes: number): Promise<void> {
  size = nodes
  cluster = new DaemonSetCluster()
  await cluster.addNodes(size)
  controller = await cluster.start()
}

/** What happens costs: cells worked out, nodes held against rules, writes. */
async function costOf(happen: () => Promise<unknown>) {
  const before = { ...controller.work(), writes: cluster.written.length }
  await happen()
  const after = controller.work()
  return {
    cells: after.cells - before.cells,
    visits: after.visits - before.visits,
    placements: after.placements - before.placements,
    writes: cluster.written.length - before.writes,
  }
}

test('B12 C12 C13 a thousand nodes: what an event costs does not depend on how many there are', async () => {
  await start(1000)
  const logger = loggerOf(cluster)
  const created = await costOf(async () => {
    await logger.create(
      daemonSet('logger:1', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } } }),
    )
    await cluster.settle()
  })
  expect(cluster.pods).toHaveLength(size)
  // Each row once as it is found, and once with its pod; and read once, by the decision that makes the pod.
  expect(created.cells).toBeLessThanOrEqual(2 * size)
  expect(created.visits).toBeLessThanOrEqual(1.1 * size)
  // One a pod; the revision; a status now and then.
  expect(created.writes - size).toBeLessThanOrEqual(5)
  expect(writes(/POST .*pods$/)).toBe(size)

  const ready = await costOf(() => cluster.pass(3000))
  expect((await logger.status())?.numberReady).toBe(size)
  expect(ready.cells).toBeLessThanOrEqual(size)
  expect(ready.visits).toBe(0)

  const [pod] = cluster.pods
  const flap = await costOf(() => cluster.setReady(pod!, false).then(() => cluster.pass(1000)))
  expect(flap).toEqual({ cells: 1, visits: 0, placements: 0, writes: 1 })
  const back = await costOf(() => cluster.setReady(pod!, true).then(() => cluster.pass(1000)))
  expect(back).toEqual({ cells: 1, visits: 0, placements: 0, writes: 1 })

  // A label nobody asks for, a heartbeat: nothing at all.
  const unrelated = await costOf(() => cluster.labelNode('n1', { unrelated: 'yes' }))
  expect(unrelated).toEqual({ cells: 0, visits: 0, placements: 0, writes: 0 })

  const tainted = await costOf(() =>
    cluster.taintNode('n1', [{ key: 'k', effect: 'NoSchedule' }]).then(() => cluster.pass(1000)),
  )
  expect(tainted).toEqual({ cells: 1, visits: 0, placements: 2, writes: 1 })

  const joined = await costOf(() => cluster.addNode('joined').then(() => cluster.pass(3000)))
  // The node, its pod, its pod as the server and the kubelet tell of it.
  expect(joined.cells).toBeLessThanOrEqual(5)
  expect(joined.visits).toBeLessThanOrEqual(2)
  expect(joined.placements).toBeLessThanOrEqual(3)
  expect(writes(/POST .*pods$/)).toBe(size + 1)
}, 60_000)

test('C13 a rollout writes two requests a pod, and few more', async () => {
  await start(300)
  const logger = loggerOf(cluster)
  await logger.create(
    daemonSet('logger:1', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } } }),
  )
  await cluster.pass(3000)
  const rollout = await costOf(async () => {
    await logger.setImage('logger:2')
    await cluster.pass(60_000)
  })
  expect(await logger.status()).toMatchObject({ updatedNumberScheduled: size, numberAvailable: size })
  // Per pod: old, going, gone, new, ready; and all of them once, when the target changes.
  expect(rollout.cells).toBeLessThanOrEqual(7 * size)
  expect(rollout.visits).toBeLessThanOrEqual(3 * size)
  expect(rollout.writes).toBeLessThanOrEqual(2 * size + 200)
  expect(cluster.mostLive).toBe(1)
}, 60_000)
