// A pod that an earlier agent of this node has run: what still runs goes on; counts and earlier runs are read from the
// pod's own status. A container that did not outlive its agent counts as killed, and its policy says what follows.

import { parseTime } from '../api/time.ts'
import type { Container, ContainerState, ContainerStatus, Pod } from '../api/types.ts'
import { type ContainerRecord, containerOf, type Ended, newPodState, type PodState, restartAt } from './pod-state.ts'
import { newHealth } from './probes/health.ts'
import { probeOf } from './probes/probe-spec.ts'
import type { RecoveredContainer, Sandbox } from './runtime.ts'

export interface Survivors {
  readonly sandbox: Sandbox | undefined
  /** How they are is known from their probes, which an earlier agent has asked. */
  readonly isProbed: boolean
  readonly running: ReadonlyMap<string, RecoveredContainer>
}

export function recoveredState(pod: Pod, { sandbox, isProbed, running }: Survivors, nowMs: number): PodState {
  const fresh = newPodState(pod, undefined, nowMs)
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  function recovered(record: ContainerRecord): ContainerRecord {
    const status = statuses.find(({ name }) => name === record.name)
    const survivor = running.get(record.name)
    // An agent may die between a start and the telling of it.
    if (status === undefined && survivor === undefined) return record
    const restarts = Math.max(status?.restartCount ?? 0, survivor?.attempt ?? 0)
    const known = {
      ...record,
      image: status?.image ?? record.image,
      imageID: survivor?.imageID ?? status?.imageID ?? record.imageID,
      restarts,
      last: endedOf(status?.lastState),
      // How soon its exits followed one another is forgotten; that there were some is not.
      exits: restarts,
    }
    if (survivor !== undefined) {
      const { id, startedAtMs } = survivor
      const { ready, started } = isProbed
        ? asTold(containerOf(pod, record.name), status, id)
        : { ready: survivor.ready, started: true }
      return {
        ...known,
        now: { at: 'running', id, startedAtMs, ready, started, condemnedBy: undefined, stopByMs: undefined },
      }
    }
    const isLost = status?.state?.running
    const ended = isLost === undefined ? endedOf(status?.state) : lost(isLost, nowMs)
    if (ended === undefined) return { ...known, now: { at: 'waiting' } }
    const restartAtMs = restartAt(pod, known, ended, known.exits)
    return { ...known, now: { at: 'ended', ended, restartAtMs } }
  }
  return {
    ...fresh,
    startedAtMs: parseTime(pod.status?.startTime) ?? nowMs,
    sandbox: sandbox === undefined ? { at: 'none' } : { at: 'open', podIP: sandbox.podIP },
    init: fresh.init.map(recovered),
    main: fresh.main.map(recovered),
  }
}

/** Of a run that nobody has told of yet nothing is known; a hook after its start counts as done. */
function asTold(
  container: Container | undefined,
  status: ContainerStatus | undefined,
  id: string,
): { ready: boolean; started: boolean } {
  const fresh = container === undefined ? { started: true, ready: true } : newHealth(container)
  if (status?.containerID !== id) return fresh
  const started = fresh.started || status.started === true
  const asksForReady = container !== undefined && probeOf(container, 'readiness') !== undefined
  return { started, ready: started && (asksForReady ? status.ready : true) }
}

function endedOf(state: ContainerState | undefined): Ended | undefined {
  const terminated = state?.terminated
  if (terminated === undefined) return undefined
  const finishedAtMs = parseTime(terminated.finishedAt) ?? 0
  return {
    exitCode: terminated.exitCode,
    reason: terminated.reason ?? '',
    message: terminated.message,
    startedAtMs: parseTime(terminated.startedAt) ?? finishedAtMs,
    finishedAtMs,
    id: terminated.containerID ?? '',
  }
}

/** Upstream: kubelet_pods.go, convertToAPIContainerStatuses. */
function lost({ startedAt }: { readonly startedAt?: string }, nowMs: number): Ended {
  return {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the agent started again',
    startedAtMs: parseTime(startedAt) ?? nowMs,
    finishedAtMs: nowMs,
    id: '',
  }
}
