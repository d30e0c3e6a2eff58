import { expect, onTestFinished, test } from 'vitest'
import { type AgentWorld, agentWorld, nodeUser } from '../../test/agent-world.ts'
import { conditionOf } from '../api/pods.ts'
import { events, leases, nodes, pods } from '../api/resources.ts'
import type { Event, Lease, Node, Pod } from '../api/types.ts'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { startSimulatedKubelet } from './simulated/kubelet.ts'

async function world(): Promise<AgentWorld> {
  const made = await agentWorld()
  onTestFinished(async () => {
    await made.fleet.stop()
    made.server.close()
    expect(made.errors).toEqual([])
  })
  return made
}

test('W17.2 a node that does not exist is made, with labels, conditions and what it runs on', async () => {
  const { clock, as, node, pass } = await world()
  const kubelet = startSimulatedKubelet({
    client: as(nodeUser('lone')),
    clock,
    random: seededRandom(3),
    log: silentLog,
    nodeName: 'lone',
    number: 7,
  })
  await pass(100)
  await kubelet.ready
  const { metadata, spec, status } = await node('lone')
  expect(metadata.labels).toMatchObject({
    'kubernetes.io/hostname': 'lone',
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
  })
  // By that label somebody asks for it; no node may take it by itself.
  expect(metadata.labels).not.toHaveProperty('everynode.dev/runtime')
  expect(spec?.podCIDR).toBe('10.0.7.0/24')
  expect(status?.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`)).toEqual([
    'MemoryPressure=False KubeletHasSufficientMemory',
    'DiskPressure=False KubeletHasNoDiskPressure',
    'PIDPressure=False KubeletHasSufficientPID',
    'Ready=True KubeletReady',
  ])
  expect(status).toMatchObject({
    capacity: { cpu: '4', memory: '16Gi', pods: '110' },
    allocatable: { cpu: '4', memory: '16Gi', pods: '110' },
    addresses: [
      { type: 'InternalIP', address: '172.16.0.8' },
      { type: 'Hostname', address: 'lone' },
    ],
    nodeInfo: { containerRuntimeVersion: 'simulated://0.1.0', osImage: 'everynode simulated node' },
  })
  await kubelet.stop()
})

test('a Node that is there already is filled in: its own labels, taints and annotations stay', async () => {
  const { addNode, node, fleet } = await world()
  await addNode('n1', { labels: { 'everynode.dev/runtime': 'simulated', disk: 'ssd' } })
  await fleet.ready
  const { metadata, status } = await node('n1')
  expect(metadata.labels).toMatchObject({ disk: 'ssd', 'kubernetes.io/hostname': 'n1' })
  expect(conditionOf(status, 'Ready')).toMatchObject({
    status: 'True',
    message: 'simulated kubelet is posting ready status',
  })
})

test('the lease is renewed every ten seconds, the status told every five minutes, and nothing else is written', async () => {
  const { addNode, client, pass, node, store } = await world()
  await addNode('n1')
  await pass(15_000)
  const lease = () => client.get<Lease>(leases, { namespace: 'kube-node-lease', name: 'n1' })
  const { metadata, spec } = await lease()
  expect(metadata.ownerReferences).toMatchObject([{ kind: 'Node', name: 'n1' }])
  expect(spec).toMatchObject({ holderIdentity: 'n1', leaseDurationSeconds: 40 })
  const before = { revision: store.revision, heartbeat: heartbeatOf(await node('n1')) }
  await pass(100_000)
  expect(store.revision - before.revision).toBeGreaterThanOrEqual(9)
  expect(store.revision - before.revision).toBeLessThanOrEqual(10)
  expect(heartbeatOf(await node('n1'))).toBe(before.heartbeat)
  await pass(400_000)
  expect(heartbeatOf(await node('n1'))).not.toBe(before.heartbeat)
})

const heartbeatOf = (node: Node) => conditionOf(node.status, 'Ready')?.lastHeartbeatTime

test('what others wrote into its status is put right', async () => {
  const { addNode, client, node, pass } = await world()
  await addNode('n1')
  const conditions = [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: 'silent' }]
  const at = { name: 'n1', subresource: 'status' }
  await client.patch<Node>(nodes, at, { type: 'strategic', body: { status: { conditions } } })
  await pass(1000)
  expect(conditionOf((await node('n1')).status, 'Ready')).toMatchObject({ status: 'True', reason: 'KubeletReady' })
})

test('a lease that somebody deletes or changes comes back', async () => {
  const { addNode, client, pass } = await world()
  await addNode('n1')
  const at = { namespace: 'kube-node-lease', name: 'n1' }
  await client.delete(leases, at)
  await pass(25_000)
  const lease = await client.get<Lease>(leases, at)
  await client.update<Lease>(leases, { ...lease, spec: { ...lease.spec, holderIdentity: 'thief' } })
  await pass(25_000)
  expect((await client.get<Lease>(leases, at)).spec?.holderIdentity).toBe('n1')
})

test('a pod goes Pending, ContainerCreating, Running, Ready, as kubectl shows it', async () => {
  const { addNode, addPod, pod, podLine, pass, eventsOf } = await world()
  await addNode('n1')
  await addPod('p', 'n1')
  expect(await podLine('p')).toBe('Pending 0/1 ContainerCreating')
  await pass(600)
  expect(await podLine('p')).toBe('Running 1/1')
  const { metadata, status } = await pod('p')
  const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString().replace('.000', '')
  const isTrue = (type: string) => ({ type, status: 'True', lastTransitionTime: at(0) })
  expect(status).toEqual({
    phase: 'Running',
    qosClass: 'BestEffort',
    startTime: at(0),
    hostIP: '172.16.0.1',
    hostIPs: [{ ip: '172.16.0.1' }],
    podIP: '10.0.0.2',
    podIPs: [{ ip: '10.0.0.2' }],
    conditions: [
      isTrue('PodReadyToStartContainers'),
      isTrue('Initialized'),
      isTrue('Ready'),
      isTrue('ContainersReady'),
      isTrue('PodScheduled'),
    ],
    containerStatuses: [
      {
        name: 'main',
        state: { running: { startedAt: at(0) } },
        lastState: {},
        ready: true,
        started: true,
        restartCount: 0,
        image: 'app:1',
        imageID: 'simulated://app:1',
        containerID: `simulated://${metadata.uid}-main-0`,
      },
    ],
  })
  expect(await eventsOf('p')).toEqual(['Normal Pulling', 'Normal Pulled', 'Normal Created', 'Normal Started'])
  await addPod('q', 'n1')
  await pass(600)
  expect(await eventsOf('q')).toEqual(['Normal Pulled', 'Normal Created', 'Normal Started'])
})

