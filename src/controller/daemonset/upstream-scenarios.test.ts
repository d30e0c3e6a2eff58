import { afterEach, beforeEach, expect, test } from 'vitest'
import { DaemonSetCluster, daemonSet, loggerOf, refusal } from '../../../test/daemonset-cluster.ts'
import { at, listening, running, surgeOfOne } from '../../../test/daemonset-logger.ts'
import { controllerRevisions, daemonSets, nodes, pods } from '../../api/resources.ts'
import { ApiError } from '../../api/status.ts'
import type { ControllerRevision, DaemonSet, Node } from '../../api/types.ts'

// Upstream's integration scenarios by name (test/integration/daemonset), and those of its unit tests that need a server: the
// real API server, the real controller.

let cluster: DaemonSetCluster
let logger: ReturnType<typeof loggerOf>
beforeEach(() => {
  cluster = new DaemonSetCluster()
  logger = loggerOf(cluster)
})
afterEach(() => cluster.stop())

test('ExpectationsOnRecreate R2.7: deleted and made again under the same name, it begins anew', async () => {
  await running(cluster, 2)
  const before = cluster.pods.map((pod) => pod.metadata.uid)
  await logger.delete('Background')
  await logger.create()
  await cluster.pass(10_000)
  const { metadata } = await logger.get()
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1')
  expect(cluster.pods.every((pod) => pod.metadata.ownerReferences?.[0]?.uid === metadata.uid)).toBe(true)
  expect(cluster.pods.some((pod) => before.includes(pod.metadata.uid))).toBe(false)
})

test('SimpleDaemonSetUpdatesStatusError R4.21: what failed first is what is told: the pods, else the status', async () => {
  const { log, heard } = listening()
  await cluster.addNodes(1)
  const fails = { pods: true, status: false }
  cluster.onWrite = (request, next) => {
    if (fails.pods && request.path.endsWith('/pods')) return refusal(new ApiError('Forbidden', 'no pods'))
    if (fails.status && request.path.endsWith('/status')) return refusal(new ApiError('Forbidden', 'no status'))
    return next(request)
  }
  await cluster.start({ log })
  await logger.create()
  await cluster.settle()
  expect(heard.at(-1)).toContain('no pods')
  fails.pods = false
  fails.status = true
  await cluster.pass(1000)
  expect(heard.at(-1)).toContain('error storing status for daemon set default/logger: no status')
  fails.pods = true
  await cluster.addNode('n2')
  await cluster.pass(100)
  expect(heard.at(-1)).toContain('no pods')
  expect(heard.at(-1)).not.toContain('no status')
})

const conditions: [name: string, condition: { type: string; status: string }][] = [
  ['NotReadyNodeDaemonDoesLaunchPod R3.6', { type: 'Ready', status: 'False' }],
  ['NetworkUnavailableNodeDaemonLaunchesPod R3.6', { type: 'NetworkUnavailable', status: 'True' }],
]
test.each(conditions)('%s: a condition alone is in nobody’s way', async (_name, condition) => {
  await cluster.addNode('n1')
  await cluster.admin.patch<Node>(
    nodes,
    { name: 'n1' },
    { type: 'merge', body: { status: { conditions: [condition] } } },
    { subresource: 'status' },
  )
  await cluster.start()
  await logger.create()
  await cluster.settle()
  expect(cluster.table()).toBe('n1 Pending 1')
})

test('InsufficientCapacityNode: with a scheduler a pod is made for each node, and the scheduler says who waits', async () => {
  for (const name of ['n1', 'n2'])
    await cluster.addNode(name, { allocatable: { cpu: name === 'n1' ? '1' : '8', pods: '9' } })
  await cluster.start({ placement: 'scheduler' })
  const object = daemonSet()
  object.spec.template.spec.containers[0]!.resources = { requests: { cpu: '4' } }
  await logger.create(object)
  await cluster.settle()
  expect([cluster.pods.length, await cluster.events('FailedPlacement')]).toEqual([2, []])
})

test('InsufficientCapacityNodeSufficientCapacityWithNodeLabelDaemonLaunchPod: the selector decides, nothing is told', async () => {
  await cluster.addNode('small', { allocatable: { cpu: '1', pods: '9' } })
  await cluster.addNode('large', { allocatable: { cpu: '8', pods: '9' }, labels: { size: 'large' } })
  await cluster.start()
  const object = daemonSet()
  object.spec.template.spec.nodeSelector = { size: 'large' }
  object.spec.template.spec.containers[0]!.resources = { requests: { cpu: '4' } }
  await logger.create(object)
  await cluster.pass(2000)
  expect([cluster.table(), await cluster.events('FailedPlacement')]).toEqual(['large ready 1', []])
})

test('StoreDaemonSetStatus R7.2: one failure, a look and a second try; a look that fails is what is told', async () => {
  const { log, heard } = listening()
  await cluster.addNodes(1)
  let tries = 0
  cluster.onWrite = (request, next) => {
    if (!request.path.endsWith('/status')) return next(request)
    return ++tries <= 2 ? refusal(new ApiError('Conflict', `try ${tries}`)) : next(request)
  }
  await cluster.start({ log })
  await logger.create()
  await cluster.settle()
  // The third is that of the next look, which the new pod has brought about.
  expect(tries).toBe(3)
  expect(heard).toEqual([expect.stringContaining('error storing status for daemon set default/logger: try 2')])
  await cluster.pass(1000)
  expect(await logger.status()).toMatchObject({ observedGeneration: 1, desiredNumberScheduled: 1 })
})

