// `everynode sim`: which runs there are to play, and what is told of them.
import { commandOf, type Job, type Outcome } from '../../sim/jobs.ts'
import { runJobs } from '../../sim/pool.ts'
import { runSeed } from '../../sim/run-seed.ts'
import { allPlans, runPlan } from '../../sim/sieve.ts'
import { printLine } from '../../sim/transcript.ts'
import { CommandError } from '../command-error.ts'
import { Tally } from './tally.ts'

export interface SimFlags {
  readonly seed?: number
  readonly seeds?: number
  readonly jobs?: number
  readonly sieve?: boolean
  readonly journey?: string
  readonly plan?: string
  readonly transcript?: boolean
  readonly verbose?: boolean
}

/** Lines of its transcript that a failure shows by itself; all of them with --transcript. */
const shownLines = 40

export async function sim(flags: SimFlags): Promise<void> {
  const write = (line: string) => process.stdout.write(`${line}\n`)
  const jobs = await jobsOf(flags)
  if (flags.transcript === true) {
    const [only] = jobs
    if (only === undefined || jobs.length > 1) throw new CommandError('error: --transcript needs one seed, or one plan')
    for (const line of await linesOf(only, flags.verbose === true)) write(line)
    return
  }
  const tally = new Tally()
  const failed: Outcome[] = []
  const progress = startProgress(jobs.length)
  await runJobs(jobs, flags.jobs ?? 1, (outcome) => {
    tally.add(outcome)
    progress.done()
    if (outcome.violation === undefined) return 'go on'
    failed.push(outcome)
    progress.clear()
    for (const line of failureLines(outcome)) write(line)
    return 'go on'
  })
  progress.clear()
  for (const line of tally.lines()) write(line)
  if (failed.length > 0) throw new CommandError('')
}

async function jobsOf({ seed = 1, seeds = 1, sieve, journey, plan }: SimFlags): Promise<Job[]> {
  if (sieve !== true) return Array.from({ length: seeds }, (_, i) => ({ do: 'seed', seed: seed + i }))
  if (journey !== undefined && plan !== undefined) return [{ do: 'plan', journey, plan }]
  const plans = await allPlans(journey)
  return plans.map(([name, text]) => ({ do: 'plan', journey: name, plan: text }))
}

async function linesOf(job: Job, tellsAll: boolean): Promise<string[]> {
  const run = job.do === 'seed' ? runSeed(job.seed, { tellsAll }) : runPlan(job.journey, job.plan, tellsAll)
  const result = await run
  const about = 'swarm' in result ? `seed ${result.seed}: ${result.swarm}` : `${result.journey}: ${result.plan}`
  const end =
    result.violation === undefined ? 'nothing wrong' : `${result.violation.invariant}: ${result.violation.what}`
  return [about, ...result.lines.map((line) => printLine(line, 3)), `${end} (${result.fingerprint})`]
}

function failureLines({ job, violation, lastLines }: Outcome): string[] {
  const name = job.do === 'seed' ? `seed ${job.seed}` : `${job.journey}, ${job.plan}`
  return [
    `${name}: ${violation?.invariant}: ${violation?.what}`,
    ...lastLines.slice(-shownLines).map((line) => `  ${line}`),
    `  play it again: ${commandOf(job)}`,
    '',
  ]
}

/** On a terminal, how many are done: one line that is written over. */
function startProgress(all: number): { done(): void; clear(): void } {
  let count = 0
  const isShown = process.stderr.isTTY === true && all > 1
  return {
    done() {
      count++
      if (isShown) process.stderr.write(`\r${count} of ${all}`)
    },
    clear() {
      if (isShown) process.stderr.write('\r\x1b[K')
    },
  }
}
