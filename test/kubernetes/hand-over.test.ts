// One cluster, and two DaemonSet controllers that follow each other: the original, ours, and back.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { assets, needsAssets } from './assets.ts'
import { openPlane, type Plane } from './planes.ts'
import { eventually, Stage } from './stage.ts'

let plane: Plane

beforeAll(() => {
  if (assets !== undefined) plane = openPlane('everynode')
})
afterAll(() => plane?.close())
beforeEach(needsAssets)

test('in the middle of a rollout, there and back: neither restarts what the other has finished', {
  timeout: 300_000,
}, async () => {
  const stage = new Stage(plane.client, 'hand-over')
  await stage.open()
  const finished = new Map<string, string>()
  const updated = async () => (await stage.pods()).filter(({ spec }) => spec.containers[0]?.image === 'logger:2')
  try {
    await stage.addNodes('n1 n2 n3 n4 n5 n6 n7 n8 n9')
    // Slow enough to be met in the middle.
    await stage.create({ minReadySeconds: 2 })
    let controller = await plane.startController('kube-controller-manager')
    await stage.settle()
    await stage.setImage('logger:2')
    for (const [next, done] of [
      ['everynode', 2],
      ['kube-controller-manager', 5],
      ['everynode', 7],
    ] as const) {
      await eventually(async () => (await updated()).length >= done)
      await controller.stop()
      for (const pod of await updated()) finished.set(pod.spec.nodeName ?? '', pod.metadata.uid ?? '')
      expect(finished.size).toBeLessThan(9)
      controller = await plane.startController(next)
    }
    await eventually(async () => (await updated()).length === 9)
    await stage.settle()
    const after = new Map((await stage.pods()).map(({ spec, metadata }) => [spec.nodeName, metadata.uid]))
    expect(after.size).toBe(9)
    for (const [node, uid] of finished) expect([node, after.get(node)]).toEqual([node, uid])
    expect((await stage.revisions()).map(({ revision }) => revision)).toEqual([1, 2])
    await controller.stop()
  } finally {
    await stage.close()
  }
})
