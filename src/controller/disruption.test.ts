import { expect, onTestFinished, test } from 'vitest'
import { type ControllerWorld, controllerWorld } from '../../test/controller-world.ts'
import type { PodDisruptionBudget } from '../api/disruption.ts'
import { podDisruptionBudgets, pods } from '../api/resources.ts'
import type { Pod } from '../api/types.ts'
import { startDisruptionController } from './disruption.ts'

async function world(): Promise<ControllerWorld> {
  const made = await controllerWorld()
  onTestFinished(() => made.close())
  return made
}

async function addPod({ client }: ControllerWorld, name: string, app: string): Promise<void> {
  const metadata = { name, namespace: 'default', labels: { app } }
  await client.create<Pod>(pods, { metadata, spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i:1' }] } })
  const body = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }
  await client.patch(pods, { namespace: 'default', name, subresource: 'status' }, { type: 'merge', body })
}

const addBudget = ({ client }: ControllerWorld) =>
  client.create<PodDisruptionBudget>(podDisruptionBudgets, {
    metadata: { name: 'b', namespace: 'default' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'a' } } },
  })

const allowed = async ({ client }: ControllerWorld) =>
  (await client.get<PodDisruptionBudget>(podDisruptionBudgets, { namespace: 'default', name: 'b' })).status

test('W12.8 a budget’s status follows its pods, and no others', async () => {
  const w = await world()
  await addPod(w, 'p1', 'a')
  await addPod(w, 'p2', 'a')
  w.start(startDisruptionController)
  await w.pass(100)
  expect((await addBudget(w)).status).toMatchObject({ disruptionsAllowed: 0, expectedPods: 0 })
  await w.pass(100)
  expect(await allowed(w)).toMatchObject({ disruptionsAllowed: 1, expectedPods: 2, observedGeneration: 1 })
  const writes = w.written.length
  await addPod(w, 'p3', 'b')
  await w.pass(100)
  expect(w.written).toHaveLength(writes)
  const relabelled = { type: 'merge', body: { metadata: { labels: { app: 'b' } } } } as const
  await w.client.patch(pods, { namespace: 'default', name: 'p2' }, relabelled)
  await w.pass(100)
  expect(await allowed(w)).toMatchObject({ disruptionsAllowed: 0, expectedPods: 1 })
  await w.client.delete(pods, { namespace: 'default', name: 'p1' }, { gracePeriodSeconds: 0 })
  await w.pass(100)
  expect(await allowed(w)).toMatchObject({ disruptionsAllowed: 0, expectedPods: 0 })
})
