// What an agent does next about one of its pods: the order of sandbox, init containers, containers, restarts and the
// end. Pure; pod-worker.ts carries it out. Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions.

import { hasEnded } from '../api/pods.ts'
import { backoffMs } from '../base/backoff.ts'
import { endOf } from './pod-phase.ts'
import {
  type CondemnedBy,
  type ContainerRecord,
  containerOf,
  type Heard,
  noticedMs,
  type PodState,
  restartBackoff,
  restartsCondemned,
  take,
  withRecord,
} from './pod-state.ts'
import { condemnedGraceMs } from './probes/probe-spec.ts'

export type PodAction =
  | { readonly do: 'open sandbox' }
  | { readonly do: 'start'; readonly container: string; readonly attempt: number }
  | { readonly do: 'stop'; readonly container: string; readonly graceMs: number }
  | { readonly do: 'tell'; readonly event: PodEvent }
  /** Everything has ended: the pod's object can go. */
  | { readonly do: 'leave' }
  | { readonly do: 'look again'; readonly atMs: number }

export interface PodEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  readonly container?: string
}

/** One step: what is heard goes in, the new state and what to do come out. */
export function advance(state: PodState, heard: Heard, nowMs: number): readonly [PodState, readonly PodAction[]] {
  const plan = new Plan(take(state, heard, nowMs), nowMs)
  decide(plan)
  return [plan.state, plan.finished()]
}

function decide(plan: Plan): void {
  const { state } = plan
  if (state.leaving) return
  if (state.deletion !== undefined) {
    windDown(plan, state.deletion.deadlineMs)
  } else if (hasEnded(state.pod)) {
    // Somebody else has declared it over (or we have, before): nothing runs any longer.
    stopAll(plan, plan.fullGraceEndsMs)
  } else if (state.rejection === undefined) {
    run(plan)
  }
}

function run(plan: Plan): void {
  const { sandbox } = plan.state
  switch (sandbox.at) {
    case 'none':
      plan.openSandbox()
      return
    case 'opening':
      return
    case 'refused':
      if (plan.isDue(sandbox.untilMs)) plan.openSandbox()
      return
    case 'open':
      runContainers(plan)
      return
    default:
      sandbox satisfies never
  }
}

function runContainers(plan: Plan): void {
  const { init, main } = plan.state
  const mainsAreOver = main.every(({ now }) => now.at === 'ended' && now.restartAtMs === undefined)
  if (mainsAreOver) {
    stopAll(plan, plan.fullGraceEndsMs)
    return
  }
  const hasBegun = containersHaveBegun(plan.state)
  for (const record of init) {
    keepRunning(plan, record)
    if (!hasBegun && !isInitialized(record)) return
  }
  for (const record of main) keepRunning(plan, record)
}

/** A later init container may start, or the containers themselves. */
export function isInitialized({ role, now }: ContainerRecord): boolean {
  if (role === 'sidecar') return now.at === 'running' ? now.started : now.at === 'ended' || now.at === 'backing off'
  return now.at === 'ended' && now.ended.exitCode === 0
}

/** From then on nobody waits for a sidecar that starts again. Upstream: HasAnyRegularContainerStarted. */
export function containersHaveBegun({ main }: PodState): boolean {
  return main.some(({ now, last }) => last !== undefined || now.at === 'running' || now.at === 'ended')
}

function keepRunning(plan: Plan, record: ContainerRecord): void {
  const { now, name } = record
  switch (now.at) {
    case 'waiting':
      plan.start(record)
      return
    case 'starting':
      return
    case 'refused':
      if (!plan.isDue(now.untilMs)) return
      if (now.reason === 'ErrImagePull') waitForImage(plan, record, now.message)
      else plan.start(record)
      return
    case 'running':
      if (now.stopByMs === undefined && now.condemnedBy !== undefined) {
        condemn(plan, record, now.condemnedBy)
      } else if (now.stopByMs === undefined && containerOf(plan.state.pod, name)?.image !== record.image) {
        plan.stop(record, plan.fullGraceEndsMs, `Container ${name} definition changed, will be restarted`)
      }
      return
    case 'ended': {
      if (now.restartAtMs === undefined) return
      if (plan.isDue(now.restartAtMs)) {
        plan.start(record)
        return
      }
      const { ended, restartAtMs: untilMs } = now
      if (plan.isDue(ended.finishedAtMs + noticedMs)) {
        plan.change(name, (known) => ({ ...known, now: { at: 'backing off', ended, untilMs } }))
        plan.tell(
          'Warning',
          'BackOff',
          `Back-off restarting failed container ${name} in pod ${podId(plan.state)}`,
          name,
        )
        plan.isDue(untilMs)
      }
      return
    }
    case 'backing off':
      if (plan.isDue(now.untilMs)) plan.start(record)
      return
    default:
      now satisfies never
  }
}

