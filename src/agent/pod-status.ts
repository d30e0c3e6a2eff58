// What the API is told about a pod: phase, conditions and container statuses, as kubectl shows them.
// Upstream: pkg/kubelet/status/generate.go and kubelet_pods.go, convertStatusToAPIStatus.

import { conditionOf } from '../api/pods.ts'
import { formatTime } from '../api/time.ts'
import type { Condition, ContainerState, ContainerStatus, Pod, PodStatus } from '../api/types.ts'
import { jsonEqual } from '../base/json.ts'
import { phaseOf } from './pod-phase.ts'
import { containersHaveBegun, isInitialized, podId } from './pod-plan.ts'
import { backOffText, type ContainerRecord, type Ended, type PodState } from './pod-state.ts'

/** The status as the agent sees it. `pod.status` is what the API says now: times of what has not changed are kept. */
export function podStatus(state: PodState, hostIP: string, nowMs: number): PodStatus {
  const phase = phaseOf(state)
  const known = state.pod.status
  const status: PodStatus = { phase, startTime: known?.startTime ?? formatTime(state.startedAtMs) }
  if (state.rejection !== undefined) {
    const { reason, message } = state.rejection
    return { ...status, reason, message: `Pod was rejected: ${message}` }
  }
  status.hostIP = hostIP
  status.hostIPs = [{ ip: hostIP }]
  if (state.sandbox.at === 'open') {
    status.podIP = state.sandbox.podIP
    status.podIPs = [{ ip: state.sandbox.podIP }]
  }
  const conditions = conditionsOf(state, phase)
  status.conditions = conditions.map((condition) => withTimes(condition, known, state.pod, nowMs))
  if (state.init.length > 0) status.initContainerStatuses = state.init.map((record) => containerStatus(state, record))
  status.containerStatuses = state.main.map((record) => containerStatus(state, record))
  return status
}

/** What the API has to be told so that it says the same: a strategic merge patch, undefined where it does already. */
export function statusPatch(pod: Pod, wanted: PodStatus): { metadata: object; status: object } | undefined {
  const known = pod.status ?? {}
  const { conditions = [], ...fields } = wanted
  const status: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(fields)) {
    if (!jsonEqual(known[field as keyof PodStatus], value)) status[field] = value
  }
  const changed = conditions.filter((condition) => !jsonEqual(conditionOf(known, condition.type), condition))
  if (changed.length > 0) {
    status.conditions = changed.map((condition) => ({ ...dropped(conditionOf(known, condition.type)), ...condition }))
    const others = (known.conditions ?? []).filter(({ type }) => conditionOf(wanted, type) === undefined)
    status['$setElementOrder/conditions'] = [...conditions, ...others].map(({ type }) => ({ type }))
  }
  if (Object.keys(status).length === 0) return undefined
  // The uid is a precondition: another pod of this name is not meant (W17.2).
  return { metadata: { uid: pod.metadata.uid }, status }
}

/** A merge keeps what is not named: reasons of the past have to be taken back. */
function dropped(known: Condition | undefined): Readonly<Record<string, null>> {
  return Object.fromEntries(Object.keys(known ?? {}).map((field) => [field, null]))
}

type Told = Pick<Condition, 'type' | 'status'> & { reason?: string; message?: string }

/** In the order in which kubectl describe shows them. */
function conditionsOf(state: PodState, phase: string): Told[] {
  const { init, main } = state
  // Sidecars are meant to be there as long as the containers are. Upstream: GenerateContainersReadyCondition.
  const awaited = [...init.filter(({ role }) => role === 'sidecar'), ...main]
  const unready = awaited.filter((record) => !isReady(record)).map(({ name }) => name)
  const hasBegun = containersHaveBegun(state)
  const unfinished = init.filter((record) => !hasBegun && !isInitialized(record)).map(({ name }) => name)
  const told = (type: string, ok: boolean, reason: string, message: string): Told =>
    ok ? { type, status: 'True' } : { type, status: 'False', reason, message }
  const ready = (type: string): Told => {
    // A pod that is over says why in one word. Upstream: GeneratePodReadyCondition.
    if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' }
    if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' }
    const message = `containers with unready status: [${unready.join(' ')}]`
    return told(type, unready.length === 0, 'ContainersNotReady', message)
  }
  const initialized: Told =
    phase === 'Succeeded'
      ? { type: 'Initialized', status: 'True', reason: 'PodCompleted' }
      : told(
          'Initialized',
          unfinished.length === 0,
          'ContainersNotInitialized',
          `containers with incomplete status: [${unfinished.join(' ')}]`,
        )
  return [
    { type: 'PodReadyToStartContainers', status: state.sandbox.at === 'open' && !isOver(state) ? 'True' : 'False' },
    initialized,
    ready('Ready'),
    ready('ContainersReady'),
    { type: 'PodScheduled', status: 'True' },
  ]
}

