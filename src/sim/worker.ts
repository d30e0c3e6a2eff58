// A process that plays what it is sent, one job after the other, and sends back what came of it.

import { type Job, runJob } from './jobs.ts'
import { setTraps } from './trap.ts'

setTraps()
process.on('message', (job: Job) => {
  void runJob(job).then((outcome) => process.send?.(outcome))
})
process.on('disconnect', () => process.exit(0))