test('two writes make a pod Running, and three let it go', async () => {
  const { addNode, addPod, client, watch, pass } = await world()
  await addNode('n1')
  const reader = await watch('/api/v1/namespaces/default/pods?watch=true')
  await addPod('p', 'n1')
  await pass(600)
  await client.delete(pods, { namespace: 'default', name: 'p' })
  await pass(300)
  const phases = reader.events.map(({ type, object }) => `${type} ${object.status.phase}`)
  expect(phases).toEqual([
    'ADDED Pending',
    'MODIFIED Pending',
    'MODIFIED Running',
    'MODIFIED Running',
    'MODIFIED Succeeded',
    'DELETED Succeeded',
  ])
  reader.stop()
})

test('M5 W11.8 deletion keeps the grace period of a container that ignores SIGTERM', async () => {
  const { addNode, addPod, client, podLine, pass, eventsOf } = await world()
  await addNode('n1')
  await addPod('p', 'n1', {}, { 'simulated.everynode.dev/ignore-sigterm': 'true' })
  await pass(600)
  await client.delete(pods, { namespace: 'default', name: 'p' })
  await pass(29_900)
  expect(await podLine('p')).toBe('Running 1/1 terminating')
  expect(await eventsOf('p')).toContain('Normal Killing')
  await pass(200)
  expect(await podLine('p')).toBe('gone')
})

test('deletion of a container that ends on SIGTERM takes as long as that, and ends Succeeded', async () => {
  const { addNode, addPod, client, watch, podLine, pass } = await world()
  await addNode('n1')
  await addPod('p', 'n1')
  await pass(600)
  const reader = await watch('/api/v1/namespaces/default/pods?watch=true&fieldSelector=metadata.name=p')
  await client.delete(pods, { namespace: 'default', name: 'p' })
  await pass(300)
  expect(await podLine('p')).toBe('gone')
  const text = Buffer.concat(reader.chunks).toString('utf8')
  const last = JSON.parse(text.trim().split('\n').at(-1)!)
  expect([last.type, last.object.status.phase]).toEqual(['DELETED', 'Succeeded'])
  reader.stop()
})

test('a pod deleted by force disappears at once, and so does its container', async () => {
  const { addNode, addPod, client, ask, podLine, pass } = await world()
  await addNode('n1')
  await addPod('p', 'n1')
  await pass(600)
  await client.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 })
  await pass(10)
  expect(await podLine('p')).toBe('gone')
  await addPod('p', 'n1')
  await pass(600)
  const { text } = await ask('GET /api/v1/namespaces/default/pods/p/log?container=main')
  expect(text.trim().split('\n')).toHaveLength(1)
})

