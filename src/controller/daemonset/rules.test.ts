import { afterEach, beforeEach, expect, test } from 'vitest'
import { DaemonSetCluster, daemonSet, loggerOf, refusal } from '../../../test/daemonset-cluster.ts'
import { at, hashOf, listening, running, surgeOfOne } from '../../../test/daemonset-logger.ts'
import { controllerRevisions, daemonSets, events, nodes, podDisruptionBudgets, pods } from '../../api/resources.ts'
import { ApiError } from '../../api/status.ts'
import type { DaemonSet, Pod } from '../../api/types.ts'

// Rules and known faults of upstream that show only with a server, one by one.

let cluster: DaemonSetCluster
let logger: ReturnType<typeof loggerOf>
beforeEach(() => {
  cluster = new DaemonSetCluster()
  logger = loggerOf(cluster)
})
afterEach(() => cluster.stop())

test('R8.6 what admission or anybody changes in a pod restarts nothing', async () => {
  await running(cluster, 1)
  const [pod] = cluster.pods
  await cluster.admin.patch(pods, at(pod!), {
    type: 'strategic',
    body: {
      metadata: { annotations: { injected: 'yes' } },
      spec: { containers: [{ name: 'c', image: 'mirror/logger:1' }] },
    },
  })
  await cluster.pass(20_000)
  expect(cluster.pods.map((one) => one.metadata.uid)).toEqual([pod!.metadata.uid])
})

test('R8.9 a disruption budget is not asked', async () => {
  await running(cluster, 2)
  await cluster.admin.create(podDisruptionBudgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'keep', namespace: 'default' },
    spec: { minAvailable: '100%', selector: { matchLabels: { app: 'logger' } } },
  } as never)
  await logger.setImage('logger:2')
  await cluster.pass(20_000)
  expect(cluster.table()).toBe('n1 ready 2 | n2 ready 2')
})

test('R9.1 R9.3 R9.8 what is made and deleted is told; adoption, release, history and status are not', async () => {
  await running(cluster, 1)
  const [first] = cluster.pods
  await cluster.admin.patch(pods, at(first!), { type: 'merge', body: { metadata: { ownerReferences: null } } })
  await cluster.pass(2000)
  await logger.setImage('logger:2')
  await cluster.pass(5000)
  const [second] = cluster.pods
  expect(await cluster.events()).toEqual(
    [
      `Normal SuccessfulCreate Created pod: ${first!.metadata.name}`,
      `Normal SuccessfulCreate Created pod: ${second!.metadata.name}`,
      `Normal SuccessfulDelete Deleted pod: ${first!.metadata.name}`,
    ].sort(),
  )
})

test('R9.2 R9.4 what cannot be made or deleted is told, with the server’s words', async () => {
  await running(cluster, 1)
  cluster.onWrite = (request, next) => {
    const isPod = /\/pods(\/|$)/.test(request.path)
    if (isPod && request.method !== 'PATCH') return refusal(new ApiError('Forbidden', `no ${request.method}`))
    return next(request)
  }
  await logger.setImage('logger:2')
  await cluster.addNode('n2')
  await cluster.pass(3000)
  expect(await cluster.events('FailedCreate')).toEqual(['Warning FailedCreate Error creating: no POST'])
  cluster.onWrite = (request, next) =>
    request.method === 'DELETE' ? refusal(new ApiError('Forbidden', 'no DELETE')) : next(request)
  await cluster.pass(3000)
  expect(await cluster.events('FailedDelete')).toEqual(['Warning FailedDelete Error deleting: no DELETE'])
})

test('R9.7 B20 a DaemonSet that selects everything is told so, and nothing else is done', async () => {
  await running(cluster, 1)
  const before = cluster.pods.map((pod) => pod.metadata.uid)
  await cluster.stopController()
  // Nobody can write such a one; a store may hold it all the same.
  const [collection, key] = [daemonSets.collection, 'default/logger']
  const stored = JSON.parse(Buffer.from(cluster.store.get(collection, key)!.bytes).toString()) as DaemonSet
  stored.spec.selector = {}
  const encode = (revision: number) => {
    stored.metadata.resourceVersion = String(revision)
    return Buffer.from(JSON.stringify(stored))
  }
  await cluster.store.write({ collection, key, expect: undefined, encode })
  await cluster.start()
  await cluster.pass(2000)
  expect(await cluster.events('SelectingAll')).toEqual([
    'Warning SelectingAll This daemon set is selecting all pods. A non-empty selector is required.',
  ])
  expect(cluster.pods.map((pod) => pod.metadata.uid)).toEqual(before)
})

test('B4 with surge and a host port the new pod cannot stand beside the old one: told, and the rest goes on', async () => {
  const object = daemonSet('logger:1', { updateStrategy: surgeOfOne })
  object.spec.template.spec.containers[0]!.ports = [{ containerPort: 80, hostPort: 8080 }]
  await cluster.addNodes(2)
  await cluster.start()
  await logger.create(object)
  await cluster.pass(5000)
  await logger.setImage('logger:2')
  await cluster.pass(20_000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1')
  expect(await cluster.events('FailedPlacement')).toEqual([
    expect.stringMatching(
      /^Warning FailedPlacement failed to place pod on "n1": host port 8080\/TCP is taken by pod default\/logger-/,
    ),
  ])
})

test('B9 R2.15 deletions are known by uid: while no event comes none is taken for another, then all goes on at once', async () => {
  await running(cluster, 2)
  cluster.stallWatches('pods', true)
  await logger.setImage('logger:2')
  await cluster.pass(10_000)
  const [going] = cluster.pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined)
  expect(cluster.pods.filter((pod) => pod.spec.nodeName === 'n2')).toHaveLength(1)
  expect(going).toBeUndefined()
  cluster.stallWatches('pods', false)
  await cluster.pass(20_000)
  expect(cluster.table()).toBe('n1 ready 2 | n2 ready 2')
})

