// Jobs shared out among processes: each runs on a processor of its own, and none sees another's memory.

import { type ChildProcess, fork } from 'node:child_process'
import { type Job, type Outcome, runJob } from './jobs.ts'

/** Plays all jobs, `processes` at a time; `onOutcome` hears of each as it is done, and may say that it is enough. */
export async function runJobs(
  jobs: Iterable<Job>,
  processes: number,
  onOutcome: (outcome: Outcome) => 'go on' | 'enough',
): Promise<void> {
  const left = jobs[Symbol.iterator]()
  let isEnough = false
  const next = () => (isEnough ? undefined : left.next().value)
  const hear = (outcome: Outcome) => {
    if (onOutcome(outcome) === 'enough') isEnough = true
  }
  if (processes <= 1) {
    for (let job = next(); job !== undefined; job = next()) hear(await runJob(job))
    return
  }
  await Promise.all(Array.from({ length: processes }, () => work(next, hear)))
}

async function work(next: () => Job | undefined, hear: (outcome: Outcome) => void): Promise<void> {
  const child = startWorker()
  try {
    for (let job = next(); job !== undefined; job = next()) hear(await play(child, job))
  } finally {
    child.disconnect()
  }
}

function play(child: ChildProcess, job: Job): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null) =>
      reject(new Error(`play ${JSON.stringify(job)}: the process ended with ${code}`))
    child.once('exit', died)
    child.once('message', (outcome: Outcome) => {
      child.off('exit', died)
      resolve(outcome)
    })
    child.send(job)
  })
}

/** In the sources a loader is needed, in what was built none. */
function startWorker(): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts')
  const path = new URL(isSource ? './worker.ts' : './worker.js', import.meta.url)
  return fork(path, { execArgv: isSource ? ['--import', 'tsx'] : [], serialization: 'advanced' })
}
