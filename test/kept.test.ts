// The controllers keep only some fields of what they follow (src/controller/kept.ts). Two things must never be: that a
// decision is another than from the whole object, and that somebody reads a field that is not kept.

import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import type { PodDisruptionBudget } from '../src/api/disruption.ts'
import { nodes, pods } from '../src/api/resources.ts'
import type { DaemonSet, Node, Pod } from '../src/api/types.ts'
import { silentLog } from '../src/base/log.ts'
import { boardOf } from '../src/cli/live/board.ts'
import { createInformers, type Informers } from '../src/client/informers.ts'
import { podIndexes } from '../src/controller/daemonset/facts.ts'
import { keeping } from '../src/controller/kept.ts'
import { graphNode } from '../src/controller/owner-graph.ts'
import { needsOf, roomOf, whyNoRoom } from '../src/reconcile/daemonset/fit.ts'
import { nodeFacts, type PodFacts, podFacts, podFactsOnDemand } from '../src/reconcile/daemonset/snapshot.ts'
import { budgetStatus } from '../src/reconcile/disruption.ts'
import { nodeLifecycle } from '../src/reconcile/node-lifecycle.ts'
import { collectPod } from '../src/reconcile/pod-garbage-collection.ts'
import { DaemonSetCluster, daemonSet, loggerOf } from './daemonset-cluster.ts'

const keep = keeping()
const keptPod = keep(pods) as unknown as (pod: Pod) => Pod
const keptNode = keep(nodes) as unknown as (node: Node) => Node

const asTheyAre = new Set(
  ['labels', 'limits', 'requests', 'overhead', 'capacity', 'allocatable'].concat([
    'ownerReferences',
    'tolerations',
    'taints',
    'finalizers',
    'affinity',
  ]),
)

/** The kept object, but whoever reads a field of it that the whole one has, and that is not kept, is stopped. */
function strict<T extends object>(kept: T, whole: object | undefined, path: string): T {
  return new Proxy(kept, {
    get(target, key, receiver) {
      const value: unknown = Reflect.get(target, key, receiver)
      // Of a list some may not be kept: which one an element was is not known, but it has all the fields it could have.
      const wholeValue: unknown = Array.isArray(whole) ? undefined : Reflect.get(whole ?? {}, key)
      const isField =
        typeof key === 'string' && key !== 'toJSON' && !Array.isArray(target) && !(key in Object.prototype)
      if (isField && !Object.hasOwn(target, key) && (whole === undefined || (wholeValue ?? false) !== false)) {
        throw new Error(`read ${path}.${key}, which is not kept`)
      }
      // Kept as they are: nothing of them can be missing.
      if (typeof value !== 'object' || value === null || (isField && asTheyAre.has(key))) return value
      if (path === 'node' && key === 'conditions') return value
      return strict(value, (wholeValue ?? undefined) as object | undefined, path)
    },
  })
}

const strictPod = (pod: Pod) => strict(keptPod(pod), pod, 'pod')
const strictNode = (node: Node) => strict(keptNode(node), node, 'node')

