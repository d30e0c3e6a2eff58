// Pieces of work for the simulator, and what is left of each when it is done: small enough to be sent between processes.

import type { Violation } from './judge.ts'
import { mutants } from './mutants.ts'
import { runSeed } from './run-seed.ts'
import { runPlan } from './sieve.ts'
import { type Line, printLine } from './transcript.ts'

export type Job =
  | { readonly do: 'seed'; readonly seed: number; readonly mutant?: string | undefined }
  | { readonly do: 'plan'; readonly journey: string; readonly plan: string }

export interface Outcome {
  readonly job: Job
  readonly violation: Violation | undefined
  readonly virtualMs: number
  /** From the end of the faults until nothing was written any more. */
  readonly settledMs: number | undefined
  readonly requests: number
  readonly writes: number
  readonly faults: readonly (readonly [fault: string, times: number])[]
  readonly fingerprint: string
  /** The end of the transcript, where something was wrong. */
  readonly lastLines: readonly string[]
}

export const jobLimits = {
  /** Lines of a transcript that are told of a failure (B4). */
  lastLines: 200,
} as const

export async function runJob(job: Job): Promise<Outcome> {
  switch (job.do) {
    case 'seed': {
      const mutant = mutants.find(({ name }) => name === job.mutant)
      const result = await runSeed(job.seed, { mutant })
      const { violation, virtualMs, settledMs, requests, writes, fingerprint, lines } = result
      const faults = [...result.faults].sort(([a], [b]) => (a < b ? -1 : 1))
      const lastLines = lastOf(lines, violation)
      return { job, violation, virtualMs, settledMs, requests, writes, faults, fingerprint, lastLines }
    }
    case 'plan': {
      const result = await runPlan(job.journey, job.plan)
      const { violation, virtualMs, settledMs, requests, writes, fingerprint, lines } = result
      const faults = [[job.plan.replace(/ \d+/, ''), 1]] as const
      const lastLines = lastOf(lines, violation)
      return { job, violation, virtualMs, settledMs, requests, writes, faults, fingerprint, lastLines }
    }
    default:
      return job satisfies never
  }
}

function lastOf(lines: readonly Line[], violation: Violation | undefined): string[] {
  return violation === undefined ? [] : lines.slice(-jobLimits.lastLines).map((line) => printLine(line, 3))
}

/** What plays it again. */
export function commandOf(job: Job): string {
  switch (job.do) {
    case 'seed':
      return `everynode sim --seed ${job.seed} --transcript`
    case 'plan':
      return `everynode sim --sieve --journey '${job.journey}' --plan '${job.plan}' --transcript`
    default:
      return job satisfies never
  }
}
