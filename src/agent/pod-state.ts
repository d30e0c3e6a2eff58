// What an agent knows of one of its pods, and how that changes with everything it hears. No clock, no client, no
// runtime: pod-plan.ts decides from it what to do next, pod-status.ts what to say about it.

import type { Container, Pod } from '../api/types.ts'
import { type Backoff, backoffMs } from '../base/backoff.ts'
import type { Rejection } from './admission.ts'
import type { Exit, RunningContainer } from './runtime.ts'

export interface PodState {
  /** As last heard of. */
  readonly pod: Pod
  readonly rejection: Rejection | undefined
  readonly startedAtMs: number
  readonly sandbox: SandboxNow
  /** In the order of the spec. */
  readonly init: readonly ContainerRecord[]
  readonly main: readonly ContainerRecord[]
  readonly deletion: Deletion | undefined
  /** Everything has ended and its deletion has been asked for: nothing more is to be done. */
  readonly leaving: boolean
}

export type SandboxNow =
  | { readonly at: 'none' }
  | { readonly at: 'opening' }
  | { readonly at: 'refused'; readonly untilMs: number }
  | { readonly at: 'open'; readonly podIP: string }

export interface Deletion {
  readonly graceSeconds: number
  readonly deadlineMs: number
}

export interface ContainerRecord {
  readonly name: string
  readonly role: 'init' | 'sidecar' | 'main'
  /** Of the run that is or was; of the spec before the first. */
  readonly image: string
  readonly imageID: string
  readonly now: ContainerNow
  readonly restarts: number
  /** The run before this one. */
  readonly last: Ended | undefined
  /** Exits in a row, each soon after its start: what the wait before the next start depends on. */
  readonly exits: number
  /** Failures in a row to get it started. */
  readonly refusals: number
}

export type ContainerNow =
  | { readonly at: 'waiting' }
  | { readonly at: 'starting' }
  | { readonly at: 'refused'; readonly reason: string; readonly message: string; readonly untilMs: number }
  | {
      readonly at: 'running'
      readonly id: string
      readonly startedAtMs: number
      readonly ready: boolean
      /** Its startup probe has succeeded, its hook is through; true where it has neither. */
      readonly started: boolean
      /** What will end it, although nobody has asked for that. */
      readonly condemnedBy: CondemnedBy | undefined
      /** Why the hook after its start has failed. */
      readonly hookFailure?: string | undefined
      /** When it will be killed; undefined while nobody has asked it to end. */
      readonly stopByMs: number | undefined
    }
  | {
      readonly at: 'ended'
      readonly ended: Ended
      /** Undefined: it stays as it is. */
      readonly restartAtMs: number | undefined
    }
  | { readonly at: 'backing off'; readonly ended: Ended; readonly untilMs: number }

export type CondemnedBy = 'startup' | 'liveness' | 'postStart'

/** One run that is over. */
export interface Ended extends Exit {
  readonly id: string
  readonly startedAtMs: number
  readonly hookFailure?: string | undefined
}

export type Heard =
  | { readonly heard: 'pod'; readonly pod: Pod }
  | { readonly heard: 'sandbox'; readonly podIP: string }
  | { readonly heard: 'sandbox refused' }
  /** Found when a container was to be started in it. */
  | { readonly heard: 'sandbox lost'; readonly container: string }
  | {
      readonly heard: 'started'
      readonly container: string
      readonly imageID: string
      readonly running: Pick<RunningContainer, 'id' | 'startedAtMs' | 'ready'> & { readonly started?: boolean }
    }
  | { readonly heard: 'refused'; readonly container: string; readonly reason: string; readonly message: string }
  | { readonly heard: 'ready'; readonly container: string; readonly ready: boolean }
  /** What its probes say, of the run that has this id. */
  | {
      readonly heard: 'health'
      readonly container: string
      readonly id: string
      readonly started: boolean
      readonly ready: boolean
      readonly condemnedBy: CondemnedBy | undefined
      readonly hookFailure?: string | undefined
    }
  | { readonly heard: 'exited'; readonly container: string; readonly id: string; readonly exit: Exit }
  /** Time has passed. */
  | { readonly heard: 'time' }

