// The same scenario on two control planes of one version, once with kube-controller-manager's DaemonSet controller and
// once with ours: after each step pods, revisions, status and events are equal, after the names that are made by chance.
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { assets, needsAssets } from './assets.ts'
import { contestants } from './contestants.ts'
import { toldAgain } from './picture.ts'
import { openPlane, type Plane } from './planes.ts'
import type { StartedProgram } from './programs.ts'
import { scenarios } from './scenarios.ts'
import { Stage } from './stage.ts'

let planes: readonly Plane[] = []
let controllers: readonly StartedProgram[] = []

beforeAll(async () => {
  if (assets === undefined) return
  planes = contestants.map(openPlane)
  controllers = await Promise.all(planes.map((plane, at) => plane.startController(contestants[at]!)))
})
afterAll(async () => {
  await Promise.all(controllers.map((controller) => controller.stop()))
  await Promise.all(planes.map((plane) => plane.close()))
})
beforeEach(needsAssets)

/** Events are told on the side: what differs is looked at again before it counts. */
const looks = 5

describe.concurrent('the original and ours', () => {
  test.each(scenarios.map((scenario, at) => [scenario[0], `scenario-${at + 1}`, scenario] as const))(
    '%s',
    { timeout: 300_000 },
    async (_, namespace, [, ...steps]) => {
      const stages = planes.map(({ client }) => new Stage(client, namespace))
      await Promise.all(stages.map((stage) => stage.open()))
      try {
        for (const [what, step] of steps) {
          await Promise.all(stages.map(step))
          let [theirs, ours] = await pictures(stages)
          for (let look = 1; look < looks && !isDeepStrictEqual(theirs, ours); look++) {
            ;[theirs, ours] = await pictures(stages)
          }
          expect(ours, what).toEqual(theirs)
        }
        expect(await toldAgain(stages[1]!)).toEqual([])
      } finally {
        await Promise.all(stages.map((stage) => stage.close()))
      }
    },
  )
})

function pictures(stages: readonly Stage[]) {
  return Promise.all(
    stages.map(async (stage) => {
      await stage.settle()
      return stage.picture()
    }),
  )
}
