// One word for what a pod is doing, how many of its containers are ready, and how often they were restarted (W8.13).
// Upstream: pkg/printers/internalversion/printers.go, printPod.

import { conditionOf } from '../../api/pods.ts'
import { parseTime } from '../../api/time.ts'
import type { Container, ContainerStatus, Pod } from '../../api/types.ts'

export interface PodState {
  readonly status: string
  readonly ready: number
  readonly total: number
  readonly restarts: number
  /** When a container last ended before it was restarted. */
  readonly lastRestartMs: number | undefined
}

export function podState(pod: Pod): PodState {
  const init = initState(pod)
  const initialized = conditionOf(pod.status, 'Initialized')?.status === 'True'
  const running = init.reason === undefined || initialized ? runState(pod) : undefined
  // Once the pod runs, only the init containers that run beside it (sidecars) count as restarts.
  const restarts = running === undefined ? init.all : add(init.sidecars, running.restarts)
  return {
    status: leavingText(pod) ?? running?.reason ?? init.reason ?? phaseText(pod),
    ready: init.ready + (running?.ready ?? 0),
    total: pod.spec.containers.length + sidecars(pod).size,
    restarts: restarts.count,
    lastRestartMs: restarts.lastMs,
  }
}

interface Restarts {
  readonly count: number
  readonly lastMs: number | undefined
}

const noRestarts: Restarts = { count: 0, lastMs: undefined }

function add(sum: Restarts, more: Restarts): Restarts {
  const lastMs = Math.max(sum.lastMs ?? 0, more.lastMs ?? 0)
  return { count: sum.count + more.count, lastMs: lastMs === 0 ? undefined : lastMs }
}

function restartsOf(container: ContainerStatus): Restarts {
  return { count: container.restartCount, lastMs: parseTime(container.lastState?.terminated?.finishedAt) }
}

/** Init containers with restartPolicy Always: they start before the others and stay. */
function sidecars(pod: Pod): Set<string> {
  const isSidecar = (container: Container) => container.restartPolicy === 'Always'
  return new Set((pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name))
}

interface InitState {
  /** What the first init container that is not done is doing; undefined when all are. */
  readonly reason: string | undefined
  readonly ready: number
  readonly all: Restarts
  readonly sidecars: Restarts
}

function initState(pod: Pod): InitState {
  const staying = sidecars(pod)
  let ready = 0
  let all = noRestarts
  let sidecarRestarts = noRestarts
  for (const [i, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
    all = add(all, restartsOf(container))
    const isSidecar = staying.has(container.name)
    if (isSidecar) sidecarRestarts = add(sidecarRestarts, restartsOf(container))
    const { terminated, waiting } = container.state ?? {}
    if (terminated?.exitCode === 0) continue
    if (isSidecar && container.started === true) {
      if (container.ready) ready++
      continue
    }
    const waitingFor = waiting?.reason === 'PodInitializing' ? '' : (waiting?.reason ?? '')
    const reason =
      terminated !== undefined
        ? `Init:${endText(terminated)}`
        : waitingFor !== ''
          ? `Init:${waitingFor}`
          : `Init:${i}/${pod.spec.initContainers?.length ?? 0}`
    return { reason, ready, all, sidecars: sidecarRestarts }
  }
  return { reason: undefined, ready, all, sidecars: sidecarRestarts }
}

interface RunState {
  /** Undefined: no container has anything to say, the pod's own phase is shown. */
  readonly reason: string | undefined
  readonly ready: number
  readonly restarts: Restarts
}

/** The first container has the last word. */
function runState(pod: Pod): RunState {
  let reason: string | undefined
  let ready = 0
  let restarts = noRestarts
  for (const container of (pod.status?.containerStatuses ?? []).toReversed()) {
    restarts = add(restarts, restartsOf(container))
    const { waiting, terminated, running } = container.state ?? {}
    if (waiting?.reason) reason = waiting.reason
    else if (terminated !== undefined) reason = endText(terminated)
    else if (container.ready && running !== undefined) ready++
  }
  if ((reason ?? phaseText(pod)) === 'Completed' && ready > 0) {
    reason = conditionOf(pod.status, 'Ready')?.status === 'True' ? 'Running' : 'NotReady'
  }
  return { reason, ready, restarts }
}

function phaseText(pod: Pod): string {
  if (conditionOf(pod.status, 'PodScheduled')?.reason === 'SchedulingGated') return 'SchedulingGated'
  return pod.status?.reason || (pod.status?.phase ?? '')
}

function leavingText(pod: Pod): string | undefined {
  if (pod.metadata.deletionTimestamp === undefined) return undefined
  if (pod.status?.reason === 'NodeLost') return 'Unknown'
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' ? undefined : 'Terminating'
}

function endText(end: { exitCode: number; signal?: number; reason?: string }): string {
  if (end.reason) return end.reason
  return end.signal ? `Signal:${end.signal}` : `ExitCode:${end.exitCode}`
}
