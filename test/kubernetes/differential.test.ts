// The same scenario on two control planes of one version, once with kube-controller-manager's DaemonSet controller and
// once with ours: after each step pods, revisions, status and events are equal, after the names that are made by chance.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { assets, needsAssets } from './assets.ts'
import { type Contestant, type ControlPlane, type StartedProgram, startControlPlane } from './control-plane.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { eventually, Stage } from './stage.ts'

const contestants: readonly Contestant[] = ['kube-controller-manager', 'everynode']
const planes = new Map<Contestant, ControlPlane>()

beforeAll(async () => {
  if (assets === undefined) return
  await Promise.all(
    contestants.map(async (which) => {
      planes.set(which, await startControlPlane())
    }),
  )
}, 120_000)
afterAll(async () => {
  await Promise.all([...planes.values()].map((plane) => plane.stop()))
}, 60_000)
beforeEach(needsAssets)

let number = 0

describe('one controller each', () => {
  const controllers: StartedProgram[] = []
  beforeAll(async () => {
    for (const [which, plane] of planes) controllers.push(await plane.startController(which))
  }, 60_000)
  afterAll(async () => {
    await Promise.all(controllers.map((controller) => controller.stop()))
  }, 60_000)

  test.each(scenarios)('%s', { timeout: 300_000 }, async (...scenario) => {
    const namespace = `scenario-${++number}`
    const [theirs, ours] = await Promise.all(
      contestants.map((which) => play(planes.get(which)!, namespace, scenario as unknown as Scenario)),
    )
    for (const [step, picture] of theirs!.entries()) expect(ours![step], `step ${step + 1}`).toEqual(picture)
  })
})

async function play(plane: ControlPlane, namespace: string, [, ...steps]: Scenario) {
  const stage = new Stage(plane.client, namespace)
  await stage.open()
  const pictures = []
  try {
    for (const [what, step] of steps) {
      await step(stage)
      await stage.settle()
      pictures.push({ what, ...(await stage.picture()) })
    }
  } finally {
    await stage.close()
  }
  return pictures
}

test('handed over in the middle of a rollout, there and back: neither restarts what the other has finished', {
  timeout: 180_000,
}, async () => {
  const plane = planes.get('everynode')!
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
    await eventually(async () => (await updated()).length === 9, 60_000)
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