const times = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:07Z')
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 })
const quantities = fc.record({ cpu: fc.constantFrom('100m', '1'), memory: fc.constantFrom('10Mi', '1Gi') })
const containers = fc.record({
  name: fc.constantFrom('a', 'b'),
  image: fc.constant('image:1'),
  env: fc.constant([{ name: 'K', value: 'v' }]),
  restartPolicy: some(fc.constant('Always')),
  resources: some(fc.record({ requests: some(quantities), limits: some(quantities), claims: fc.constant([]) })),
  ports: some(
    fc.array(
      fc.record({
        name: fc.constant('http'),
        containerPort: fc.constantFrom(80, 81),
        hostPort: some(fc.constantFrom(80, 81)),
        hostIP: some(fc.constantFrom('', '10.0.0.1')),
        protocol: some(fc.constantFrom('TCP', 'UDP')),
      }),
      { maxLength: 2 },
    ),
  ),
})
const states = fc.constantFrom(
  { running: { startedAt: '2026-01-01T00:00:00Z' } },
  { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
  { waiting: { reason: 'PodInitializing' } },
  { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:00:00Z' } },
  { terminated: { exitCode: 0, reason: 'Completed' } },
  { terminated: { exitCode: 137, signal: 9 } },
)
const containerStatuses = fc.record({
  name: fc.constantFrom('a', 'b'),
  ready: fc.boolean(),
  started: fc.boolean(),
  restartCount: fc.nat(3),
  image: fc.constant('image:1'),
  imageID: fc.constant('sha256:1'),
  containerID: fc.constant('containerd://1'),
  state: some(states),
  lastState: some(states),
})
const conditions = fc.uniqueArray(
  fc.record({
    type: fc.constantFrom('Ready', 'Initialized', 'ContainersReady', 'PodScheduled', 'DisruptionTarget'),
    status: fc.constantFrom('True', 'False', 'Unknown'),
    reason: some(fc.constantFrom('SchedulingGated', 'ContainersNotReady')),
    message: some(fc.constant('text')),
    lastTransitionTime: some(times),
  }),
  { selector: ({ type }) => type },
)
const pin = (node: string, key = 'metadata.name') => ({
  matchExpressions: [{ key: 'zone', operator: 'In', values: ['z'] }],
  matchFields: [{ key, operator: 'In', values: [node] }],
})
const owner = (kind: string, controller?: boolean) => [
  { apiVersion: 'apps/v1', kind, name: 'logger', uid: 'u', ...(controller === undefined ? {} : { controller }) },
]
const wholePods = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constant('Pod'),
  metadata: fc.record({
    name: fc.constantFrom('p', 'q'),
    namespace: fc.constant('default'),
    uid: fc.constantFrom('u1', 'u2'),
    resourceVersion: fc.constantFrom('1', '2'),
    creationTimestamp: times,
    deletionTimestamp: some(times),
    labels: some(
      fc.constantFrom(
        { app: 'a', 'controller-revision-hash': 'h' },
        { app: 'b', 'pod-template-generation': '2' },
        {} as Record<string, string>,
      ),
    ),
    annotations: fc.constant({ note: 'x' }),
    finalizers: some(fc.constantFrom(['foregroundDeletion'], ['a', 'b'])),
    managedFields: fc.constant([{ manager: 'm' }]),
    ownerReferences: some(fc.constantFrom(owner('DaemonSet', true), owner('ReplicaSet', true), owner('DaemonSet'), [])),
  }),
  spec: fc.record({
    nodeName: some(fc.constantFrom('', 'n1', 'n2')),
    nodeSelector: fc.constant({ disk: 'ssd' }),
    affinity: some(
      fc.constantFrom<object>(
        {},
        { podAntiAffinity: {} },
        ...[[pin('n1')], [pin('n1', 'other'), pin('n2')], [{ matchExpressions: [] }, pin('n2')]].map((terms) => ({
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
        })),
      ),
    ),
    hostNetwork: some(fc.boolean()),
    overhead: some(quantities),
    volumes: fc.constant([{ name: 'v', emptyDir: {} }]),
    containers: fc.array(containers, { minLength: 1, maxLength: 2 }),
    initContainers: some(fc.array(containers, { maxLength: 2 })),
    tolerations: some(
      fc.constantFrom(
        [],
        [{ key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 3 }],
        [{ operator: 'Exists' }],
      ),
    ),
  }),
  status: some(
    fc.record({
      phase: fc.constantFrom('Pending', 'Running', 'Failed', 'Succeeded', 'Unknown'),
      reason: some(fc.constantFrom('Evicted', 'NodeLost')),
      message: some(fc.constant('text')),
      podIP: fc.constant('10.0.0.2'),
      startTime: times,
      conditions: some(conditions),
      containerStatuses: some(fc.array(containerStatuses, { maxLength: 2 })),
      initContainerStatuses: some(fc.array(containerStatuses, { maxLength: 2 })),
    }),
  ),
}) as unknown as fc.Arbitrary<Pod>

const wholeNodes = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constant('Node'),
  metadata: fc.record({
    name: fc.constant('n1'),
    uid: fc.constant('nu'),
    resourceVersion: fc.constant('3'),
    creationTimestamp: times,
    deletionTimestamp: some(times),
    labels: some(fc.constantFrom({ zone: 'a' }, { zone: 'b', disk: 'ssd' })),
    annotations: fc.constant({ note: 'x' }),
    managedFields: fc.constant([{ manager: 'm' }]),
  }),
  spec: some(
    fc.record({
      taints: some(
        fc.constantFrom(
          [],
          [{ key: 'k', effect: 'NoExecute', timeAdded: '2026-01-01T00:00:00Z' }],
          [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }],
        ),
      ),
      unschedulable: some(fc.boolean()),
      podCIDR: fc.constant('10.1.0.0/24'),
    }),
  ),
  status: some(
    fc.record({
      capacity: some(quantities),
      allocatable: some(quantities),
      conditions: some(conditions),
      images: fc.constant([{ names: ['image:1'], sizeBytes: 1 }]),
      addresses: fc.constant([{ type: 'Hostname', address: 'n1' }]),
      nodeInfo: some(fc.record({ containerRuntimeVersion: some(fc.constant('simulated://1')) })),
    }),
  ),
}) as unknown as fc.Arbitrary<Node>

const budget: PodDisruptionBudget = {
  metadata: { name: 'b', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'a' } }, minAvailable: 1 },
}

const factNames = Object.keys(podFacts({ metadata: {}, spec: { containers: [] } })) as (keyof PodFacts)[]

