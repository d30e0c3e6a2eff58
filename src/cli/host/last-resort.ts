// The end that nobody planned: an error that nothing caught. What runs is in no state that anybody knows, so nothing is
// put away in order; what was answered is on disk. The person gets a terminal that works and one line.
import type { Log } from '../../base/log.ts'

export interface LastResort {
  readonly log: Log
  /** Writes what the log still holds back. */
  readonly flush: () => void
  /** Gives the terminal back. */
  readonly restore?: () => void
  /** Where the log is, for the line that is said. */
  readonly logFile?: string
}

/** From here on what nothing caught ends the process with 1, also a promise that nobody heard. Returns the way back. */
export function onUncaught({ log, flush, restore = () => {}, logFile }: LastResort): () => void {
  const end = (error: unknown, origin: string) => {
    const details = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const [message] = (error instanceof Error ? error.message : String(error)).split('\n')
    const where = logFile === undefined ? '' : `; details are in ${logFile}`
    const acts = [
      restore,
      () => log.error('uncaught', { origin, error: details }),
      flush,
      () => process.stderr.write(`error: this is a bug in everynode: ${message}${where}\n`),
    ]
    for (const act of acts) {
      try {
        act()
      } catch {
        // The next one still helps.
      }
    }
    // With it goes the lock of the store, which is given back at every exit.
    process.exit(1)
  }
  // Node raises a rejection that nobody handles as an uncaught exception, with its origin named.
  process.on('uncaughtException', end)
  return () => process.off('uncaughtException', end)
}