test('B19 R10.18 a pod that never ends holds up a foreground deletion, until its node is gone', async () => {
  await running(cluster, 2)
  cluster.stopMs = 100_000_000
  await logger.delete('Foreground')
  await cluster.pass(60_000)
  expect((await logger.get()).metadata.deletionTimestamp).toBeDefined()
  for (const name of ['n1', 'n2']) await cluster.admin.delete(nodes, { name })
  await cluster.pass(120_000)
  await expect(logger.get()).rejects.toMatchObject({ reason: 'NotFound' })
})

test('B22 two who fight over a template make revisions without end, but no more than the history keeps', async () => {
  await running(cluster, 1, { revisionHistoryLimit: 3 })
  for (let i = 0; i < 12; i++) {
    await logger.setImage(i % 2 === 0 ? 'logger:a' : `logger:b${i}`)
    await cluster.pass(3000)
  }
  const revisions = await logger.revisions()
  expect(revisions.length).toBeLessThanOrEqual(4)
  expect(revisions.at(-1)?.revision).toBeGreaterThan(10)
})

test('B23 a name so long that its revisions can have none: nothing is made, and that is said', async () => {
  const { log, heard } = listening()
  await cluster.addNodes(1)
  await cluster.start({ log })
  const object = daemonSet()
  object.metadata.name = 'a'.repeat(250)
  await cluster.admin.create<DaemonSet>(daemonSets, object)
  await cluster.pass(1000)
  expect(heard[0]).toMatch(/^Error: failed to construct revisions of DaemonSet: .*must be no more than 253/)
  expect(cluster.written.filter(({ path }) => path.endsWith('/pods'))).toEqual([])
})

test('R6.12 what went wrong with a revision that should go is told, and the pods are not touched by it', async () => {
  const { log, heard } = listening()
  await cluster.addNodes(1)
  await cluster.start({ log })
  await logger.create(daemonSet('logger:1', { revisionHistoryLimit: 0 }))
  await cluster.pass(3000)
  cluster.onWrite = (request, next) =>
    request.method === 'DELETE' && request.path.includes('controllerrevisions')
      ? refusal(new ApiError('Forbidden', 'kept'))
      : next(request)
  await logger.setImage('logger:2')
  await cluster.pass(10_000)
  expect(cluster.table()).toBe('n1 ready 2')
  expect(heard.at(-1)).toContain('failed to clean up revisions of DaemonSet: kept')
  expect(await logger.revisions()).toHaveLength(2)
})

test('R6.10 a revision from before there were hashes: pods are labelled with its name', async () => {
  await running(cluster, 1)
  const [revision] = await logger.revisions()
  await cluster.admin.patch(controllerRevisions, at(revision!), {
    type: 'merge',
    body: { metadata: { labels: { 'controller-revision-hash': null } } },
  })
  await cluster.addNode('n2')
  await cluster.pass(5000)
  expect((await logger.revisions()).map(hashOf)).toEqual([revision!.metadata.name])
  const made = cluster.pods.find((pod) => pod.spec.nodeName === 'n2')
  expect(hashOf(made)).toBe(revision!.metadata.name)
})

test('R2.3 nothing is decided before everything has been seen', async () => {
  await cluster.addNodes(2)
  await logger.create()
  await cluster.start()
  await cluster.pass(3000)
  await cluster.stopController()
  const before = cluster.written.length
  // The revisions cannot be listed for a while: had it begun without them, it would make one.
  let refused = 0
  cluster.onRead = (request, next) => {
    if (!request.path.endsWith('/controllerrevisions') || refused++ > 2) return next(request)
    return refusal(new ApiError('ServiceUnavailable', 'not yet'))
  }
  const started = cluster.start()
  await cluster.pass(60_000)
  await started
  expect(refused).toBeGreaterThan(2)
  expect(cluster.written.length).toBe(before)
})

test('R4.17 R5.16 at most 250 in one go, and one step of a rollout at a time', async () => {
  await cluster.addNodes(260)
  const controller = await cluster.start()
  const syncs: number[] = []
  cluster.beforeWrite = ({ method, path }) => {
    if (method === 'POST' && path.endsWith('/pods')) syncs.push(controller.work().syncs)
  }
  await logger.create()
  await cluster.settle()
  expect(syncs).toHaveLength(260)
  expect(new Set(syncs.slice(0, 250)).size).toBe(1)
  expect(syncs[250]).toBeGreaterThan(syncs[0]!)
}, 30_000)

test('R4.1 the pods of a former DaemonSet of the same name are not ours', async () => {
  await cluster.addNodes(1)
  await cluster.start()
  const { metadata } = await logger.create()
  await cluster.pass(3000)
  await cluster.stopController()
  const [pod] = cluster.pods
  const former = [{ ...pod!.metadata.ownerReferences![0]!, uid: 'somebody-else' }]
  await cluster.admin.create<Pod>(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'former', namespace: 'default', labels: { app: 'logger' }, ownerReferences: former },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'logger:0' }] },
  })
  const made = cluster.written.length
  await cluster.start()
  expect(cluster.written.slice(made).filter(({ path }) => path.includes('former'))).toEqual([])
  expect(pod?.metadata.ownerReferences?.[0]?.uid).toBe(metadata.uid)
})

test('R9.9 an event says where it comes from', async () => {
  await running(cluster, 1)
  const [event] = await cluster.list<never>(events)
  expect(event).toMatchObject({ source: { component: 'daemonset-controller' }, involvedObject: { kind: 'DaemonSet' } })
})
