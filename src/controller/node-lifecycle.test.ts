import { expect, onTestFinished, test } from 'vitest'
import { type AgentWorld, agentWorld } from '../../test/agent-world.ts'
import { conditionOf } from '../api/pods.ts'
import { events, nodes } from '../api/resources.ts'
import type { Event, Node, Taint } from '../api/types.ts'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import type { Client } from '../client/client.ts'
import { type NodeLifecycleOptions, startNodeLifecycle } from './node-lifecycle.ts'

interface LifecycleWorld extends AgentWorld {
  /** `Ready: key:Effect …`. */
  nodeLine(name: string): Promise<string>
}

async function world(options: Partial<NodeLifecycleOptions> = {}): Promise<LifecycleWorld> {
  const made = await agentWorld()
  const client = made.as({ name: 'system:controller:node', groups: ['system:controllers', 'system:authenticated'] })
  const lifecycle = startNodeLifecycle({
    client,
    clock: made.clock,
    random: seededRandom(6),
    log: silentLog,
    ...options,
  })
  onTestFinished(async () => {
    await lifecycle.stop()
    await made.fleet.stop()
    made.server.close()
    expect(made.errors).toEqual([])
  })
  await made.pass(100)
  return {
    ...made,
    async nodeLine(name) {
      const { spec, status } = await made.node(name)
      const taints = spec?.taints?.map(({ key, effect }) => `${key.split('/').at(-1)}:${effect}`) ?? []
      return `${conditionOf(status, 'Ready')?.status}: ${taints.join(' ')}`.trim()
    },
  }
}

const tolerate = (seconds?: number) => [
  {
    key: 'node.kubernetes.io/unreachable',
    operator: 'Exists',
    effect: 'NoExecute',
    ...(seconds === undefined ? {} : { tolerationSeconds: seconds }),
  },
]

test('a new node loses the taint it was born with once its agent says Ready', async () => {
  const { addNode, nodeLine, pass, client } = await world()
  await client.create<Node>(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'mute' } })
  await addNode('n1')
  await pass(500)
  expect(await nodeLine('n1')).toBe('True:')
  expect(await nodeLine('mute')).toBe('undefined: not-ready:NoSchedule')
})

test('a node that lives is left alone: for an hour nothing is written about it', async () => {
  const { addNode, addPod, pass, node, pod } = await world()
  await addNode('n1')
  await addPod('p', 'n1')
  await pass(3000)
  const taints = (await node('n1')).spec?.taints
  const before = (await pod('p')).metadata.resourceVersion
  await pass(3_600_000)
  expect([(await node('n1')).spec?.taints, (await pod('p')).metadata.resourceVersion]).toEqual([taints, before])
  expect(conditionOf((await node('n1')).status, 'Ready')?.status).toBe('True')
})

