// Ctrl-C, once: stop cleanly. Twice: stop now.
import type { Clock } from '../../base/clock.ts'
import { systemClock } from '../host/system.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** One Ctrl-C comes twice under `npm start` and timeout(1): from the terminal, and passed on by the program around us. */
const sameKeyMs = 300

/** Who waits longer than this for the end is told that there is a faster one. */
const patienceMs = 2_000

/** Aborted by the first signal; a second one ends the process at once. `forget` gives the signals back. */
export function stopSignal({
  clock = systemClock,
  say = (line) => process.stdout.write(`${line}\n`),
}: {
  readonly clock?: Clock
  readonly say?: (line: string) => void
} = {}): { signal: AbortSignal; forget: () => void } {
  const controller = new AbortController()
  let firstAt = 0
  let calm = () => {}
  const onSignal = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      firstAt = clock.monotonic()
      calm = clock.after(patienceMs, () => say('still stopping; Ctrl-C again ends it at once'))
      controller.abort()
    } else if (clock.monotonic() - firstAt > sameKeyMs) {
      process.exit(128 + (name === 'SIGTERM' ? 15 : name === 'SIGHUP' ? 1 : 2))
    }
  }
  for (const name of signals) process.on(name, onSignal)
  return {
    signal: controller.signal,
    forget: () => {
      calm()
      for (const name of signals) process.off(name, onSignal)
    },
  }
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
