import { afterEach, beforeEach, expect, test } from 'vitest'
import { DaemonSetCluster, daemonSet, loggerOf } from '../../../test/daemonset-cluster.ts'
import { pods } from '../../api/resources.ts'
import type { DaemonSetSpec } from '../../api/types.ts'

let cluster: DaemonSetCluster
let logger: ReturnType<typeof loggerOf>
beforeEach(async () => {
  cluster = new DaemonSetCluster()
  logger = loggerOf(cluster)
})
afterEach(() => cluster.stop())

async function running(count: number, spec: Partial<DaemonSetSpec> = {}): Promise<void> {
  await cluster.addNodes(count)
  await cluster.start()
  await logger.create(daemonSet('logger:1', spec))
  await cluster.pass(60_000)
  cluster.mostLive = 0
}

const ready = (count: number, image: string) =>
  Array.from({ length: count }, (_, i) => `n${i + 1} ready ${image}`).join(' | ')

/** Lets time pass second by second; the fewest pods that were ready, and the most there were, at any change. */
async function watched(ms: number): Promise<{ fewestReady: number; most: number }> {
  let fewestReady = Number.POSITIVE_INFINITY
  let most = 0
  const stop = cluster.store.subscribe(pods.collection, () => {
    const words = cluster.table().split(' | ')
    fewestReady = Math.min(fewestReady, words.filter((word) => word.includes(' ready ')).length)
    most = Math.max(most, words.length)
  })
  await cluster.pass(ms)
  stop()
  return { fewestReady, most }
}

test('M8 a new template rolls out, one node at a time, by name', async () => {
  await running(3)
  await logger.setImage('logger:2')
  await cluster.settle()
  expect(cluster.table()).toBe('n1 going 1 | n2 ready 1 | n3 ready 1')
  const { fewestReady } = await watched(20_000)
  expect([cluster.table(), fewestReady]).toEqual([ready(3, '2'), 2])
  expect(cluster.mostLive).toBe(1)
  expect(await logger.status()).toMatchObject({ updatedNumberScheduled: 3, numberAvailable: 3, observedGeneration: 2 })
})

test('R5.2 as many at a time as maxUnavailable says, in percent of what is desired', async () => {
  await running(5, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '40%' } } })
  await logger.setImage('logger:2')
  const { fewestReady } = await watched(20_000)
  expect([cluster.table(), fewestReady]).toEqual([ready(5, '2'), 3])
})

test('R5.7 R7.4 a new pod counts after minReadySeconds, though no event says so', async () => {
  await running(2, { minReadySeconds: 10 })
  await logger.setImage('logger:2')
  await cluster.pass(5000)
  expect(cluster.table()).toBe('n1 ready 2 | n2 ready 1')
  expect(await logger.status()).toMatchObject({ numberReady: 2, numberAvailable: 1 })
  await cluster.pass(5000)
  expect(cluster.table()).toBe('n1 ready 2 | n2 ready 1')
  await cluster.pass(10_000)
  expect(cluster.table()).toBe(ready(2, '2'))
  await cluster.pass(10_000)
  expect(await logger.status()).toMatchObject({ numberReady: 2, numberAvailable: 2 })
})

test('R5.13 with maxSurge the new pod comes first, and the old one goes when it serves', async () => {
  await running(3, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } })
  await logger.setImage('logger:2')
  await cluster.settle()
  expect(cluster.table()).toBe('n1 Pending 2 | n1 ready 1 | n2 ready 1 | n3 ready 1')
  const { fewestReady, most } = await watched(30_000)
  expect(cluster.table()).toBe(ready(3, '2'))
  expect(fewestReady).toBeGreaterThanOrEqual(3)
  // One surges while the one before it is still going.
  expect(most).toBeLessThanOrEqual(5)
  expect(cluster.mostLive).toBe(2)
})

test('M8 R5.14 OnDelete waits for the user', async () => {
  await running(2, { updateStrategy: { type: 'OnDelete' } })
  await logger.setImage('logger:2')
  await cluster.pass(20_000)
  expect(cluster.table()).toBe(ready(2, '1'))
  expect((await logger.status())?.updatedNumberScheduled).toBeUndefined()
  await cluster.admin.delete(pods, {
    namespace: 'default',
    name: cluster.pods.find((pod) => pod.spec.nodeName === 'n1')!.metadata.name!,
  })
  await cluster.pass(5000)
  expect(cluster.table()).toBe('n1 ready 2 | n2 ready 1')
})