test('a silent node becomes Unknown after the grace period, is tainted, and its pods are no longer ready', async () => {
  const { addNode, addPod, client, silence, nodeLine, node, pod, pass } = await world()
  await addNode('n1')
  await addPod('p', 'n1', { tolerations: tolerate() })
  await pass(10_000)
  await silence('n1', true)
  await pass(38_000)
  expect(await nodeLine('n1')).toBe('True:')
  await pass(14_000)
  expect(await nodeLine('n1')).toBe('Unknown: unreachable:NoSchedule unreachable:NoExecute')
  const { status } = await node('n1')
  expect(status?.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`)).toEqual(
    ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => `${type}=Unknown NodeStatusUnknown`),
  )
  const { status: podStatus, metadata } = await pod('p')
  expect(conditionOf(podStatus, 'Ready')?.status).toBe('False')
  expect([podStatus?.phase, metadata.deletionTimestamp]).toEqual(['Running', undefined])
  const { items } = await client.list<Event>(events, { fieldSelector: 'reason=NodeNotReady' })
  expect(items.map(({ involvedObject, message }) => `${involvedObject.kind}: ${message}`).sort()).toEqual([
    'Node: Node n1 status is now: NodeNotReady',
    'Pod: Node is not ready',
  ])
})

test('the grace period is an option', async () => {
  const { addNode, silence, nodeLine, pass } = await world({ graceMs: 40_000 })
  await addNode('n1')
  await pass(500)
  await silence('n1', true)
  await pass(39_000)
  expect(await nodeLine('n1')).toBe('True:')
  await pass(2_000)
  expect(await nodeLine('n1')).toBe('Unknown: unreachable:NoSchedule unreachable:NoExecute')
})

test('a node that speaks again is Ready, without taints, and its pods are ready again', async () => {
  const { addNode, addPod, silence, nodeLine, podLine, pod, pass } = await world()
  await addNode('n1')
  await addPod('p', 'n1', { tolerations: tolerate() })
  await pass(1000)
  await silence('n1', true)
  await pass(120_000)
  await silence('n1', false)
  await pass(5000)
  expect([await nodeLine('n1'), await podLine('p')]).toEqual(['True:', 'Running 1/1'])
  expect(conditionOf((await pod('p')).status, 'Ready')?.status).toBe('True')
})

test('pods are evicted once their tolerationSeconds are over; daemons tolerate it for ever', async () => {
  const { addNode, addPod, client, silence, podLine, pod, pass } = await world()
  await addNode('n1')
  await addPod('never', 'n1', { tolerations: [{ ...tolerate(0)[0]! }] })
  await addPod('some', 'n1', { tolerations: tolerate(60) })
  await addPod('forever', 'n1', { tolerations: tolerate() })
  await pass(1000)
  await silence('n1', true)
  await pass(55_000)
  const lines = async () => [await podLine('never'), await podLine('some'), await podLine('forever')]
  expect(await lines()).toEqual(['Running 1/1 terminating', 'Running 1/1', 'Running 1/1'])
  expect(conditionOf((await pod('never')).status, 'DisruptionTarget')).toMatchObject({
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
  })
  await pass(60_000)
  expect(await lines()).toEqual(['Running 1/1 terminating', 'Running 1/1 terminating', 'Running 1/1'])
  await silence('n1', false)
  await pass(5000)
  expect(await lines()).toEqual(['gone', 'gone', 'Running 1/1'])
  const { items } = await client.list<Event>(events, { fieldSelector: 'reason=TaintManagerEviction' })
  expect(items.map(({ message }) => message).sort()).toEqual([
    'Marking for deletion Pod default/never',
    'Marking for deletion Pod default/some',
  ])
})

test('a NoExecute taint somebody sets evicts at once what does not tolerate it, and what comes later', async () => {
  const { addNode, addPod, client, podLine, node, pass } = await world()
  await addNode('n1')
  await addPod('here', 'n1')
  await addPod('tolerant', 'n1', { tolerations: [{ key: 'maintenance', operator: 'Exists' }] })
  await pass(1000)
  const taints: Taint[] = [...((await node('n1')).spec?.taints ?? []), { key: 'maintenance', effect: 'NoExecute' }]
  await client.patch(nodes, { name: 'n1' }, { type: 'merge', body: { spec: { taints } } })
  await pass(1000)
  expect([await podLine('here'), await podLine('tolerant')]).toEqual(['gone', 'Running 1/1'])
  await addPod('late', 'n1')
  await pass(2000)
  expect(await podLine('late')).toBe('gone')
})

test('M13 cordon is a taint, and uncordon takes it away', async () => {
  const { addNode, client, nodeLine, pass } = await world()
  await addNode('n1')
  await pass(500)
  const cordon = (unschedulable: boolean | null) =>
    client.patch(nodes, { name: 'n1' }, { type: 'strategic', body: { spec: { unschedulable } } })
  await cordon(true)
  await pass(100)
  expect(await nodeLine('n1')).toBe('True: unschedulable:NoSchedule')
  await cordon(null)
  await pass(100)
  expect(await nodeLine('n1')).toBe('True:')
})

test('a controller that starts while a node is silent gives it the whole grace period', async () => {
  const { addNode, as, clock, silence, nodeLine, pass } = await world({ graceMs: 10_000_000 })
  await addNode('n1')
  await pass(1000)
  await silence('n1', true)
  await pass(300_000)
  const client = as({ name: 'system:controller:node', groups: ['system:controllers', 'system:authenticated'] })
  const next = startNodeLifecycle({ client, clock, random: seededRandom(6), log: silentLog })
  await pass(49_000)
  expect(await nodeLine('n1')).toBe('True:')
  await pass(3_000)
  expect(await nodeLine('n1')).toContain('Unknown:')
  await next.stop()
})

test('a taint that is put back starts the tolerated time anew', async () => {
  const { addNode, addPod, client, podLine, pass } = await world()
  const taint = { key: 'spare', effect: 'NoExecute' }
  const setTaints = (taints: Taint[] | null) =>
    client.patch(nodes, { name: 'n1' }, { type: 'merge', body: { spec: { taints } } })
  await addNode('n1')
  await addPod('p', 'n1', {
    tolerations: [{ key: 'spare', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }],
  })
  await pass(1000)
  await setTaints([taint])
  await pass(40_000)
  await setTaints(null)
  await pass(40_000)
  await setTaints([taint])
  await pass(50_000)
  expect(await podLine('p')).toBe('Running 1/1')
  await pass(15_000)
  expect(await podLine('p')).toBe('gone')
})

test('a controller that is behind reads what it conflicted with, instead of asking again and again', async () => {
  const made = await agentWorld()
  await made.addNode('n1')
  await made.pass(2000)
  let patches = 0
  const client = made.as({ name: 'system:controller:node', groups: ['system:controllers', 'system:authenticated'] })
  const behind: Client = {
    ...client,
    watch: (resource, options, signal) =>
      resource.plural === 'nodes' ? nothingUntil(signal) : client.watch(resource, options, signal),
    patch: (resource, at, patch, more) => {
      if (resource.plural === 'nodes') patches++
      return client.patch(resource, at, patch, more)
    },
  }
  const parts = { clock: made.clock, random: seededRandom(6), log: silentLog }
  const lifecycle = startNodeLifecycle({ client: behind, ...parts })
  onTestFinished(async () => {
    await lifecycle.stop()
    await made.fleet.stop()
    made.server.close()
  })
  await made.pass(1000)
  await made.silence('n1', true)
  await made.pass(120_000)
  expect(conditionOf((await made.node('n1')).status, 'Ready')?.status).toBe('Unknown')
  expect(patches).toBeLessThan(8)
})

async function* nothingUntil(signal: AbortSignal): AsyncGenerator<never, void, void> {
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
