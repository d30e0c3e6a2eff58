// Ctrl-C, once: stop cleanly. Twice: stop now.
import { systemClock } from '../host/system.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** One Ctrl-C comes twice under `npm start` and timeout(1): from the terminal, and passed on by the program around us. */
const sameKeyMs = 300

/** Aborted by the first signal; a second one ends the process at once. `forget` gives the signals back. */
export function stopSignal(): { signal: AbortSignal; forget: () => void } {
  const controller = new AbortController()
  let firstAt = 0
  const onSignal = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      firstAt = systemClock.now()
      controller.abort()
    } else if (systemClock.now() - firstAt > sameKeyMs) {
      process.exit(128 + (name === 'SIGTERM' ? 15 : name === 'SIGHUP' ? 1 : 2))
    }
  }
  for (const name of signals) process.on(name, onSignal)
  return {
    signal: controller.signal,
    forget: () => {
      for (const name of signals) process.off(name, onSignal)
    },
  }
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