test('ObservedGeneration R7.1: the generation that was looked at, once it was looked at', async () => {
  await running(cluster, 1)
  expect((await logger.status())?.observedGeneration).toBe(1)
  await logger.patch({ spec: { minReadySeconds: 1 } })
  await cluster.pass(2000)
  expect((await logger.status())?.observedGeneration).toBe(2)
})

test('ControlledHistories: our own and the orphan of our namespace; another namespace is not ours', async () => {
  await running(cluster, 1)
  await cluster.stopController()
  const orphan = (namespace: string, name: string) =>
    cluster.admin.create<ControllerRevision>(controllerRevisions, {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name, namespace, labels: { app: 'logger', 'controller-revision-hash': 'x' } },
      data: { spec: {} },
      revision: 1,
    })
  await orphan('default', 'orphan')
  await orphan('kube-system', 'elsewhere')
  await cluster.start()
  const { uid } = (await logger.get()).metadata
  const all = await cluster.list<ControllerRevision>(controllerRevisions)
  const owned = all.filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === uid)
  expect(owned.map(({ metadata }) => metadata.name).sort()).toEqual([expect.stringMatching(/^logger-/), 'orphan'])
})

const terminal: [name: string, phase: string, finalizers: string[]][] = [
  ['Succeeded', 'Succeeded', []],
  ['Failed', 'Failed', []],
  ['Succeeded, with a finalizer', 'Succeeded', ['example.com/keep']],
]
test.each(terminal)('SimpleDaemonSetRestartsPodsOnTerminalPhase R8.8: %s', async (_name, phase, finalizers) => {
  await running(cluster, 1)
  const [first] = cluster.pods
  await cluster.admin.patch(pods, at(first!), { type: 'merge', body: { metadata: { finalizers } } })
  await cluster.report(first!, { phase })
  await cluster.pass(20_000)
  const ready = cluster.pods.filter((pod) => pod.status?.phase === 'Running')
  expect(ready.map((pod) => pod.metadata.uid)).not.toContain(first!.metadata.uid)
  expect([ready.length, cluster.pods.length]).toEqual([1, finalizers.length + 1])
})

test('DaemonSetWithNodeSelectorLaunchesPods R3.3: by expression or by field, two terms are either', async () => {
  await cluster.addNodes(3)
  for (const name of ['n1', 'n2']) await cluster.labelNode(name, { zone: 'test' })
  await cluster.addNode('other')
  await cluster.start()
  const object = daemonSet()
  object.spec.template.spec.affinity = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'zone', operator: 'In', values: ['test'] }] },
          { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['other'] }] },
        ],
      },
    },
  }
  await logger.create(object)
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1 | other ready 1')
})

test('TaintedNode: one pod, and a second one when the taint is gone', async () => {
  await cluster.addNodes(1)
  await cluster.addNode('n2', { taints: [{ key: 'k', effect: 'NoSchedule' }] })
  await cluster.start()
  await logger.create()
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1')
  await cluster.taintNode('n2', [])
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1')
})

test('UpdateStatusDespitePodCreationFailure: what could be made is counted', async () => {
  await cluster.addNodes(5)
  let made = 0
  cluster.onWrite = (request, next) => {
    if (request.method !== 'POST' || !request.path.endsWith('/pods')) return next(request)
    return ++made <= 2 ? next(request) : refusal(new ApiError('Forbidden', 'two are enough'))
  }
  await cluster.start()
  await logger.create()
  await cluster.pass(3000)
  expect(await logger.status()).toMatchObject({ numberReady: 2, desiredNumberScheduled: 5 })
  expect(await cluster.events('FailedCreate')).toEqual(['Warning FailedCreate Error creating: two are enough'])
})

test('DaemonSetRollingUpdateWithTolerations: with a toleration more nodes, with fewer the rest is cleaned up', async () => {
  await cluster.addNodes(4)
  for (const name of ['t1', 't2']) await cluster.addNode(name, { taints: [{ key: 'k', effect: 'NoExecute' }] })
  await cluster.start()
  await logger.create(daemonSet('logger:1', { updateStrategy: surgeOfOne }))
  await cluster.pass(10_000)
  expect(cluster.table().match(/ready 1/g)).toHaveLength(4)
  const tolerate = (tolerations: object[]) =>
    cluster.admin.patch<DaemonSet>(
      daemonSets,
      { namespace: 'default', name: 'logger' },
      { type: 'merge', body: { spec: { template: { spec: { tolerations } } } } },
    )
  await tolerate([{ key: 'k', operator: 'Exists' }])
  await cluster.pass(60_000)
  expect(cluster.table().match(/ready 1/g)).toHaveLength(6)
  expect(await logger.status()).toMatchObject({ desiredNumberScheduled: 6, updatedNumberScheduled: 6 })
  await tolerate([])
  await cluster.pass(60_000)
  expect(cluster.pods.map((pod) => pod.spec.nodeName).sort()).toEqual(['n1', 'n2', 'n3', 'n4'])
  expect(await logger.status()).toMatchObject({ desiredNumberScheduled: 4, updatedNumberScheduled: 4 })
})