/** Upstream: pkg/kubelet: backOffPeriod 10 s, MaxContainerBackOff 5 min; forgotten after twice that without an exit. */
export const restartBackoff: Backoff = { initialMs: 10_000, maxMs: 300_000 }
const forgottenAfterMs = 2 * restartBackoff.maxMs
/** How long a new state is shown before the next one follows. Upstream: the relist period of the pod lifecycle events. */
export const noticedMs = 1000

export function newPodState(pod: Pod, rejection: Rejection | undefined, nowMs: number): PodState {
  const { initContainers = [], containers } = pod.spec
  const state: PodState = {
    pod,
    rejection,
    startedAtMs: nowMs,
    sandbox: { at: 'none' },
    init: initContainers.map((container) =>
      newRecord(container, container.restartPolicy === 'Always' ? 'sidecar' : 'init'),
    ),
    main: containers.map((container) => newRecord(container, 'main')),
    deletion: undefined,
    leaving: false,
  }
  return takePod(state, pod, nowMs)
}

function newRecord({ name, image = '' }: Container, role: ContainerRecord['role']): ContainerRecord {
  const now = { at: 'waiting' } as const
  return { name, role, image, imageID: '', now, restarts: 0, last: undefined, exits: 0, refusals: 0 }
}

export function take(state: PodState, heard: Heard, nowMs: number): PodState {
  switch (heard.heard) {
    case 'pod':
      return takePod(state, heard.pod, nowMs)
    case 'sandbox':
      return { ...state, sandbox: { at: 'open', podIP: heard.podIP } }
    case 'sandbox refused':
      return { ...state, sandbox: { at: 'refused', untilMs: nowMs + restartBackoff.initialMs } }
    case 'sandbox lost':
      return withRecord({ ...state, sandbox: { at: 'none' } }, heard.container, (record) => ({
        ...record,
        now: { at: 'waiting' },
      }))
    case 'started':
      return withRecord(state, heard.container, (record) => started(state, record, heard))
    case 'refused':
      return withRecord(state, heard.container, (record) => refused(record, heard.reason, heard.message, nowMs))
    case 'ready':
      return withRecord(state, heard.container, (record) =>
        record.now.at === 'running' ? { ...record, now: { ...record.now, ready: heard.ready } } : record,
      )
    case 'health':
      return withRecord(state, heard.container, (record) => {
        const { now } = record
        if (now.at !== 'running' || now.id !== heard.id) return record
        const { started, ready, condemnedBy = now.condemnedBy, hookFailure = now.hookFailure } = heard
        return { ...record, now: { ...now, started, ready, condemnedBy, hookFailure } }
      })
    case 'exited':
      return withRecord(state, heard.container, (record) => exited(state, record, heard.id, heard.exit))
    case 'time':
      return state
    default:
      return heard satisfies never
  }
}

export function withRecord(
  state: PodState,
  name: string,
  change: (record: ContainerRecord) => ContainerRecord,
): PodState {
  const changed = (records: readonly ContainerRecord[]) =>
    records.some((record) => record.name === name)
      ? records.map((record) => (record.name === name ? change(record) : record))
      : records
  return { ...state, init: changed(state.init), main: changed(state.main) }
}

export function containerOf(pod: Pod, name: string): Container | undefined {
  const isIt = (container: Container) => container.name === name
  return pod.spec.containers.find(isIt) ?? pod.spec.initContainers?.find(isIt)
}