test('R5.15 what is not in the template restarts nothing', async () => {
  await running(2)
  const before = cluster.pods.map((pod) => pod.metadata.uid)
  await logger.patch({
    metadata: { labels: { a: 'b' } },
    spec: { minReadySeconds: 1, revisionHistoryLimit: 3, updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } },
  })
  await cluster.pass(20_000)
  expect(cluster.pods.map((pod) => pod.metadata.uid)).toEqual(before)
  expect(await logger.revisions()).toHaveLength(1)
})

test('M9 R5.15 undo in the middle of a rollout keeps the pods it had not reached, and renumbers the revision', async () => {
  await running(4)
  const before = new Map(cluster.pods.map((pod) => [pod.spec.nodeName, pod.metadata.uid]))
  const [first] = await logger.revisions()
  cluster.kubelets.set('n2', 'hangs')
  await logger.setImage('logger:2')
  await cluster.pass(20_000)
  expect(cluster.table()).toBe('n1 ready 2 | n2 Pending 2 | n3 ready 1 | n4 ready 1')
  cluster.kubelets.clear()
  // What kubectl rollout undo sends (R10.10).
  await logger.patch(first!.data)
  await cluster.pass(20_000)
  expect(cluster.table()).toBe(ready(4, '1'))
  const after = new Map(cluster.pods.map((pod) => [pod.spec.nodeName, pod.metadata.uid]))
  expect(['n3', 'n4'].map((node) => after.get(node))).toEqual(['n3', 'n4'].map((node) => before.get(node)))
  expect((await logger.revisions()).map(({ revision, metadata }) => [revision, metadata.uid])).toEqual([
    [2, expect.anything()],
    [3, first!.metadata.uid],
  ])
})

test('B14 a paused update replaces nothing, makes what is missing, and goes on where it stood when it may', async () => {
  await running(4)
  await logger.setImage('logger:2')
  await cluster.pass(500)
  const pause = (value: string | null) => logger.patch({ metadata: { annotations: { 'everynode.dev/paused': value } } })
  await pause('true')
  await cluster.pass(20_000)
  expect(cluster.table()).toBe('n1 ready 2 | n2 ready 1 | n3 ready 1 | n4 ready 1')
  await cluster.addNode('n5')
  await cluster.admin.delete(pods, {
    namespace: 'default',
    name: cluster.pods.find((pod) => pod.spec.nodeName === 'n4')!.metadata.name!,
  })
  await cluster.pass(20_000)
  expect(cluster.table()).toBe('n1 ready 2 | n2 ready 1 | n3 ready 1 | n4 ready 2 | n5 ready 2')
  expect(await logger.status()).toMatchObject({ updatedNumberScheduled: 3, observedGeneration: 2 })
  await pause(null)
  await cluster.pass(20_000)
  expect(cluster.table()).toBe(ready(5, '2'))
})

test('I2 a second edit while the first rolls out never takes down more than one', async () => {
  await running(4, { minReadySeconds: 5 })
  await logger.setImage('logger:2')
  await cluster.pass(3000)
  await logger.setImage('logger:3')
  const { fewestReady } = await watched(120_000)
  expect([cluster.table(), fewestReady]).toEqual([ready(4, '3'), 3])
})

test('R5.9 a broken version stops at its first node, and the next one passes over it', async () => {
  await running(3)
  for (const node of ['n1', 'n2', 'n3']) cluster.kubelets.set(node, 'hangs')
  await logger.setImage('logger:bad')
  await cluster.pass(600_000)
  expect(cluster.table()).toBe('n1 Pending bad | n2 ready 1 | n3 ready 1')
  cluster.kubelets.clear()
  await logger.setImage('logger:good')
  await cluster.pass(20_000)
  expect(cluster.table()).toBe(ready(3, 'good'))
})

test('C17 a controller that is restarted in the middle goes on, and writes nothing it need not', async () => {
  await running(4)
  await logger.setImage('logger:2')
  await cluster.pass(3000)
  await cluster.stopController()
  await cluster.pass(10_000)
  const before = cluster.table()
  expect(before).toContain('ready 1')
  await cluster.start()
  await cluster.pass(60_000)
  expect(cluster.table()).toBe(ready(4, '2'))
  expect(cluster.mostLive).toBe(1)
  await cluster.stopController()
  const written = cluster.written.length
  await cluster.start()
  await cluster.pass(60_000)
  expect(cluster.written.length).toBe(written)
})

test('R6.11 the history keeps as many old revisions as it should', async () => {
  await running(1, { revisionHistoryLimit: 2 })
  for (const image of ['2', '3', '4', '5']) {
    await logger.setImage(`logger:${image}`)
    await cluster.pass(10_000)
  }
  expect((await logger.revisions()).map(({ revision }) => revision)).toEqual([3, 4, 5])
})
