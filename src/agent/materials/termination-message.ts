// What a container says at its end: the file it may write to, else, where it asks for that, the end of its log.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go, getTerminationMessage.

import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Container } from '../../api/types.ts'
import type { NodePlace } from '../materials.ts'
import { podDirectory } from './pod-directory.ts'

export const terminationMessageLimits = {
  /** Upstream: MaxContainerTerminationMessageLength. */
  bytes: 4096,
  /** Of the log. Upstream: MaxContainerTerminationMessageLogLength and -LogLines. */
  logBytes: 2048,
  logLines: 80,
} as const

/** The container's own, emptied at each start. */
export function lastWordsFile(place: NodePlace, podUid: string, container: string): string {
  return join(podDirectory(place, podUid), 'containers', container, 'termination-log')
}

/** Undefined where it has said nothing. `logTail` is asked only where the end of the log counts. */
export async function terminationMessage(
  place: NodePlace,
  podUid: string,
  container: Container,
  exitCode: number,
  logTail: () => Promise<string>,
): Promise<string | undefined> {
  const words = await beginningOf(lastWordsFile(place, podUid, container.name))
  if (words !== '') return words
  if (container.terminationMessagePolicy !== 'FallbackToLogsOnError' || exitCode === 0) return undefined
  const { logBytes, logLines } = terminationMessageLimits
  const lines = (await logTail()).split('\n')
  const tail = lines.slice(-logLines - (lines.at(-1) === '' ? 1 : 0)).join('\n')
  return Buffer.from(tail).subarray(-logBytes).toString('utf8') || undefined
}

/** The container may have put anything in its place, but only in its own mount: it is a file of ours, or nothing. */
async function beginningOf(path: string): Promise<string> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const buffer = Buffer.alloc(terminationMessageLimits.bytes)
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
      return buffer.subarray(0, bytesRead).toString('utf8')
    } finally {
      await file.close()
    }
  } catch {
    return ''
  }
}
