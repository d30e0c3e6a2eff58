// The same scenario on two control planes of one version, once with kube-controller-manager's DaemonSet controller and
// once with ours: after each step pods, revisions, status and events are equal, after the names that are made by chance.
// Then ours once more with the placement that needs no scheduler: equal again, but for the pin.
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { assets, needsAssets } from './assets.ts'
import { contestants } from './contestants.ts'
import { type Picture, toldAgain } from './picture.ts'
import { openPlane, type Plane } from './planes.ts'
import type { StartedProgram } from './programs.ts'
import type { Scenario } from './scenarios/words.ts'
import { anyPlacement, scenarios } from './scenarios.ts'
import { Stage } from './stage.ts'

const planes: readonly Plane[] = assets === undefined ? [] : contestants.map(openPlane)
const controllers: StartedProgram[] = []
const stopAll = async () => {
  await Promise.all(controllers.splice(0).map((controller) => controller.stop()))
}

beforeEach(needsAssets)
afterAll(async () => {
  await stopAll()
  await Promise.all(planes.map((plane) => plane.close()))
})

/** Events are told on the side: what differs is looked at again before it counts. */
const looks = 5
const timeout = 300_000
/** By scenario: what the original has done, step by step. */
const original = new Map<Scenario, Picture[]>()

// One after the other; only their tests are played at a time.
describe('the original and ours', () => {
  beforeAll(async () => {
    controllers.push(...(await Promise.all(planes.map((plane, at) => plane.startController(contestants[at]!)))))
  })
  afterAll(stopAll)

  test.concurrent.each(numbered(scenarios))('%s', { timeout }, async (_, number, scenario) => {
    const [theirs, ours] = planes.map(({ client }) => new Stage(client, `scenario-${number}`)) as [Stage, Stage]
    const seen: Picture[] = []
    await played([theirs, ours], scenario, async (what) => {
      await alike(what, () => Promise.all([atRest(theirs), atRest(ours)]))
      seen.push(await theirs.picture())
    })
    expect(await toldAgain(ours)).toEqual([])
    original.set(scenario, seen)
  })
})

describe('ours alone, without a scheduler', () => {
  beforeAll(async () => {
    const plane = planes.at(-1)
    if (plane !== undefined) controllers.push(await plane.startController('everynode', ['--placement=node-name']))
  })
  afterAll(stopAll)

  test.concurrent.each(numbered(anyPlacement))('%s', { timeout }, async (_, number, scenario) => {
    const seen = original.get(scenario)
    expect(seen, 'the original has played it').toBeDefined()
    const stage = new Stage(planes.at(-1)!.client, `placed-${number}`, `scenario-${number}`)
    let step = 0
    await played([stage], scenario, async (what) => {
      const theirs = withoutPin(seen![step++]!)
      await alike(what, async () => [theirs, withoutPin(await atRest(stage))])
    })
    expect(await toldAgain(stage)).toEqual([])
  })
})

function numbered(all: readonly Scenario[]) {
  return all.map((scenario) => [scenario[0], scenarios.indexOf(scenario) + 1, scenario] as const)
}

/** On each stage at a time, and looked at after each step. */
async function played(stages: readonly Stage[], [, ...steps]: Scenario, look: (what: string) => Promise<void>) {
  await Promise.all(stages.map((stage) => stage.open()))
  try {
    for (const [what, step] of steps) {
      await Promise.all(stages.map(step))
      await look(what)
    }
  } finally {
    await Promise.all(stages.map((stage) => stage.close()))
  }
}

async function alike(what: string, look: () => Promise<readonly [theirs: Picture, ours: Picture]>): Promise<void> {
  let [theirs, ours] = await look()
  for (let n = 1; n < looks && !isDeepStrictEqual(theirs, ours); n++) [theirs, ours] = await look()
  expect(ours, what).toEqual(theirs)
}

async function atRest(stage: Stage): Promise<Picture> {
  await stage.settle()
  return stage.picture()
}

function withoutPin(picture: Picture): Picture {
  return { ...picture, pods: picture.pods.map(({ affinity: _, ...facts }) => facts) }
}
