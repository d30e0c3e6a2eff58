// What takes minutes: the seeds that ever failed, plans of the sieve, and the planted faults, in two processes. The search
// for new seeds is a search, not a test (`npm run sim:long`); with EVERYNODE_SEED=N it is made here, from that seed.
import { expect, test } from 'vitest'
import { Chance } from '../../src/sim/chance.ts'
import { failedSeeds, openSeeds } from '../../src/sim/failed-seeds.ts'
import { commandOf, type Job, type Outcome } from '../../src/sim/jobs.ts'
import { mutants } from '../../src/sim/mutants.ts'
import { runJobs } from '../../src/sim/pool.ts'
import { allPlans } from '../../src/sim/sieve.ts'

const processes = 2
const minutes = 60_000
const wished = process.env.EVERYNODE_SEED
const firstSeed = Number(wished ?? 795_523_885)

async function brokenBy(jobs: Iterable<Job>): Promise<string[]> {
  const broken: Outcome[] = []
  await runJobs(jobs, processes, (outcome) => {
    if (outcome.violation !== undefined) broken.push(outcome)
    return 'go on'
  })
  return broken.map(({ job, violation }) => `${violation?.invariant}: ${violation?.what} (${commandOf(job)})`)
}

function* seedsFrom(first: number, count: number): Generator<Job> {
  for (let i = 0; i < count; i++) yield { do: 'seed', seed: first + i }
}

test(
  `500 new seeds from ${firstSeed}`,
  async (context) => {
    if (wished === undefined) context.skip('new seeds are searched for by npm run sim:long, or with EVERYNODE_SEED=N')
    expect(await brokenBy(seedsFrom(firstSeed, 500))).toEqual([])
  },
  12 * minutes,
)

test(
  'every seed that ever failed',
  async () => {
    expect(await brokenBy(failedSeeds.map(([seed]) => ({ do: 'seed', seed })))).toEqual([])
  },
  2 * minutes,
)

test.for(openSeeds)('seed %d, an open finding: %s', ([, finding], context) => {
  context.skip(`open finding of the simulator: ${finding}`)
})

test(
  '600 plans of the sieve, drawn by the seed',
  async () => {
    const plans = await allPlans()
    const chance = new Chance(firstSeed, 'plans')
    const drawn = Array.from({ length: 600 }, () => chance.of(plans))
    expect(await brokenBy(drawn.map(([journey, plan]) => ({ do: 'plan', journey, plan })))).toEqual([])
  },
  8 * minutes,
)

/** B4: within two thousand seeds. Each is found by far fewer. */
test.each(mutants)(
  'planted: $name',
  async ({ name }) => {
    let found: Outcome | undefined
    const jobs = Array.from({ length: 2000 }, (_, i): Job => ({ do: 'seed', seed: 1 + i, mutant: name }))
    await runJobs(jobs, processes, (outcome) => {
      if (outcome.violation !== undefined) found ??= outcome
      return found === undefined ? 'go on' : 'enough'
    })
    expect(found?.violation).toBeDefined()
  },
  15 * minutes,
)
