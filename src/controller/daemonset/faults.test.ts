import { afterEach, beforeEach, expect, test } from 'vitest'
import { DaemonSetCluster, daemonSet, loggerOf, refusal } from '../../../test/daemonset-cluster.ts'
import { events, namespaces, pods } from '../../api/resources.ts'
import { ApiError } from '../../api/status.ts'
import type { Event, Pod } from '../../api/types.ts'
import { type Client, Unreachable } from '../../client/client.ts'
import { noCounters } from '../../reconcile/daemonset/status.ts'
import { writeStatus } from './write-status.ts'

let cluster: DaemonSetCluster
let logger: ReturnType<typeof loggerOf>
beforeEach(() => {
  cluster = new DaemonSetCluster()
  logger = loggerOf(cluster)
})
afterEach(() => cluster.stop())

const creates = () => cluster.written.filter(({ method, path }) => method === 'POST' && path.endsWith('/pods')).length
const deletes = () =>
  cluster.written.filter(({ method, path }) => method === 'DELETE' && path.includes('/pods/')).length

test('R4.13 R4.14 a node whose pods keep failing gets a new one later and later; the others are left alone', async () => {
  await cluster.addNodes(2)
  cluster.kubelets.set('n1', 'fails')
  await cluster.start()
  await logger.create()
  const removedAt: number[] = []
  const start = cluster.clock.now()
  for (let second = 0; second < 200; second++) {
    const before = deletes()
    await cluster.pass(1000)
    if (deletes() > before) removedAt.push((cluster.clock.now() - start) / 1000)
  }
  const waits = removedAt.slice(1).map((at, i) => at - removedAt[i]!)
  // A second for the pod to fail and half a one for the failed pod to go, then 1, 2, 4 … seconds since the last removal.
  expect(waits.slice(-4)).toEqual([8, 16, 32, 64])
  expect(cluster.table()).toContain('n2 ready 1')
  expect(await cluster.events('FailedDaemonPod')).toContainEqual(
    expect.stringMatching(
      /^Warning FailedDaemonPod Found failed daemon pod default\/logger-\w+ on node n1, will try to kill it$/,
    ),
  )
  cluster.kubelets.clear()
  await cluster.pass(130_000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1')
})

test('B3 with surge, too, a failing pod is waited out', async () => {
  await cluster.addNodes(1)
  cluster.kubelets.set('n1', 'fails')
  await cluster.start()
  await logger.create(
    daemonSet('logger:1', {
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    }),
  )
  await cluster.pass(120_000)
  expect(creates()).toBeLessThan(12)
  expect(cluster.pods.length).toBeLessThanOrEqual(2)
})

test('R4.18 a quota: fifteen calls for ten pods of a hundred, told, tried again later and later, and counted', async () => {
  await cluster.addNodes(100)
  let made = 0
  const full = new ApiError('Forbidden', 'pods "logger-" is forbidden: exceeded quota: q')
  cluster.onWrite = (request, next) => {
    if (request.method !== 'POST' || !request.path.endsWith('/pods')) return next(request)
    return ++made <= 10 ? next(request) : refusal(full)
  }
  await cluster.start()
  await logger.create()
  await cluster.settle()
  expect([creates(), cluster.pods.length]).toEqual([15, 10])
  expect(await logger.status()).toMatchObject({
    desiredNumberScheduled: 100,
    currentNumberScheduled: 10,
    observedGeneration: 1,
  })
  expect(await cluster.events('FailedCreate')).toEqual([`Warning FailedCreate Error creating: ${full.message}`])
  await cluster.pass(60_000)
  // I11: no hot loop. Tries follow the queue's doubling, and each event of a pod that is there.
  expect(creates()).toBeLessThan(60)
  made = Number.NEGATIVE_INFINITY
  await cluster.pass(120_000)
  expect(cluster.pods).toHaveLength(100)
  expect(cluster.mostLive).toBe(1)
})

test('B8 R2.20 a creation whose answer is lost makes no second pod', async () => {
  await cluster.addNodes(20)
  let lost = 0
  cluster.onWrite = async (request, next) => {
    const answer = await next(request)
    if (request.method === 'POST' && request.path.endsWith('/pods') && lost < 5) {
      lost++
      throw new Error('connection reset')
    }
    return answer
  }
  // The worst case: no event tells of the pod either.
  cluster.stallWatches('pods', true)
  await cluster.start()
  await logger.create()
  await cluster.pass(10_000)
  expect([lost, cluster.pods.length, cluster.mostLive]).toEqual([5, 20, 1])
  cluster.stallWatches('pods', false)
  await cluster.pass(10_000)
  expect((await logger.status())?.numberReady).toBe(20)
  expect(deletes()).toBe(0)
})

test('B8 R2.21 while no event comes nothing is made twice, whatever else happens', async () => {
  await cluster.addNodes(10)
  await cluster.start()
  await logger.create()
  cluster.stallWatches('pods', true)
  await cluster.settle()
  await logger.patch({ metadata: { annotations: { a: '1' } } })
  await cluster.addNode('x')
  await cluster.pass(5000)
  expect([creates(), cluster.pods.length, cluster.mostLive]).toEqual([11, 11, 1])
})

test('I2 a deletion whose answer is lost counts: no second node is taken down for it', async () => {
  await cluster.addNodes(4)
  await cluster.start()
  await logger.create()
  await cluster.pass(5000)
  cluster.stallWatches('pods', true)
  let lost = 0
  cluster.onWrite = async (request, next) => {
    const answer = await next(request)
    if (request.method === 'DELETE' && lost++ === 0) throw new Error('connection reset')
    return answer
  }
  await logger.setImage('logger:2')
  await cluster.pass(60_000)
  expect(lost).toBeGreaterThan(0)
  expect(cluster.table().match(/ready 1/g)).toHaveLength(3)
  cluster.stallWatches('pods', false)
  await cluster.pass(60_000)
  expect(cluster.table()).toBe('n1 ready 2 | n2 ready 2 | n3 ready 2 | n4 ready 2')
})

test('I3 R4.20 a pod that is no longer ours when the deletion arrives survives', async () => {
  await cluster.addNodes(1)
  await cluster.start()
  await logger.create()
  await cluster.pass(5000)
  const [pod] = cluster.pods
  let raced = false
  cluster.onWrite = async (request, next) => {
    if (request.method === 'DELETE' && !raced) {
      raced = true
      const body = { metadata: { labels: { app: 'mine' }, ownerReferences: null } }
      await cluster.admin.patch<Pod>(pods, { namespace: 'default', name: pod!.metadata.name! }, { type: 'merge', body })
    }
    return next(request)
  }
  await logger.setImage('logger:2')
  await cluster.pass(20_000)
  expect(raced).toBe(true)
  expect(cluster.table()).toBe('n1 ready 1 | n1 ready 2')
  expect(cluster.pods.map(({ metadata }) => metadata.uid)).toContain(pod!.metadata.uid)
  expect(await cluster.events('FailedDelete')).toEqual([])
})

test('I1 a pod that met a conflict and cannot be looked at is not gone: no second one beside it', async () => {
  let broken = true
  const client: Client = {
    ...cluster.admin,
    delete: (resource, at, options) =>
      broken ? Promise.reject(new ApiError('Conflict', 'not now')) : cluster.admin.delete(resource, at, options),
    get: (resource, at) =>
      broken && resource === pods ? Promise.reject(new Unreachable('no answer')) : cluster.admin.get(resource, at),
  }
  await cluster.addNodes(1)
  await cluster.start({ client })
  await logger.create()
  await cluster.pass(5_000)
  await logger.setImage('logger:2')
  await cluster.pass(5_000)
  expect(cluster.mostLive).toBe(1)
  broken = false
  await cluster.pass(60_000)
  expect([cluster.mostLive, cluster.table()]).toEqual([1, 'n1 ready 2'])
})

test('R4.19 a namespace that is going takes no pods: no error, no event, and no asking for every event', async () => {
  await cluster.addNodes(3)
  await cluster.start()
  await cluster.admin.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } })
  const going = new ApiError(
    'Forbidden',
    'unable to create new content in namespace team because it is being terminated',
    {
      causes: [
        { reason: 'NamespaceTerminating', message: 'namespace team is being terminated', field: 'metadata.namespace' },
      ],
    },
  )
  cluster.onWrite = (request, next) =>
    request.path.endsWith('/pods') && request.method === 'POST' ? refusal(going) : next(request)
  await logger.create()
  await cluster.pass(1000)
  for (let i = 0; i < 10; i++) await logger.patch({ metadata: { annotations: { i: String(i) } } })
  await cluster.pass(10_000)
  expect(creates()).toBe(1)
  expect(await cluster.events()).toEqual([])
  cluster.onWrite = (request, next) => next(request)
  await cluster.pass(300_000)
  expect(cluster.pods).toHaveLength(3)
})