/** Nothing runs any more, so the sandbox is not kept ready. */
function isOver(state: PodState): boolean {
  const phase = phaseOf(state)
  return phase === 'Succeeded' || phase === 'Failed'
}

function withTimes(told: Told, known: PodStatus | undefined, pod: Pod, nowMs: number): Condition {
  const before = conditionOf(known, told.type)
  const sinceMs = before?.status === told.status ? before.lastTransitionTime : undefined
  const { generation } = pod.metadata
  return {
    ...told,
    lastTransitionTime: sinceMs ?? formatTime(nowMs),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
}

function isReady({ now }: ContainerRecord): boolean {
  return now.at === 'running' && now.ready
}

function containerStatus(state: PodState, record: ContainerRecord): ContainerStatus {
  const { name, image, imageID, now, restarts, role } = record
  const isRunning = now.at === 'running'
  const last = lastOf(record)
  const ready = role === 'init' ? now.at === 'ended' && now.ended.exitCode === 0 : isReady(record)
  const id = isRunning ? now.id : now.at === 'ended' || now.at === 'backing off' ? now.ended.id : record.last?.id
  return {
    name,
    state: stateOf(state, record),
    lastState: last === undefined ? {} : { terminated: terminated(last) },
    ready,
    restartCount: restarts,
    image,
    imageID,
    ...(id === undefined ? {} : { containerID: id }),
    started: isRunning && now.started,
  }
}

/** The run before the one that is shown. */
function lastOf(record: ContainerRecord): Ended | undefined {
  const { now, last } = record
  if (now.at === 'backing off' || hookFailureOf(record) !== undefined) return 'ended' in now ? now.ended : last
  return now.at === 'starting' && isQuiet(record) ? undefined : last
}

/** Of a container that waits for its next start because of its hook. Upstream: ErrPostStartHook. */
function hookFailureOf({ now }: ContainerRecord): string | undefined {
  return now.at === 'ended' && now.restartAtMs !== undefined ? now.ended.hookFailure : undefined
}

/** A restart that waits for nothing: the run before is still what is shown. */
function isQuiet({ last, exits }: ContainerRecord): boolean {
  return last !== undefined && exits <= 1
}

function stateOf(state: PodState, record: ContainerRecord): ContainerState {
  const { now, last } = record
  switch (now.at) {
    case 'running':
      return { running: { startedAt: formatTime(now.startedAtMs) } }
    case 'ended': {
      const message = hookFailureOf(record)
      if (message !== undefined) return { waiting: { reason: 'PostStartHookError', message } }
      return { terminated: terminated(now.ended) }
    }
    case 'refused':
      return { waiting: { reason: now.reason, message: now.message } }
    case 'backing off':
      return { waiting: crashLoop(state, record) }
    case 'waiting':
    case 'starting':
      if (last !== undefined)
        return isQuiet(record) ? { terminated: terminated(last) } : { waiting: crashLoop(state, record) }
      return { waiting: { reason: firstWait(state) } }
    default:
      return now satisfies never
  }
}

/** Upstream: convertToAPIContainerStatuses, defaultWaitingState. */
function firstWait({ init }: PodState): string {
  return init.length > 0 ? 'PodInitializing' : 'ContainerCreating'
}

function crashLoop(state: PodState, { name, exits }: ContainerRecord): { reason: string; message: string } {
  const message = `back-off ${backOffText(exits)} restarting failed container=${name} pod=${podId(state)}`
  return { reason: 'CrashLoopBackOff', message }
}

function terminated(ended: Ended): NonNullable<ContainerState['terminated']> {
  const { exitCode, reason, message, startedAtMs, finishedAtMs, id } = ended
  return {
    exitCode,
    reason,
    ...(message === undefined ? {} : { message }),
    startedAt: formatTime(startedAtMs),
    finishedAt: formatTime(finishedAtMs),
    containerID: id,
  }
}
