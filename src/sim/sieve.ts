// The sieve: a journey is played once as it is, and then once for each disturbance of each of its writes and events.
// Nothing is left to chance. After Sieve (OSDI 2022): crashes between writes, states that were not seen, states that are
// long past; and as there, the end must be the end of the undisturbed journey.

import type { PodNames } from '../reconcile/daemonset/pod-names.ts'
import { begin, type Journey, journeys } from './journeys.ts'
import type { Violation } from './judge.ts'
import { type Plan, PlannedFaults, type Seen } from './planned-faults.ts'
import { comeToRest } from './quiet.ts'
import type { Line } from './transcript.ts'
import { start } from './troubles.ts'
import { World } from './world.ts'

export interface SieveResult {
  readonly journey: string
  readonly plan: string
  readonly violation: Violation | undefined
  readonly virtualMs: number
  readonly settledMs: number | undefined
  readonly requests: number
  readonly writes: number
  readonly fingerprint: string
  readonly lines: readonly Line[]
  /** What there is in the end, in words. */
  readonly end: string
  readonly seen: Seen
}

/** All plans of all journeys, or of one: `['update', 'crash 3 before']` … */
export async function allPlans(only?: string): Promise<[journey: string, plan: string][]> {
  const plans: [string, string][] = []
  for (const { name } of journeys) {
    if (only !== undefined && only !== name) continue
    const { seen } = await runPlan(name, 'nothing')
    for (let n = 1; n <= seen.writes; n++) {
      for (const when of ['before', 'done', 'answered']) plans.push([name, `crash ${n} ${when}`])
    }
    for (let n = 1; n <= seen.events; n++) {
      for (const what of ['hide', 'late', 'twice', 'freeze']) plans.push([name, `${what} ${n}`])
    }
  }
  return plans
}

const ends = new Map<string, Promise<string>>()

/** The end of the journey when nothing disturbs it. */
function endOf(journey: string): Promise<string> {
  let end = ends.get(journey)
  if (end === undefined) {
    end = runPlan(journey, 'nothing').then((result) => result.end)
    ends.set(journey, end)
  }
  return end
}

export async function runPlan(name: string, text: string, tellsAll = false): Promise<SieveResult> {
  const journey = journeyNamed(name)
  const plan = parsePlan(text)
  const { world, faults } = worldOf(plan, tellsAll)
  await begin(world, journey)
  await journey.act(world)
  await world.run(20_000)
  faults.isOver = true
  for (const part of ['server', 'controllers', 'nodes']) start(world, part)
  if (plan.do !== 'nothing') world.network.breakStreams((stream) => stream.exchange.from.name === 'controllers')
  const settledMs = await comeToRest(world, world.scheduler.now())
  const end = endState(world)
  if (world.violation === undefined && plan.do !== 'nothing') {
    const wanted = await endOf(name)
    if (end !== wanted) world.violated('L1', `it ends with ${end}, undisturbed with ${wanted}`)
  }
  return {
    journey: name,
    plan: text,
    violation: world.violation,
    virtualMs: world.scheduler.now() - world.scheduler.startMs,
    settledMs,
    requests: world.network.requests,
    writes: world.writes,
    fingerprint: world.transcript.fingerprint(),
    lines: world.transcript.lines,
    end,
    seen: faults.seen,
  }
}

function worldOf(plan: Plan, tellsAll: boolean): { world: World; faults: PlannedFaults } {
  // Whoever starts from an old snapshot knows nothing of the pods made since: only their names keep it from making more.
  const podNames: PodNames = plan.do === 'freeze' ? 'derived' : 'generated'
  const faults = new PlannedFaults(plan)
  const stalenessMs = plan.do === 'nothing' || plan.do === 'crash' ? 3_000 : 60_000
  const world = new World({ seed: 1, faults, podNames, flushMs: () => 1, stalenessMs, controllers: 1, tellsAll })
  faults.attach(world)
  world.onDeath = ({ name }) => world.scheduler.after(1_000, () => start(world, name))
  return { world, faults }
}

export function parsePlan(text: string): Plan {
  const [what, n, when] = text.split(' ')
  const at = Number(n)
  if (what === 'nothing') return { do: 'nothing' }
  if (what === 'crash' && (when === 'before' || when === 'done' || when === 'answered')) return { do: what, at, when }
  if (what === 'hide' || what === 'late' || what === 'twice' || what === 'freeze') return { do: what, at }
  throw new Error(`no such plan: ${text} (crash N before|done|answered, hide N, late N, twice N, freeze N)`)
}

function journeyNamed(name: string): Journey {
  const journey = journeys.find((one) => one.name === name)
  if (journey === undefined) throw new Error(`no such journey: ${name} (${journeys.map((one) => one.name).join(', ')})`)
  return journey
}

/** Pods by node, image and owner: what is left when names, uids and versions are taken away. */
function endState({ judge: { truth } }: World): string {
  const there = [...truth.pods.values()].filter(({ goneMs }) => goneMs === undefined)
  const lines = there.map(({ object }) => {
    const owner = object.metadata.ownerReferences?.[0]?.name ?? 'nobody'
    return `${object.spec.nodeName} ${object.spec.containers[0]?.image} of ${owner}`
  })
  return lines.sort().join(', ')
}
