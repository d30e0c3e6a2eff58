// What pods are called, and that a name is what keeps a creation from being carried out twice (0011).

import { afterEach, beforeEach, expect, test } from 'vitest'
import { DaemonSetCluster, loggerOf, refusal } from '../../../test/daemonset-cluster.ts'
import { pods } from '../../api/resources.ts'
import { ApiError } from '../../api/status.ts'
import type { Pod } from '../../api/types.ts'
import { podNameLimits } from '../../reconcile/daemonset/pod-names.ts'

let cluster: DaemonSetCluster
let logger: ReturnType<typeof loggerOf>
beforeEach(() => {
  cluster = new DaemonSetCluster()
  logger = loggerOf(cluster)
})
afterEach(() => cluster.stop())

test('derived names: a pod made twice is refused by the server, and found', async () => {
  await cluster.addNodes(5)
  let lost = 0
  cluster.onWrite = async (request, next) => {
    const answer = await next(request)
    if (request.method === 'POST' && request.path.endsWith('/pods') && lost++ < 3) throw new Error('connection reset')
    return answer
  }
  await cluster.start({ podNames: 'derived' })
  await logger.create()
  await cluster.pass(10_000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1 | n3 ready 1 | n4 ready 1 | n5 ready 1')
  const names = cluster.pods.map(({ metadata }) => metadata.name)
  await cluster.admin.delete(pods, { namespace: 'default', name: names[0]! })
  await logger.setImage('logger:2')
  await cluster.pass(60_000)
  expect(cluster.table()).toBe('n1 ready 2 | n2 ready 2 | n3 ready 2 | n4 ready 2 | n5 ready 2')
  expect(cluster.mostLive).toBe(1)
})

test('I1 derived names: a copy of a creation that comes when its name is free again makes one too many, which goes', async () => {
  await cluster.addNodes(1)
  let copy: (() => Promise<unknown>) | undefined
  cluster.onWrite = (request, next) => {
    if (request.method === 'POST' && request.path.endsWith('/pods')) copy ??= () => next(request)
    return next(request)
  }
  await cluster.start({ podNames: 'derived' })
  await logger.create()
  await cluster.pass(10_000)
  const [first] = cluster.pods
  await logger.setImage('logger:2')
  await cluster.pass(20_000)
  const [second] = cluster.pods
  await copy!()
  expect(cluster.pods).toHaveLength(2)
  expect(cluster.pods.map(({ metadata }) => metadata.name)).toContain(first!.metadata.name)
  await cluster.pass(20_000)
  expect(cluster.pods.map(({ metadata }) => metadata.uid)).toEqual([second!.metadata.uid])
})

test.each([
  'generated',
  'derived',
] as const)('I1 %s names: a creation that its maker gave up, and that comes later, makes no second pod', async (podNames) => {
  await cluster.addNodes(1)
  const asked: (string | undefined)[][] = []
  let late: (() => Promise<unknown>) | undefined
  cluster.onWrite = async (request, next) => {
    if (request.method !== 'POST' || !request.path.endsWith('/pods')) return next(request)
    const { metadata }: Pod = JSON.parse(Buffer.from(request.body).toString())
    asked.push([metadata.name, metadata.generateName])
    if (late !== undefined) return next(request)
    late = () => next(request)
    throw new Error('connection reset')
  }
  await cluster.start({ podNames })
  await logger.create()
  await cluster.pass(10_000)
  await late!()
  await cluster.pass(10_000)
  const [pod, ...others] = cluster.pods
  expect(others).toEqual([])
  const generateName = podNames === 'generated' ? 'logger-' : undefined
  expect(asked).toEqual([0, 0].map(() => [pod?.metadata.name, generateName]))
  expect(pod?.metadata.generateName).toBe(generateName)
})

test('I1 generated names: a creation that came before it was asked for again is found', async () => {
  await cluster.addNodes(1)
  const answers: number[] = []
  cluster.onWrite = async (request, next) => {
    if (request.method !== 'POST' || !request.path.endsWith('/pods')) return next(request)
    const answer = await next(request)
    answers.push(answer.status)
    if (answers.length === 1) throw new Error('connection reset')
    return answer
  }
  // Nobody sees what waits for the disk.
  cluster.onRead = async (request, next) => {
    const isHidden = request.path.endsWith('/namespaces/default/pods') && answers.length < 2
    return isHidden ? { ...(await next({ ...request, path: '/api/v1/namespaces/other/pods' })) } : next(request)
  }
  cluster.stallWatches('pods', true)
  await cluster.start()
  await logger.create()
  await cluster.pass(10_000)
  expect(answers).toEqual([201, 409])
  cluster.stallWatches('pods', false)
  await cluster.pass(10_000)
  expect(cluster.pods).toHaveLength(1)
})

test('R8.2 generated names: one that somebody else has is drawn again', async () => {
  await cluster.addNodes(1)
  let posts = 0
  cluster.onWrite = async (request, next) => {
    if (request.method === 'POST' && request.path.endsWith('/pods') && ++posts === 1) {
      const pod: Pod = JSON.parse(Buffer.from(request.body).toString())
      await cluster.admin.create(pods, { ...pod, metadata: { name: pod.metadata.name!, namespace: 'default' } })
    }
    return next(request)
  }
  await cluster.start()
  await logger.create()
  await cluster.pass(10_000)
  expect(posts).toBe(2)
  expect(cluster.pods.filter(({ metadata }) => metadata.ownerReferences !== undefined)).toHaveLength(1)
})

test('R4.2 derived names: a pod that was released keeps its name, and its node gets another', async () => {
  await cluster.addNodes(1)
  await cluster.start({ podNames: 'derived' })
  await logger.create()
  await cluster.pass(10_000)
  const release = { type: 'merge', body: { metadata: { labels: { app: 'debug' } } } } as const
  for (let times = 1; times <= 3; times++) {
    const ours = cluster.pods.find(({ metadata }) => metadata.ownerReferences !== undefined)
    await cluster.admin.patch(pods, { namespace: 'default', name: ours!.metadata.name! }, release)
    await cluster.pass(10_000)
    expect(cluster.pods.map(({ metadata }) => metadata.ownerReferences?.length ?? 0).sort()).toEqual([
      ...Array(times).fill(0),
      1,
    ])
  }
})

test('R8.8 derived names: a pod that has ended and that a finalizer keeps keeps its name, and its node gets another', async () => {
  await cluster.addNodes(1)
  await cluster.start({ podNames: 'derived' })
  await logger.create()
  await cluster.pass(10_000)
  const [pod] = cluster.pods
  const at = { namespace: 'default', name: pod!.metadata.name! }
  const keep = { type: 'merge', body: { metadata: { finalizers: ['example.com/keep'] } } } as const
  await cluster.admin.patch(pods, at, keep)
  const status = { type: 'merge', body: { status: { phase: 'Succeeded' } } } as const
  await cluster.admin.patch(pods, { ...at, subresource: 'status' }, status)
  await cluster.pass(10_000)
  expect(cluster.pods.map(({ metadata }) => metadata.deletionTimestamp === undefined).sort()).toEqual([false, true])
})

test('I11 a name that stays taken, whatever is known of it, is asked for later and later', async () => {
  await cluster.addNodes(1)
  const spec = { containers: [{ name: 'c', image: 'other:1' }] }
  const other: Pod = { metadata: { name: 'other', namespace: 'default' }, spec }
  let posts = 0
  cluster.onWrite = async (request, next) => {
    if (request.method !== 'POST' || !request.path.endsWith('/pods')) return next(request)
    posts++
    const { metadata }: Pod = JSON.parse(Buffer.from(request.body).toString())
    if (posts === 1) await cluster.admin.create(pods, other)
    return refusal(new ApiError('AlreadyExists', `pods "${metadata.name}" already exists`))
  }
  cluster.onRead = (request, next) =>
    next({ ...request, path: request.path.replace(/\/pods\/logger-[^/]+$/, '/pods/other') })
  await cluster.start()
  await logger.create()
  await cluster.pass(60_000)
  expect(posts % podNameLimits.attempts).toBe(0)
  expect(posts / podNameLimits.attempts).toBeGreaterThan(3)
  expect(posts / podNameLimits.attempts).toBeLessThan(20)
  expect(await cluster.events('FailedCreate')).toEqual([
    'Warning FailedCreate Error creating: 20 names for the pod on n1 are taken',
  ])
})