const rejections: [name: string, node: string, requests: Record<string, string>, reason: string, message: string][] = [
  ['cpu', 'cpu=1', { cpu: '600m' }, 'OutOfcpu', 'cpu, requested: 600, used: 600, capacity: 1000'],
  [
    'memory',
    'memory=1Gi',
    { memory: '700Mi' },
    'OutOfmemory',
    'memory, requested: 734003200, used: 734003200, capacity: 1073741824',
  ],
  ['pods', 'pods=1', {}, 'OutOfpods', 'pods, requested: 1, used: 1, capacity: 1'],
  [
    'a GPU',
    'nvidia.com/gpu=1',
    { 'nvidia.com/gpu': '1' },
    'OutOfnvidia.com/gpu',
    'nvidia.com/gpu, requested: 1, used: 1, capacity: 1',
  ],
]

test.each(
  rejections,
)('a pod for which too little is left fails: %s', async (_name, node, requests, reason, message) => {
  const { addNode, addPod, pod, podLine, pass, eventsOf } = await world()
  await addNode('n1', {
    labels: { 'everynode.dev/runtime': 'simulated' },
    annotations: { 'simulated.everynode.dev/capacity': node },
  })
  const limits = Object.fromEntries(Object.entries(requests).filter(([resource]) => resource.includes('/')))
  const containers = [{ name: 'main', image: 'app:1', resources: { requests, limits } }]
  await addPod('first', 'n1', { containers })
  await addPod('second', 'n1', { containers })
  await pass(600)
  expect(await podLine('first')).toBe('Running 1/1')
  expect((await pod('second')).status).toMatchObject({
    phase: 'Failed',
    reason,
    message: `Pod was rejected: Node didn't have enough resource: ${message}`,
  })
  expect(await eventsOf('second')).toEqual([`Warning ${reason}`])
})

test('a pod that has ended no longer takes room', async () => {
  const { addNode, addPod, podLine, pass } = await world()
  await addNode('n1', {
    labels: { 'everynode.dev/runtime': 'simulated' },
    annotations: { 'simulated.everynode.dev/capacity': 'pods=1' },
  })
  await addPod('job', 'n1', { restartPolicy: 'Never' }, { 'simulated.everynode.dev/exit-after-ms': '100' })
  await pass(1000)
  expect(await podLine('job')).toBe('Succeeded 0/1 Completed')
  await addPod('next', 'n1')
  await pass(600)
  expect(await podLine('next')).toBe('Running 1/1')
})

test('M12 a container that keeps exiting backs off, and says so', async () => {
  const { addNode, addPod, pod, podLine, pass, client } = await world()
  await addNode('n1')
  const annotations = { 'simulated.everynode.dev/exit-after-ms': '100', 'simulated.everynode.dev/exit-code': '3' }
  await addPod('p', 'n1', {}, annotations)
  await pass(5000)
  expect(await podLine('p')).toBe('Running 0/1 CrashLoopBackOff restarts 1')
  const { status, metadata } = await pod('p')
  expect(status?.containerStatuses?.[0]).toMatchObject({
    state: { waiting: { message: `back-off 10s restarting failed container=main pod=p_default(${metadata.uid})` } },
    lastState: { terminated: { exitCode: 3, reason: 'Error' } },
  })
  expect(conditionOf(status, 'Ready')).toMatchObject({
    status: 'False',
    reason: 'ContainersNotReady',
    message: 'containers with unready status: [main]',
  })
  await pass(300_000)
  expect(await podLine('p')).toBe('Running 0/1 CrashLoopBackOff restarts 5')
  const { items } = await client.list<Event>(events, { fieldSelector: 'involvedObject.name=p,reason=BackOff' })
  expect(items.map(({ message }) => message)).toEqual([
    `Back-off restarting failed container main in pod p_default(${metadata.uid})`,
  ])
})