/** Upstream: computePodActions, and the kill of a container whose hook failed. */
function condemn(plan: Plan, record: ContainerRecord, by: CondemnedBy): void {
  const { name } = record
  const { pod } = plan.state
  if (by === 'postStart') {
    plan.stop(record, plan.fullGraceEndsMs, 'FailedPostStartHook')
    return
  }
  const follows = restartsCondemned(pod, record) ? ', will be restarted' : ''
  const stopByMs = plan.nowMs + condemnedGraceMs(pod, containerOf(pod, name), by)
  plan.stop(record, stopByMs, `Container ${name} failed ${by} probe${follows}`)
}

/** `name_namespace(uid)`. Upstream: format.Pod. */
export function podId({ pod: { metadata } }: Pick<PodState, 'pod'>): string {
  return `${metadata.name}_${metadata.namespace}(${metadata.uid})`
}

function waitForImage(plan: Plan, record: ContainerRecord, why: string): void {
  const image = containerOf(plan.state.pod, record.name)?.image ?? record.image
  const untilMs = plan.nowMs + backoffMs(restartBackoff, record.refusals)
  const message = `Back-off pulling image "${image}": ErrImagePull: ${why}`
  const now = { at: 'refused', reason: 'ImagePullBackOff', message, untilMs } as const
  plan.change(record.name, (known) => ({ ...known, now }))
  plan.tell('Normal', 'BackOff', `Back-off pulling image "${image}"`, record.name)
  plan.tell('Warning', 'Failed', 'Error: ImagePullBackOff', record.name)
  plan.isDue(untilMs)
}

/** The pod has been deleted: containers end within the grace period, then the object goes. */
function windDown(plan: Plan, deadlineMs: number): void {
  stopAll(plan, deadlineMs)
  const { state } = plan
  const isBusy = [...state.init, ...state.main].some(({ now }) => now.at === 'running' || now.at === 'starting')
  if (!isBusy && state.sandbox.at !== 'opening') plan.leave()
}

/** Sidecars end last. Upstream: killContainersWithSyncResult with terminationOrdering. */
function stopAll(plan: Plan, deadlineMs: number): void {
  const { init, main } = plan.state
  const others = [...init.filter(({ role }) => role === 'init'), ...main]
  for (const record of others) stop(plan, record, deadlineMs)
  if (others.some(({ now }) => now.at === 'running' || now.at === 'starting')) return
  for (const record of init) stop(plan, record, deadlineMs)
}

function stop(plan: Plan, record: ContainerRecord, deadlineMs: number): void {
  const { now, name } = record
  if (now.at !== 'running' || (now.stopByMs !== undefined && now.stopByMs <= deadlineMs)) return
  plan.stop(record, deadlineMs, now.stopByMs === undefined ? `Stopping container ${name}` : undefined)
}

/** Gathers what to do while it keeps the state in step. */
class Plan {
  state: PodState
  readonly nowMs: number
  readonly #actions: PodAction[] = []
  #lookAtMs = Number.POSITIVE_INFINITY

  constructor(state: PodState, nowMs: number) {
    this.state = state
    this.nowMs = nowMs
  }

  /** When the pod's own grace period would end, counted from now. */
  get fullGraceEndsMs(): number {
    return this.nowMs + 1000 * (this.state.pod.spec.terminationGracePeriodSeconds ?? 30)
  }

  /** Whether the moment has come; if not, it will be looked at again then. */
  isDue(atMs: number): boolean {
    if (atMs <= this.nowMs) return true
    this.#lookAtMs = Math.min(this.#lookAtMs, atMs)
    return false
  }

  change(container: string, change: (record: ContainerRecord) => ContainerRecord): void {
    this.state = withRecord(this.state, container, change)
  }

  openSandbox(): void {
    this.state = { ...this.state, sandbox: { at: 'opening' } }
    this.#actions.push({ do: 'open sandbox' })
  }

  start(record: ContainerRecord): void {
    const last = endOf(record)
    const attempt = last === undefined ? 0 : record.restarts + 1
    this.change(record.name, (known) => ({ ...known, last, now: { at: 'starting' } }))
    this.#actions.push({ do: 'start', container: record.name, attempt })
  }

  stop(record: ContainerRecord, stopByMs: number, message: string | undefined): void {
    this.change(record.name, (known) =>
      known.now.at === 'running' ? { ...known, now: { ...known.now, stopByMs } } : known,
    )
    if (message !== undefined) this.tell('Normal', 'Killing', message, record.name)
    this.#actions.push({ do: 'stop', container: record.name, graceMs: Math.max(0, stopByMs - this.nowMs) })
  }

  tell(type: PodEvent['type'], reason: string, message: string, container: string): void {
    this.#actions.push({ do: 'tell', event: { type, reason, message, container } })
  }

  leave(): void {
    this.state = { ...this.state, leaving: true }
    this.#actions.push({ do: 'leave' })
  }

  finished(): readonly PodAction[] {
    if (this.#lookAtMs < Number.POSITIVE_INFINITY) this.#actions.push({ do: 'look again', atMs: this.#lookAtMs })
    return this.#actions
  }
}
