// For commands that do one thing to many objects: each failure is told at once, the others go on, and the exit code says
// whether all went well.

import { Unreachable } from '../client/unreachable.ts'
import { CommandError } from './command-error.ts'
import { failureOf } from './failure.ts'

/** Runs `act` for each item in turn; rejects in the end when one of them failed (with an empty message: all is said). */
export async function forEachReporting<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let exitCode = 0
  for (const item of items) {
    try {
      await act(item)
    } catch (error) {
      const failure = failureOf(error)
      // Nobody answers: it would be said once for each of them.
      if (failure === undefined || error instanceof Unreachable) throw error
      process.stderr.write(`${failure.message}\n`)
      exitCode = Math.max(exitCode, failure.exitCode)
    }
  }
  if (exitCode !== 0) throw new CommandError('', { exitCode })
}
