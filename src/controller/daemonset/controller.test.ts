import { afterEach, beforeEach, expect, test } from 'vitest'
import { DaemonSetCluster, daemonSet, loggerOf } from '../../../test/daemonset-cluster.ts'
import { nodes, pods } from '../../api/resources.ts'
import type { Pod } from '../../api/types.ts'

let cluster: DaemonSetCluster
let logger: ReturnType<typeof loggerOf>
beforeEach(() => {
  cluster = new DaemonSetCluster()
  logger = loggerOf(cluster)
})
afterEach(() => cluster.stop())

test('M1 a pod on every node, counted in the status, told in events', async () => {
  await cluster.addNodes(3)
  await cluster.start()
  await logger.create()
  await cluster.settle()
  expect(cluster.table()).toBe('n1 Pending 1 | n2 Pending 1 | n3 Pending 1')
  // Upstream: SimpleDaemonSetUpdatesStatusAfterLaunchingPods.
  expect(await logger.status()).toMatchObject({ desiredNumberScheduled: 3, currentNumberScheduled: 3, numberReady: 0 })
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1 | n3 ready 1')
  expect(await logger.status()).toEqual({
    currentNumberScheduled: 3,
    desiredNumberScheduled: 3,
    numberAvailable: 3,
    numberMisscheduled: 0,
    numberReady: 3,
    observedGeneration: 1,
    updatedNumberScheduled: 3,
  })
  expect(await cluster.events()).toEqual(
    cluster.pods.map((pod) => `Normal SuccessfulCreate Created pod: ${pod.metadata.name}`),
  )
})

test('R8.1 to R8.5 what a pod looks like once the server has it', async () => {
  await cluster.addNodes(1)
  await cluster.start()
  await logger.create()
  await cluster.settle()
  const [pod] = cluster.pods
  const [revision] = await logger.revisions()
  const { metadata } = await logger.get()
  expect(pod?.metadata.name).toMatch(/^logger-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  expect(pod?.metadata.labels).toEqual({
    app: 'logger',
    'controller-revision-hash': revision?.metadata.labels?.['controller-revision-hash'],
    'pod-template-generation': '1',
  })
  expect(pod?.metadata.ownerReferences).toMatchObject([{ kind: 'DaemonSet', uid: metadata.uid, controller: true }])
  expect(pod?.spec).toMatchObject({ nodeName: 'n1', tolerations: [{}, {}, {}, {}, {}, {}] })
})

test('I13 C17 nothing to do is nothing written', async () => {
  await cluster.addNodes(3)
  await cluster.start()
  await logger.create()
  await cluster.pass(5000)
  const before = cluster.written.length
  await cluster.labelNode('n1', { unrelated: 'yes' })
  await cluster.pass(60_000)
  expect(cluster.written.length).toBe(before)
})

test('M2 a pod that is deleted is made again, once the old one is gone', async () => {
  await cluster.addNodes(2)
  await cluster.start()
  await logger.create()
  await cluster.pass(2000)
  const first = cluster.pods.find(({ spec }) => spec.nodeName === 'n1')
  await cluster.admin.delete(pods, { namespace: 'default', name: first!.metadata.name! })
  await cluster.settle()
  expect(cluster.table()).toBe('n1 going 1 | n2 ready 1')
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1')
  expect(cluster.pods.map((pod) => pod.metadata.uid)).not.toContain(first!.metadata.uid)
})

test('M3 M7 a label brings the pod, its removal takes it away', async () => {
  await cluster.addNodes(3)
  await cluster.start()
  const { spec } = daemonSet()
  spec.template.spec.nodeSelector = { ssd: 'true' }
  await logger.create({ ...daemonSet(), spec })
  await cluster.pass(2000)
  expect(cluster.table()).toBe('')
  await cluster.labelNode('n2', { ssd: 'true' })
  await cluster.pass(2000)
  expect([cluster.table(), (await logger.status())?.desiredNumberScheduled]).toEqual(['n2 ready 1', 1])
  await cluster.labelNode('n2', { ssd: null })
  await cluster.pass(2000)
  expect([cluster.table(), (await logger.status())?.desiredNumberScheduled]).toEqual(['', 0])
})

test('R3.4 NoSchedule keeps what runs and lets nothing start; NoExecute removes; taking it away brings back', async () => {
  await cluster.addNodes(1)
  await cluster.addNode('n2', { taints: [{ key: 'k', effect: 'NoSchedule' }] })
  await cluster.start()
  await logger.create()
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1')
  await cluster.taintNode('n1', [{ key: 'k', effect: 'NoSchedule' }])
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1')
  expect(await logger.status()).toMatchObject({ desiredNumberScheduled: 0, numberMisscheduled: 1 })
  await cluster.taintNode('n1', [{ key: 'k', effect: 'NoExecute' }])
  await cluster.pass(2000)
  expect([cluster.table(), (await logger.status())?.numberMisscheduled]).toEqual(['', 0])
  await cluster.taintNode('n1', [])
  await cluster.taintNode('n2', [])
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1')
})

test('M11 nodes come and go: each gets its pod, and what was on a removed node is counted no more', async () => {
  await cluster.addNodes(1)
  await cluster.start()
  await logger.create()
  await cluster.pass(2000)
  await cluster.addNode('n2')
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1')
  await cluster.admin.delete(nodes, { name: 'n1' })
  await cluster.pass(5000)
  expect(cluster.table()).toBe('n2 ready 1')
  expect(await logger.status()).toMatchObject({ desiredNumberScheduled: 1, currentNumberScheduled: 1 })
  await cluster.addNode('n1')
  await cluster.pass(5000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1')
  expect(cluster.mostLive).toBe(1)
})

test('M4 R3.13 placement scheduler: pods are pinned, and bound by somebody else', async () => {
  await cluster.addNodes(2)
  await cluster.start({ placement: 'scheduler' })
  await logger.create()
  await cluster.settle()
  const pins = cluster.pods.map(
    (pod) => pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
  )
  const pin = (node: string) => [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }]
  expect(pins).toEqual(expect.arrayContaining([pin('n1'), pin('n2')]))
  expect(cluster.pods.every((pod) => pod.spec.nodeName === undefined)).toBe(true)
  for (const pod of cluster.pods) {
    const target = { apiVersion: 'v1', kind: 'Node', name: nodeOf(pod) }
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: pod.metadata.name!, namespace: 'default' },
      target,
    }
    await cluster.admin.create(pods, binding, { subresource: 'binding' })
  }
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1')
  expect(cluster.pods).toHaveLength(2)
})

