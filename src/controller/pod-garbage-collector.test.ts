import { expect, onTestFinished, test } from 'vitest'
import { type ControllerWorld, controllerWorld } from '../../test/controller-world.ts'
import { nodes, pods } from '../api/resources.ts'
import type { Node, Pod } from '../api/types.ts'
import { startPodGarbageCollector } from './pod-garbage-collector.ts'

async function world(): Promise<ControllerWorld> {
  const made = await controllerWorld()
  onTestFinished(() => made.close())
  return made
}

const addNode = ({ client }: ControllerWorld, name: string) =>
  client.create<Node>(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name } })

const addPod = ({ client }: ControllerWorld, name: string, nodeName?: string) =>
  client.create<Pod>(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i:1' }], ...(nodeName === undefined ? {} : { nodeName }) },
  })

const names = async ({ client }: ControllerWorld) =>
  (await client.list<Pod>(pods)).items.map(({ metadata }) => metadata.name)

test('M11 a removed node leaves no pod behind: each is failed, says why, and goes without grace', async () => {
  const w = await world()
  await addNode(w, 'n1')
  await addNode(w, 'n2')
  await addPod(w, 'a', 'n1')
  await addPod(w, 'b', 'n2')
  w.start(startPodGarbageCollector)
  await w.pass(100)
  await w.client.delete(nodes, { name: 'n1' })
  await w.pass(1000)
  expect(await names(w)).toEqual(['b'])
  expect(w.written).toHaveLength(2)
  expect(w.written[0]).toContain('"phase":"Failed","conditions":[{"type":"DisruptionTarget","status":"True"')
  expect(w.written[1]).toContain(
    'DELETE /api/v1/namespaces/default/pods/a {"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0',
  )
})

test('a node that comes back within the quarantine keeps its pods', async () => {
  const w = await world()
  await addNode(w, 'n1')
  await addPod(w, 'a', 'n1')
  w.start((options) => startPodGarbageCollector({ ...options, quarantineMs: 5000 }))
  await w.pass(100)
  await w.client.delete(nodes, { name: 'n1' })
  await w.pass(2000)
  await addNode(w, 'n1')
  await w.pass(20_000)
  expect([await names(w), w.written]).toEqual([['a'], []])
})

test('pods of nodes that went while nobody looked are found at the start; pods without a node stay', async () => {
  const w = await world()
  await addPod(w, 'lost', 'gone')
  await addPod(w, 'waits')
  w.start(startPodGarbageCollector)
  await w.pass(1000)
  expect(await names(w)).toEqual(['waits'])
})