test('I5 a DaemonSet that is deleted in the middle of a burst gets no more pods, and leaves none', async () => {
  await cluster.addNodes(100)
  let seen = 0
  cluster.onWrite = async (request, next) => {
    if (request.method === 'POST' && request.path.endsWith('/pods') && ++seen === 10) {
      await logger.delete('Background')
      await cluster.settle()
    }
    return next(request)
  }
  await cluster.start()
  await logger.create()
  await cluster.pass(10_000)
  // The batch of eight that was on its way: 1 + 2 + 4 + 8.
  expect([creates(), cluster.pods.length]).toEqual([15, 0])
})

test('R7.2 a status that meets a conflict is written onto what is there now', async () => {
  await cluster.addNodes(1)
  let conflicts = 1
  cluster.onWrite = (request, next) =>
    request.path.endsWith('/status') && conflicts-- > 0 ? refusal(new ApiError('Conflict', 'changed')) : next(request)
  await cluster.start()
  await logger.create()
  await cluster.settle()
  expect(await logger.status()).toMatchObject({ desiredNumberScheduled: 1, observedGeneration: 1 })
  conflicts = 2
  await cluster.addNode('n2')
  await cluster.pass(5000)
  expect(await logger.status()).toMatchObject({ desiredNumberScheduled: 2, numberReady: 2 })
})