/** The grace period counts from when the agent hears of the deletion, by its own clock; it can only become shorter. */
function takePod(state: PodState, pod: Pod, nowMs: number): PodState {
  const { deletionTimestamp, deletionGracePeriodSeconds: graceSeconds = 0 } = pod.metadata
  if (deletionTimestamp === undefined) return { ...state, pod }
  const known = state.deletion
  if (known !== undefined && known.graceSeconds <= graceSeconds) return { ...state, pod }
  const deadlineMs = Math.min(known?.deadlineMs ?? Number.POSITIVE_INFINITY, nowMs + graceSeconds * 1000)
  return { ...state, pod, deletion: { graceSeconds, deadlineMs } }
}

function started(state: PodState, record: ContainerRecord, heard: Heard & { heard: 'started' }): ContainerRecord {
  const { id, startedAtMs, ready, started = true } = heard.running
  const isRestart = record.last !== undefined
  return {
    ...record,
    image: containerOf(state.pod, record.name)?.image ?? record.image,
    imageID: heard.imageID,
    now: { at: 'running', id, startedAtMs, ready, started, condemnedBy: undefined, stopByMs: undefined },
    restarts: record.restarts + (isRestart ? 1 : 0),
    refusals: 0,
  }
}

/** An image that cannot be had is first told, then waited for (decide): the other failures are tried again as they are. */
function refused(record: ContainerRecord, reason: string, message: string, nowMs: number): ContainerRecord {
  const refusals = record.refusals + 1
  const untilMs = nowMs + (reason === 'ErrImagePull' ? noticedMs : backoffMs(restartBackoff, refusals))
  return { ...record, refusals, now: { at: 'refused', reason, message, untilMs } }
}

function exited(state: PodState, record: ContainerRecord, id: string, exit: Exit): ContainerRecord {
  // Heard late, of a run that is known to be over.
  if (record.now.at !== 'running' || record.now.id !== id) return record
  const { startedAtMs, condemnedBy, hookFailure } = record.now
  const ended: Ended = { ...exit, id, startedAtMs, hookFailure }
  const wanted = containerOf(state.pod, record.name)
  if (wanted !== undefined && wanted.image !== record.image) {
    // It made room for another image: not its failure, and nothing to wait for.
    return { ...record, exits: 0, now: { at: 'ended', ended, restartAtMs: exit.finishedAtMs } }
  }
  const exits = exit.finishedAtMs - startedAtMs >= forgottenAfterMs ? 1 : record.exits + 1
  const again = condemnedBy !== undefined && restartsCondemned(state.pod, record)
  const restartAtMs = again ? nextStart(ended, exits) : restartAt(state.pod, record, ended, exits)
  return { ...record, exits, now: { at: 'ended', ended, restartAtMs } }
}

/** What was ended because it was not well starts again whatever its exit code. Upstream: shouldRestartOnFailure. */
export function restartsCondemned(pod: Pod, { role }: ContainerRecord): boolean {
  return role === 'sidecar' || pod.spec.restartPolicy !== 'Never'
}

/** When the container starts again; undefined: never. The first restart waits for nothing, the second for 10 s. */
export function restartAt(pod: Pod, record: ContainerRecord, ended: Ended, exits: number): number | undefined {
  return restarts(pod, record, ended.exitCode) ? nextStart(ended, exits) : undefined
}

function nextStart({ finishedAtMs }: Ended, exits: number): number {
  return finishedAtMs + Math.max(noticedMs, waitMs(exits))
}

/** As the message of a waiting container has it: `10s`, `2m40s`, `5m0s`. */
export function backOffText(exits: number): string {
  const seconds = waitMs(exits) / 1000
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}

/** Upstream: kuberuntime_manager.go, doBackOff. */
function waitMs(exits: number): number {
  return exits <= 1 ? 0 : backoffMs(restartBackoff, exits - 1)
}

function restarts(pod: Pod, record: ContainerRecord, exitCode: number): boolean {
  if (record.role === 'sidecar') return true
  const policy = pod.spec.restartPolicy ?? 'Always'
  if (record.role === 'init') return exitCode !== 0 && policy !== 'Never'
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}
