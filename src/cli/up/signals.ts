// Ctrl-C, once: stop cleanly. Twice: stop now.
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Aborted by the first signal; a second one ends the process at once. `forget` gives the signals back. */
export function stopSignal(): { signal: AbortSignal; forget: () => void } {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(128 + (name === 'SIGTERM' ? 15 : name === 'SIGHUP' ? 1 : 2))
    controller.abort()
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