test('images that cannot be pulled, starts that fail, pods that never become ready', async () => {
  const { addNode, addPod, pod, podLine, pass, eventsOf } = await world()
  await addNode('n1')
  await addPod('pull', 'n1', {}, { 'simulated.everynode.dev/pull-error': 'manifest unknown' })
  await addPod('start', 'n1', {}, { 'simulated.everynode.dev/start-error': 'no such command' })
  await addPod('never', 'n1', {}, { 'simulated.everynode.dev/never-ready': 'true' })
  await addPod('late', 'n1', {}, { 'simulated.everynode.dev/ready-after-ms': '5000' })
  await pass(4000)
  expect([await podLine('pull'), await podLine('start'), await podLine('never'), await podLine('late')]).toEqual([
    'Pending 0/1 ImagePullBackOff',
    'Pending 0/1 RunContainerError',
    'Running 0/1',
    'Running 0/1',
  ])
  expect((await pod('pull')).status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(
    'Back-off pulling image "app:1": ErrImagePull: simulated: manifest unknown',
  )
  expect(await eventsOf('pull')).toEqual([
    'Normal Pulling',
    'Warning Failed',
    'Warning Failed',
    'Normal BackOff',
    'Warning Failed',
  ])
  await pass(2000)
  expect(await podLine('late')).toBe('Running 1/1')
})

test('a node whose last annotation is taken away starts its next pods as any other', async () => {
  const { addNode, addPod, podLine, pass, client } = await world()
  await addNode('n1', { annotations: { 'simulated.everynode.dev/never-ready': 'true' } })
  await addPod('before', 'n1')
  await pass(5_000)
  const annotations = { 'simulated.everynode.dev/never-ready': null }
  await client.patch(nodes, { name: 'n1' }, { type: 'merge', body: { metadata: { annotations } } })
  await pass(1_000)
  await addPod('after', 'n1')
  await pass(5_000)
  expect([await podLine('before'), await podLine('after')]).toEqual(['Running 0/1', 'Running 1/1'])
})

test('a condition that becomes true loses the reason it had while it was false', async () => {
  const { addNode, addPod, pod, pass } = await world()
  await addNode('n1')
  await addPod('p', 'n1')
  expect(conditionOf((await pod('p')).status, 'Ready')?.reason).toBe('ContainersNotReady')
  await pass(600)
  expect(Object.keys(conditionOf((await pod('p')).status, 'Ready')!).sort()).toEqual([
    'lastTransitionTime',
    'status',
    'type',
  ])
})

test('a pod whose Ready somebody else has set False becomes Ready again; a phase Failed is final', async () => {
  const { addNode, addPod, client, pod, podLine, pass } = await world()
  await addNode('n1')
  await addPod('p', 'n1')
  await pass(600)
  const at = { namespace: 'default', name: 'p', subresource: 'status' }
  const conditions = [{ type: 'Ready', status: 'False' }]
  await client.patch<Pod>(pods, at, { type: 'strategic', body: { status: { conditions } } })
  await pass(1000)
  expect(conditionOf((await pod('p')).status, 'Ready')?.status).toBe('True')
  await client.patch<Pod>(pods, at, { type: 'merge', body: { status: { phase: 'Failed' } } })
  await pass(1000)
  expect(await podLine('p')).toBe('Failed 0/1 Completed')
})

test('an agent that starts again finds its pods running, and writes nothing about them', async () => {
  const { as, clock, fleet, addPod, client, node, pod, pass } = await world()
  await fleet.stop()
  const start = () =>
    startSimulatedKubelet({
      client: as(nodeUser('n9')),
      clock,
      random: seededRandom(3),
      log: silentLog,
      nodeName: 'n9',
      number: 3,
    })
  const first = start()
  await pass(100)
  await addPod('p', 'n9', {}, { 'simulated.everynode.dev/exit-after-ms': '60000' })
  await addPod('done', 'n9', { restartPolicy: 'Never' }, { 'simulated.everynode.dev/exit-after-ms': '10' })
  await pass(2000)
  await first.stop()
  const before = await pod('p')
  const versions = async () =>
    [await node('n9'), await pod('p'), await pod('done')].map(({ metadata }) => metadata.resourceVersion)
  const known = await versions()
  const second = start()
  await pass(1000)
  expect(await versions()).toEqual(known)
  await addPod('q', 'n9')
  await pass(1000)
  expect((await pod('q')).status?.podIP).not.toBe(before.status?.podIP)
  await pass(60_000)
  const { containerStatuses } = (await pod('p')).status ?? {}
  expect(containerStatuses?.[0]).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 0 } } })
  await client.delete(pods, { namespace: 'default', name: 'p' })
  await second.stop()
  const third = start()
  await pass(1000)
  expect((await client.list<Pod>(pods)).items.map(({ metadata }) => metadata.name)).toEqual(['done', 'q'])
  await third.stop()
})

test('two agents that believe to have the same node do not race: each repairs at most once a second', async () => {
  const { as, clock, addNode, addPod, fleet, pass, store } = await world()
  await addNode('n1')
  const random = seededRandom(3)
  const client = as(nodeUser('n1'))
  const second = startSimulatedKubelet({ client, clock, random, log: silentLog, nodeName: 'n1', number: 99 })
  await addPod('p', 'n1')
  await pass(2000)
  expect(fleet.size).toBe(1)
  const { revision } = store
  await pass(10_000)
  expect(store.revision - revision).toBeLessThan(60)
  await second.stop()
})
