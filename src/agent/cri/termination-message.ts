// What a container leaves as its last word: a file that it may write, or the end of its log.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go, getTerminationMessage and makeMounts.

import { chmod, mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Container } from '../../api/types.ts'
import type { NodePlace } from '../materials.ts'
import type { ContainerLog } from '../runtime.ts'

/** Upstream: pkg/kubelet/container/runtime.go, MaxContainerTerminationMessage…. */
export const messageLimits = { bytes: 4096, logBytes: 2048, logLines: 80 } as const

/** Below the pod's own directory, which nobody else may enter and which goes with the pod. */
export function terminationLogPath(place: NodePlace, podUid: string, container: string, attempt: number): string {
  return `${place.state}/pods/${podUid}/containers/${container}/${attempt}.termination-log`
}

/** Empty, and writable for whoever the container runs as. */
export async function makeTerminationLog(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await rm(path, { force: true })
  await (await open(path, 'wx', 0o666)).close()
  await chmod(path, 0o666)
}

/** Undefined: it has left none. `log` is asked where the container wants it and has failed. */
export async function terminationMessage(
  path: string,
  container: Container,
  exitCode: number,
  log: ContainerLog,
): Promise<string | undefined> {
  const written = await firstBytes(path)
  if (written !== '') return written
  if (exitCode === 0 || container.terminationMessagePolicy !== 'FallbackToLogsOnError') return undefined
  const ended = await lastLines(log)
  return ended === '' ? undefined : ended
}

async function firstBytes(path: string): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      const buffer = Buffer.alloc(messageLimits.bytes)
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch {
    return ''
  }
}

function lastLines(log: ContainerLog): Promise<string> {
  const chunks: Buffer[] = []
  return new Promise((resolve) => {
    const end = () => resolve(Buffer.concat(chunks).subarray(-messageLimits.logBytes).toString('utf8'))
    log.read(
      { tailLines: messageLimits.logLines, timestamps: false, follow: false },
      {
        write(chunk) {
          chunks.push(Buffer.from(chunk))
          return true
        },
        drained: async () => {},
        end,
        destroy: end,
      },
    )
  })
}
