import { afterEach, beforeEach, expect, test } from 'vitest'
import { DaemonSetCluster, daemonSet, loggerOf } from '../../../test/daemonset-cluster.ts'
import { controllerRevisions, pods } from '../../api/resources.ts'
import type { ControllerRevision, Pod } from '../../api/types.ts'

let cluster: DaemonSetCluster
let logger: ReturnType<typeof loggerOf>
beforeEach(async () => {
  cluster = new DaemonSetCluster()
  logger = loggerOf(cluster)
  await cluster.addNodes(2)
  await cluster.start()
})
afterEach(() => cluster.stop())

const uids = () => cluster.pods.map((pod) => pod.metadata.uid)
const at = (object: { metadata: { name?: string } }) => ({ namespace: 'default', name: object.metadata.name! })
const hashOf = (object: Pod | ControllerRevision | undefined) => object?.metadata.labels?.['controller-revision-hash']

test('R6.5 R6.6 the first revision', async () => {
  const created = await logger.create({
    ...daemonSet(),
    metadata: { name: 'logger', namespace: 'default', annotations: { 'kubernetes.io/change-cause': 'first' } },
  })
  await cluster.settle()
  const [revision] = await logger.revisions()
  expect(revision).toMatchObject({
    metadata: {
      name: `logger-${hashOf(revision)}`,
      labels: { app: 'logger' },
      annotations: { 'kubernetes.io/change-cause': 'first' },
      ownerReferences: [{ uid: created.metadata.uid, controller: true, blockOwnerDeletion: true }],
    },
    revision: 1,
    data: { spec: { template: { $patch: 'replace', spec: { containers: [{ name: 'c', image: 'logger:1' }] } } } },
  })
})

test('M10 R10.19 orphan delete keeps pods and revisions; a new DaemonSet adopts both and restarts nothing', async () => {
  await logger.create()
  await cluster.pass(5000)
  const before = uids()
  await logger.delete('Orphan')
  await cluster.pass(5000)
  await expect(logger.get()).rejects.toMatchObject({ reason: 'NotFound' })
  expect(uids()).toEqual(before)
  expect(cluster.pods.every((pod) => (pod.metadata.ownerReferences ?? []).length === 0)).toBe(true)
  const [orphan] = await logger.revisions()
  expect(orphan?.metadata.ownerReferences ?? []).toEqual([])

  const { metadata } = await logger.create()
  await cluster.pass(5000)
  expect(uids()).toEqual(before)
  expect(cluster.pods.map((pod) => pod.metadata.ownerReferences?.map(({ uid }) => uid))).toEqual([
    [metadata.uid],
    [metadata.uid],
  ])
  expect(
    (await logger.revisions()).map((revision) => [revision.metadata.uid, revision.metadata.ownerReferences?.[0]?.uid]),
  ).toEqual([[orphan?.metadata.uid, metadata.uid]])
  expect(await logger.status()).toMatchObject({ numberReady: 2, updatedNumberScheduled: 2 })
})

test('R4.5 adopted pods that carry no revision are old, and are replaced', async () => {
  for (const node of ['n1', 'n2']) {
    await cluster.admin.create<Pod>(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `hand-made-${node}`, namespace: 'default', labels: { app: 'logger' } },
      spec: { nodeName: node, containers: [{ name: 'c', image: 'logger:0' }] },
    })
  }
  await cluster.pass(5000)
  await logger.create()
  await cluster.settle()
  expect(cluster.table()).toBe('n1 going 0 | n2 ready 0')
  await cluster.pass(20_000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1')
})

test('R4.2 a pod whose labels no longer match is let go, and replaced', async () => {
  await logger.create()
  await cluster.pass(5000)
  const [pod] = cluster.pods
  await cluster.admin.patch(pods, at(pod!), { type: 'merge', body: { metadata: { labels: { app: 'debug' } } } })
  await cluster.pass(5000)
  const live = await cluster.admin.get<Pod>(pods, at(pod!))
  expect(live.metadata.ownerReferences ?? []).toEqual([])
  expect(cluster.pods).toHaveLength(3)
  // Labelled back it is one too many: adopted, and the younger one of its node goes (R4.10).
  await cluster.admin.patch(pods, at(pod!), { type: 'merge', body: { metadata: { labels: { app: 'logger' } } } })
  await cluster.pass(5000)
  expect(cluster.pods).toHaveLength(2)
  expect(uids()).toContain(pod!.metadata.uid)
})

test('W11.5 R4.2 R4.3 the very bodies of adoption and release, each of the version that was looked at', async () => {
  const bodies: unknown[] = []
  cluster.onWrite = (request, next) => {
    if (request.method === 'PATCH')
      bodies.push([request.headers['content-type'], JSON.parse(Buffer.from(request.body).toString())])
    return next(request)
  }
  await logger.create()
  await cluster.pass(5000)
  const [pod] = cluster.pods
  const { uid } = (await logger.get()).metadata
  const patch = (metadata: unknown) => cluster.admin.patch<Pod>(pods, at(pod!), { type: 'merge', body: { metadata } })
  const orphan = await patch({ ownerReferences: null })
  await cluster.pass(1000)
  const other = await patch({ labels: { app: 'debug' } })
  await cluster.pass(1000)
  const smp = 'application/strategic-merge-patch+json'
  const reference = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    name: 'logger',
    uid,
    controller: true,
    blockOwnerDeletion: true,
  }
  expect(bodies).toEqual([
    [smp, { metadata: { ownerReferences: [reference], ...identity(orphan) } }],
    [smp, { metadata: { ...identity(other), ownerReferences: [{ $patch: 'delete', uid }] } }],
  ])

  function identity({ metadata }: Pod) {
    return { uid: metadata.uid, resourceVersion: metadata.resourceVersion }
  }
})

