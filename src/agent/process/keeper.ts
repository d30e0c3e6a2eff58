// The program of a keeper: starts containers for one agent and keeps them while that agent comes and goes. It is a small
// process because starting a process blocks Node for as long as it takes to copy the memory map of whoever starts it.

import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { serveKeeper } from './keeper/server.ts'

const [, , directory = ''] = process.argv
// The terminal it was started from is the agent's; it ends when nothing is left to be kept.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
const log = createWriteStream(join(directory, 'keeper.log'), { flags: 'w', mode: 0o600 })
const warn = (event: string, error: unknown) => log.write(`${new Date().toISOString()} ${event}: ${String(error)}\n`)
process.on('uncaughtException', (error) => warn('uncaught', error.stack ?? error))
serveKeeper(directory, warn).then(
  () => process.exit(0),
  (error) => {
    warn('keeper failed', error)
    process.exit(1)
  },
)
