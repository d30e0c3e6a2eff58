// What a container has written to its termination message file. Upstream: kuberuntime_container.go, getTerminationMessage.

import { closeSync, constants, openSync, readSync } from 'node:fs'

/** Upstream: MaxContainerTerminationMessageLength. */
const longest = 4096

export function lastWords(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const bytes = Buffer.alloc(longest)
      const text = bytes.toString('utf8', 0, readSync(file, bytes, 0, longest, 0))
      return text === '' ? undefined : text
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
}