test('I7 R4.3 a pod that is labelled away while its adoption is on the way is not adopted', async () => {
  await logger.create()
  await cluster.pass(5000)
  const [pod] = cluster.pods
  const relabel = (metadata: unknown) => cluster.admin.patch(pods, at(pod!), { type: 'merge', body: { metadata } })
  let adoptions = 0
  cluster.onWrite = async (request, next) => {
    if (request.method === 'PATCH' && ++adoptions === 1) await relabel({ labels: { app: 'mine' } })
    return next(request)
  }
  await relabel({ ownerReferences: null })
  const owned = new Set<boolean>()
  cluster.store.subscribe(pods.collection, ({ record }) => {
    const { metadata } = JSON.parse(Buffer.from(record.bytes).toString()) as Pod
    if (metadata.uid === pod!.metadata.uid) owned.add((metadata.ownerReferences ?? []).length > 0)
  })
  await cluster.pass(5000)
  expect([adoptions, ...owned]).toEqual([1, false])
  expect(cluster.pods).toHaveLength(3)
})

test('R4.2 R4.3 a pod that changes in other ways meanwhile is adopted all the same', async () => {
  await logger.create()
  await cluster.pass(5000)
  const [pod] = cluster.pods
  const change = (metadata: unknown) => cluster.admin.patch(pods, at(pod!), { type: 'merge', body: { metadata } })
  let adoptions = 0
  cluster.onWrite = async (request, next) => {
    if (request.method === 'PATCH' && ++adoptions <= 3) await change({ annotations: { seen: String(adoptions) } })
    return next(request)
  }
  await change({ ownerReferences: null })
  await cluster.pass(5000)
  expect(adoptions).toBe(4)
  expect(cluster.pods).toHaveLength(2)
  expect(cluster.pods.every(({ metadata }) => metadata.ownerReferences?.length === 1)).toBe(true)
})

test('R6.9 LaunchWithHashCollision: a foreign revision under the next name makes another hash', async () => {
  await logger.create()
  await cluster.pass(5000)
  const [first] = await logger.revisions()
  // The revision of logger:2 is made, forgotten, and its name taken by somebody else.
  await logger.setImage('logger:2')
  await cluster.settle()
  const [, second] = await logger.revisions()
  await cluster.stopController()
  await logger.patch(first!.data)
  await cluster.admin.delete(controllerRevisions, at(second!))
  await cluster.admin.create<ControllerRevision>(controllerRevisions, {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name: second!.metadata.name!, namespace: 'default', labels: { app: 'somebody-else' } },
    data: { taken: true },
    revision: 7,
  })
  await cluster.start()
  await cluster.pass(5000)
  await logger.setImage('logger:2')
  await cluster.pass(20_000)
  expect(await logger.status()).toMatchObject({ collisionCount: 1, updatedNumberScheduled: 2 })
  expect(cluster.table()).toBe('n1 ready 2 | n2 ready 2')
  expect(cluster.pods.every((pod) => hashOf(pod) !== hashOf(second))).toBe(true)
})

test('DSCUpdatesPodLabelAfterDedupCurHistories: of two revisions of one template the newer stays', async () => {
  await logger.create()
  await cluster.pass(5000)
  const [first] = await logger.revisions()
  const { ownerReferences } = first!.metadata
  const labels = { ...first!.metadata.labels, 'controller-revision-hash': 'twin' }
  await cluster.admin.create<ControllerRevision>(controllerRevisions, {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: 'logger-twin',
      namespace: 'default',
      labels,
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
    data: first!.data,
    revision: 2,
  })
  await cluster.pass(5000)
  expect((await logger.revisions()).map(({ metadata }) => metadata.name)).toEqual(['logger-twin'])
  expect(cluster.pods.map(hashOf)).toEqual(['twin', 'twin'])
})

test('R4.3 DontDoAnythingIfBeingDeletedRace: who is being deleted adopts nothing, though the cache does not know yet', async () => {
  await logger.create()
  await cluster.pass(5000)
  const [pod] = cluster.pods
  cluster.stallWatches('daemonsets', true)
  await logger.delete('Foreground')
  await cluster.admin.patch(pods, at(pod!), { type: 'merge', body: { metadata: { ownerReferences: null } } })
  await cluster.pass(1000)
  const live = cluster.pods.find(({ metadata }) => metadata.uid === pod!.metadata.uid)
  expect(live?.metadata.ownerReferences ?? []).toEqual([])
  const creates = cluster.written.filter(({ method, path }) => method === 'POST' && path.endsWith('/pods'))
  expect(creates).toHaveLength(2)
})
