// How a run of a container has ended, in the words of its state.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go, convertToKubeContainerStatus.

import type { Container, Pod } from '../../api/types.ts'
import { terminationMessage, terminationMessageLimits } from '../materials/termination-message.ts'
import type { ContainerLog, Exit } from '../runtime.ts'
import type { ContainerStatusTold } from './messages.ts'
import { type CriParts, nanosToMs, uidOf } from './parts.ts'

export interface EndedRun {
  readonly pod: Pod
  readonly container: Container
  readonly log: ContainerLog
}

/** `status` undefined: somebody has removed it, and nobody knows how it ended. */
export async function exitOf(
  { options }: CriParts,
  { pod, container, log }: EndedRun,
  status: ContainerStatusTold | undefined,
): Promise<Exit> {
  const nowMs = options.clock.now()
  if (status === undefined) {
    const message = 'The container could not be located when the pod was terminated'
    return { exitCode: 137, reason: 'ContainerStatusUnknown', message, finishedAtMs: nowMs }
  }
  const { exitCode, reason, message, finishedAt } = status
  const lastWord = await terminationMessage(options.place, uidOf(pod), container, exitCode, () => lastLines(log))
  const words = [message, lastWord].filter((word) => word !== undefined && word !== '')
  return {
    exitCode,
    reason,
    message: words.length === 0 ? undefined : words.join(': '),
    finishedAtMs: finishedAt > 0 ? nanosToMs(finishedAt) : nowMs,
  }
}

function lastLines(log: ContainerLog): Promise<string> {
  const chunks: Uint8Array[] = []
  return new Promise((resolve) => {
    const end = () => resolve(Buffer.concat(chunks).toString('utf8'))
    const write = (chunk: Uint8Array) => chunks.push(Buffer.from(chunk)) > 0
    const selection = { tailLines: terminationMessageLimits.logLines, timestamps: false, follow: false }
    log.read(selection, { write, drained: async () => {}, end, destroy: end })
  })
}