/** All that any reader of this process makes of a pod and a node; a pod is told by its name. */
function everythingMadeOf(pod: Pod, node: Node) {
  const named = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (key, inner) => (key === 'pod' ? inner.metadata.name : inner)))
  const nowMs = Date.UTC(2026, 0, 1, 0, 1)
  const lifecycle = (heardAtMs: number) =>
    nodeLifecycle({
      node,
      pods: [pod],
      heardAtMs,
      nowMs,
      graceMs: 50_000,
      startupGraceMs: 60_000,
      taintSeenMs: () => nowMs - 1000,
    })
  const logger = { ...daemonSet(), metadata: { name: 'logger', namespace: 'default', uid: 'u' } } as DaemonSet
  const room = roomOf(node, [pod])
  return {
    facts: podFacts(pod),
    factsOnDemand: Object.fromEntries(factNames.map((name) => [name, podFactsOnDemand(pod)[name]])),
    node: nodeFacts(node),
    indexes: Object.entries(podIndexes).map(([name, valuesOf]) => [name, valuesOf(pod)]),
    needs: [...needsOf(pod.spec).requests].map(String).concat(JSON.stringify(needsOf(pod.spec).hostPorts)),
    room: [whyNoRoom(needsOf(daemonSet().spec.template.spec), room), whyNoRoom(needsOf(pod.spec), room)],
    collected: named([collectPod(pod, 'present'), collectPod(pod, 'gone')]),
    lifecycle: named([lifecycle(nowMs), lifecycle(0)]),
    budget: budgetStatus(budget, [pod], nowMs),
    graph: [graphNode(pods, pod), graphNode(nodes, node)],
    board: boardOf({ nodes: [node], daemonSets: [logger], podsOf: () => [pod] }),
  }
}

test('C16 facts that are read from the pod on demand are the facts of the pod', () => {
  fc.assert(
    fc.property(wholePods, wholeNodes, (pod, node) => {
      const { facts, factsOnDemand } = everythingMadeOf(strictPod(pod), strictNode(node))
      expect(factsOnDemand).toEqual(facts)
    }),
    { numRuns: 200, seed: 17 },
  )
})

test('C16 whatever is made of a pod or a node is the same from what is kept, and nothing else is read', () => {
  fc.assert(
    fc.property(wholePods, wholeNodes, (pod, node) => {
      expect(everythingMadeOf(strictPod(pod), strictNode(node))).toEqual(everythingMadeOf(pod, node))
    }),
    { numRuns: 400, seed: 16 },
  )
})

test('who reads what is not kept is found', () => {
  const [pod] = fc.sample(wholePods, { numRuns: 1, seed: 1 })
  expect(() => strictPod(pod!).spec.volumes).toThrow('read pod.volumes, which is not kept')
  expect(() => strictPod(pod!).metadata.annotations).toThrow('read pod.annotations')
  expect(() => strictPod(pod!).spec.containers[0]!.image).toThrow('read pod.image')
  expect(strictPod(pod!).metadata.name).toBe(pod!.metadata.name)
})

test('C16 what many say alike is kept once', () => {
  const [pod] = fc.sample(
    wholePods.filter(({ status, spec }) => status !== undefined && spec.tolerations !== undefined),
    { numRuns: 1, seed: 2 },
  )
  const labelled = { ...pod!, metadata: { ...pod!.metadata, labels: { app: 'a' } } }
  const [a, b] = [labelled, { ...labelled, metadata: { ...labelled.metadata, uid: 'other' } }]
    .map((whole) => JSON.parse(JSON.stringify(whole)) as Pod)
    .map(keptPod)
  expect(a!.status).toBe(b!.status)
  expect(a!.metadata.labels).toBe(b!.metadata.labels)
  expect(a!.spec.containers).toBe(b!.spec.containers)
  expect(a!.spec.tolerations).toBe(b!.spec.tolerations)
})

let cluster: DaemonSetCluster | undefined
afterEach(() => cluster?.stop())

test('C16 a controller that is stopped at every read of what is not kept creates, repairs and rolls out as ever', async () => {
  cluster = new DaemonSetCluster()
  const shared = createInformers({
    client: cluster.admin,
    clock: cluster.clock,
    random: cluster.random,
    log: silentLog,
  })
  let trimmed = 0
  const informers: Informers = {
    of: (resource, indexes, trim) =>
      shared.of(
        resource,
        indexes,
        trim &&
          ((object) => {
            trimmed++
            return strict(trim(object), object, resource.singular)
          }),
      ),
    stop: () => shared.stop(),
  }
  await cluster.addNodes(5)
  await cluster.start({ informers })
  const logger = loggerOf(cluster)
  await logger.create()
  await cluster.pass(3000)
  expect((await logger.status())?.numberReady).toBe(5)
  await cluster.taintNode('n1', [{ key: 'k', effect: 'NoExecute' }])
  await cluster.pass(3000)
  expect((await logger.status())?.desiredNumberScheduled).toBe(4)
  await cluster.addNode('late')
  await logger.setImage('logger:2')
  await cluster.pass(30_000)
  expect(await logger.status()).toMatchObject({ updatedNumberScheduled: 5, numberAvailable: 5 })
  expect(trimmed).toBeGreaterThan(30)
  shared.stop()
})