test('I10 two controllers: what one has observed is not taken back by the other, which is behind', async () => {
  await cluster.addNodes(1)
  await cluster.start()
  const stale = await logger.create()
  await cluster.pass(5_000)
  await logger.setImage('logger:2')
  await cluster.pass(5_000)
  const before = await logger.status()
  expect(before).toMatchObject({ observedGeneration: 2 })
  const behind = { ...noCounters, desiredNumberScheduled: 7 }
  expect(await writeStatus(stale, behind, cluster.admin, { wrote() {} })).toBe(false)
  expect(await logger.status()).toEqual(before)
})

test('R9.3 a failed pod that changed under our hands is told of once, with its deletion', async () => {
  await cluster.addNodes(1)
  cluster.kubelets.set('n1', 'fails')
  let refused = 0
  cluster.onWrite = async (request, next) => {
    if (request.method !== 'DELETE' || refused++ > 0) return next(request)
    return refusal(new ApiError('Conflict', 'changed'))
  }
  await cluster.start()
  await logger.create()
  await cluster.pass(3_000)
  expect(refused).toBe(2)
  const { items } = await cluster.admin.list<Event>(events)
  const times = (reason: string) => items.filter((event) => event.reason === reason).map(({ count }) => count)
  expect([times('FailedDaemonPod'), times('SuccessfulDelete')]).toEqual([[1], [1]])
})