function nodeOf(pod: Pod): string {
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0] ?? ''
}

test('3.6 a pod that does not fit is told of once, and made when there is room', async () => {
  await cluster.addNode('n1', { allocatable: { pods: '1' } })
  await cluster.addNode('n2')
  await cluster.admin.create<Pod>(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'other', namespace: 'default' },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'other:0' }] },
  })
  await cluster.start()
  await logger.create()
  await cluster.pass(5000)
  expect(cluster.table()).toBe('n1 ready 0 | n2 ready 1')
  const why = 'Warning FailedPlacement failed to place pod on "n1": insufficient pods: needs 1, 0 of 1 left'
  expect(await cluster.events('FailedPlacement')).toEqual([why])
  expect(await logger.status()).toMatchObject({ desiredNumberScheduled: 2, currentNumberScheduled: 1 })
  await cluster.admin.delete(pods, { namespace: 'default', name: 'other' })
  await cluster.pass(5000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1')
})

test('M10 background and foreground delete: the pods go, and none is made meanwhile', async () => {
  await cluster.addNodes(2)
  await cluster.start()
  for (const policy of ['Background', 'Foreground']) {
    await logger.create()
    await cluster.pass(2000)
    expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1')
    const creates = cluster.written.filter(({ method }) => method === 'POST').length
    await logger.delete(policy)
    await cluster.pass(5000)
    expect(cluster.table()).toBe('')
    await expect(logger.get()).rejects.toMatchObject({ reason: 'NotFound' })
    expect(await logger.revisions()).toEqual([])
    expect(cluster.written.filter(({ method }) => method === 'POST').length).toBe(creates)
  }
})

test('B21 two DaemonSets with one selector leave each other alone', async () => {
  await cluster.addNodes(1)
  await cluster.start()
  await logger.create()
  const twin = daemonSet('logger:2')
  twin.metadata.name = 'twin'
  await logger.create(twin)
  await cluster.pass(5000)
  expect(cluster.table()).toBe('n1 ready 1 | n1 ready 2')
  const before = cluster.written.length
  await cluster.pass(60_000)
  expect(cluster.written.length).toBe(before)
})
