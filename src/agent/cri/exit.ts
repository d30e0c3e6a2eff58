// How a run of a container has ended, in the words of its state.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go, convertToKubeContainerStatus.

import type { Container, Pod } from '../../api/types.ts'
import type { ContainerLog, Exit } from '../runtime.ts'
import type { ContainerStatusTold } from './messages.ts'
import { type CriParts, nanosToMs, uidOf } from './parts.ts'
import { terminationLogPath, terminationMessage } from './termination-message.ts'

export interface EndedRun {
  readonly pod: Pod
  readonly container: Container
  readonly attempt: number
  readonly log: ContainerLog
}

/** `status` undefined: somebody has removed it, and nobody knows how it ended. */
export async function exitOf(
  { options }: CriParts,
  { pod, container, attempt, log }: EndedRun,
  status: ContainerStatusTold | undefined,
): Promise<Exit> {
  const nowMs = options.clock.now()
  if (status === undefined) {
    const message = 'The container could not be located when the pod was terminated'
    return { exitCode: 137, reason: 'ContainerStatusUnknown', message, finishedAtMs: nowMs }
  }
  const { exitCode, reason, message, finishedAt } = status
  const path = terminationLogPath(options.place, uidOf(pod), container.name, attempt)
  const lastWord = await terminationMessage(path, container, exitCode, log)
  const words = [message, lastWord].filter((word) => word !== undefined && word !== '')
  return {
    exitCode,
    reason,
    message: words.length === 0 ? undefined : words.join(': '),
    finishedAtMs: finishedAt > 0 ? nanosToMs(finishedAt) : nowMs,
  }
}
