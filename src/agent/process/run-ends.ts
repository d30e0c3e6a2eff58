// The names by which the agent knows the runs of containers, and what is said of how they ended.

import type { Pod } from '../../api/types.ts'
import { terminationMessageLimits } from '../materials/termination-message.ts'
import { type ContainerLog, RuntimeRefusal } from '../runtime.ts'
import { KeeperRefusal } from './keeper-client.ts'
import type { ExitFound, RunName } from './orders.ts'
import type { RunRecord } from './run-records.ts'

export const scheme = 'process://'

/** Said of every image: the process runtime takes nothing from it. */
export const hostImage = `${scheme}host`

export function idOf({ podUid, container, attempt }: RunName): string {
  return `${scheme}${podUid}-${container}-${attempt}`
}

export function runOf(podUid: string, containerId: string): RunName | undefined {
  const found = new RegExp(`^${scheme}${podUid}-(.+)-(\\d+)$`).exec(containerId)
  return found === null ? undefined : { podUid, container: found[1]!, attempt: Number(found[2]) }
}

export function lastOf(records: readonly RunRecord[], container: string): RunRecord | undefined {
  const own = records.filter(({ run }) => run.container === container)
  return own.sort((a, b) => b.run.attempt - a.run.attempt)[0]
}

/** An earlier agent has told of its end already. */
export function isOver(pod: Pod, { run, exit }: RunRecord): boolean {
  if (exit === undefined) return false
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  const status = statuses.find(({ name }) => name === run.container)
  return [status?.state, status?.lastState].some((state) => state?.terminated?.containerID === idOf(run))
}

export const unknownReason = 'ContainerStatusUnknown'

/** The keeper knows nothing of it. */
export function lost(nowMs: number): ExitFound {
  return { exitCode: 137, reason: unknownReason, finishedAtMs: nowMs }
}

export function refusalOf(error: unknown): RuntimeRefusal {
  if (error instanceof RuntimeRefusal) return error
  const message = error instanceof Error ? error.message : String(error)
  return new RuntimeRefusal(error instanceof KeeperRefusal ? 'RunContainerError' : 'CreateContainerError', message)
}

/** Upstream reads the last 80 lines of it. */
export function tailOf(log: ContainerLog | undefined): Promise<string> {
  if (log === undefined) return Promise.resolve('')
  return new Promise((resolve) => {
    let text = ''
    const write = (chunk: Uint8Array) => {
      text += Buffer.from(chunk).toString('utf8')
      return true
    }
    const over = () => resolve(text)
    const { logLines: tailLines } = terminationMessageLimits
    log.read(
      { tailLines, timestamps: false, follow: false },
      { write, drained: async () => {}, end: over, destroy: over },
    )
  })
}
