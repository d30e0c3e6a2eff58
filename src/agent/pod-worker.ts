// One pod on its node, alive: hears what the API, the runtime and the clock say, does what pod-plan.ts decides, and
// tells the API what pod-status.ts says. Every await of a pod's life is here or in container-start.ts.
// Upstream: pkg/kubelet/pod_workers.go and status/status_manager.go.

import { pods } from '../api/resources.ts'
import { ApiError } from '../api/status.ts'
import type { Pod, PodStatus } from '../api/types.ts'
import { type Backoff, backoffMs } from '../base/backoff.ts'
import type { Cancel, Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { keyOf } from '../client/cache.ts'
import type { Client } from '../client/client.ts'
import { sandboxRefusal, startContainer } from './container-start.ts'
import { phaseOf } from './pod-phase.ts'
import { advance, type PodAction, type PodEvent } from './pod-plan.ts'
import { containerOf, type Heard, type PodState } from './pod-state.ts'
import { podStatus, statusPatch } from './pod-status.ts'
import { type Care, careOf } from './probes/care.ts'
import {
  type Hear,
  type RunningContainer,
  type Runtime,
  RuntimeRefusal,
  type Sandbox,
  sandboxChanged,
} from './runtime.ts'

export interface PodWorkerParts {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly runtime: Runtime
  readonly hostIP: () => string
  readonly tell: (pod: Pod, event: PodEvent) => void
}

/** Between two tries to reach the API server about one pod. */
const reportBackoff: Backoff = { initialMs: 500, maxMs: 30_000 }

/** Between what we told and telling it again because somebody else has changed it. */
const repairMs = 1000

export class PodWorker {
  readonly #parts: PodWorkerParts
  #state: PodState
  readonly #running = new Map<string, RunningContainer>()
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined
  #reporting = false
  #reportFailures = 0
  #cancelRetry: Cancel | undefined
  /** Something has happened here of which the API has not been told. */
  #news = true
  /** What our last telling became: it is not told again what it keeps in another way. */
  #told: { readonly resourceVersion: string; readonly atMs: number } | undefined
  /** Undefined where the containers say themselves how they are. */
  readonly #care: Care | undefined
  /** Its deletion has been asked for; finalizers may still keep the object. */
  #left = false
  /** The API has no such pod any more, or this agent has been stopped. */
  #over = false

  constructor(parts: PodWorkerParts, state: PodState) {
    this.#parts = parts
    this.#state = state
    this.#care = careOf(parts, state.pod, {
      tell: (event) => this.#tell(event),
      hear: (container, id, health) => this.#hear({ heard: 'health', container, id, ...health }),
    })
  }

  get pod(): Pod {
    return this.#state.pod
  }

  /** Counted against the node's room: neither refused nor over. */
  get occupies(): boolean {
    const phase = phaseOf(this.#state)
    return phase !== 'Succeeded' && phase !== 'Failed'
  }

  get status(): PodStatus {
    return podStatus(this.#state, this.#parts.hostIP(), this.#parts.clock.now())
  }

  /** Begins to work; `running` are the containers that were there before. */
  start(running: ReadonlyMap<string, RunningContainer> = new Map()): void {
    for (const [name, container] of running) {
      this.#running.set(name, container)
      this.#takeOver(name, container)
    }
    if (this.#state.deletion !== undefined) this.#care?.podEnds()
    const { rejection } = this.#state
    if (rejection !== undefined) this.#tell({ type: 'Warning', ...rejection })
    this.#hear({ heard: 'time' })
  }

  hearPod(pod: Pod): void {
    // Our own write may have brought a later version than the watch has yet.
    if (Number(pod.metadata.resourceVersion) < Number(this.pod.metadata.resourceVersion)) return
    this.#hear({ heard: 'pod', pod })
    if (this.#state.deletion !== undefined) this.#care?.podEnds()
  }

  /** What a runtime says about one container. */
  hearContainer(container: string): Hear {
    return (happening) => {
      if (happening.type === 'ready') {
        this.#hear({ heard: 'ready', container, ready: happening.ready })
        return
      }
      const running = this.#running.get(container)
      if (running === undefined) return
      this.#running.delete(container)
      this.#care?.ended(container)
      this.#hear({ heard: 'exited', container, id: running.id, exit: happening.exit })
    }
  }

  /** The pod is gone from the API: whatever still runs is killed. */
  async remove(): Promise<void> {
    this.stop()
    await this.#parts.runtime.closeSandbox(this.pod)
  }

  /** Nothing more is done or told; containers go on. */
  stop(): void {
    this.#over = true
    this.#care?.end()
    this.#timer?.cancel()
    this.#cancelRetry?.()
  }

  #hear(heard: Heard): void {
    if (this.#over) return
    const before = this.#state
    const [state, actions] = advance(before, heard, this.#parts.clock.now())
    this.#state = state
    if (heard.heard !== 'pod' && state !== before) this.#news = true
    for (const action of actions) this.#carryOut(action)
    void this.#report()
  }

  #carryOut(action: PodAction): void {
    switch (action.do) {
      case 'open sandbox':
        this.#openSandbox()
        return
      case 'start':
        void this.#start(action.container, action.attempt)
        return
      case 'stop':
        this.#stop(action.container, action.graceMs)
        return
      case 'tell':
        this.#tell(action.event)
        return
      case 'leave':
        // Told with the last status: see #report.
        return
      case 'look again':
        this.#lookAgain(action.atMs)
        return
      default:
        action satisfies never
    }
  }

  #openSandbox(): void {
    const opened = ({ podIP }: Sandbox) => this.#hear({ heard: 'sandbox', podIP })
    try {
      const sandbox = this.#parts.runtime.openSandbox(this.pod)
      if (sandbox instanceof Promise) sandbox.then(opened, (error) => this.#sandboxRefused(error))
      else opened(sandbox)
    } catch (error) {
      this.#sandboxRefused(error)
    }
  }

  #sandboxRefused(error: unknown): void {
    const event = sandboxRefusal(error)
    this.#tell(event)
    if (!(error instanceof RuntimeRefusal)) {
      this.#parts.log.error('sandbox failed', { pod: keyOf(this.pod), message: event.message })
    }
    this.#hear({ heard: 'sandbox refused' })
  }

  async #start(name: string, attempt: number): Promise<void> {
    const container = containerOf(this.pod, name)
    if (container === undefined) return
    const parts = { ...this.#parts, tell: (event: PodEvent) => this.#tell(event) }
    try {
      const { imageID, running } = await startContainer(parts, this.pod, container, attempt, this.hearContainer(name))
      if (this.#over) return
      this.#running.set(name, running)
      const told = this.#care?.begin({ pod: this.pod, container, podIP: this.#podIP }, running) ?? running
      this.#hear({ heard: 'started', container: name, imageID, running: told })
    } catch (error) {
      const isExpected = error instanceof RuntimeRefusal
      if (isExpected && error.reason === sandboxChanged) {
        this.#tell({ type: 'Normal', reason: sandboxChanged, message: error.message })
        this.#hear({ heard: 'sandbox lost', container: name })
        return
      }
      const { reason, message } = isExpected ? error : { reason: 'RunContainerError', message: String(error) }
      if (!isExpected)
        this.#parts.log.error('container failed', { pod: keyOf(this.pod), container: name, error: message })
      this.#hear({ heard: 'refused', container: name, reason, message })
    }
  }

  #takeOver(name: string, running: RunningContainer): void {
    const { pod, init, main } = this.#state
    const container = containerOf(pod, name)
    const now = [...init, ...main].find((record) => record.name === name)?.now
    if (container === undefined || now?.at !== 'running') return
    this.#care?.takeOver({ pod, container, podIP: this.#podIP }, running, now)
  }

  get #podIP(): string {
    const { sandbox } = this.#state
    return sandbox.at === 'open' ? sandbox.podIP : ''
  }

  #stop(name: string, graceMs: number): void {
    const running = this.#running.get(name)
    if (running === undefined) return
    if (this.#care === undefined) running.stop(graceMs)
    else this.#care.stop(name, running, graceMs)
  }

  #tell(event: PodEvent): void {
    if (!this.#over) this.#parts.tell(this.pod, event)
  }

  #lookAgain(atMs: number): void {
    const { clock } = this.#parts
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return
    this.#timer?.cancel()
    const cancel = clock.after(atMs - clock.now(), () => {
      this.#timer = undefined
      this.#hear({ heard: 'time' })
    })
    this.#timer = { atMs, cancel }
  }

  /** One request at a time; what has changed meanwhile is told by the next. */
  async #report(): Promise<void> {
    // While the server is away, what happens meanwhile waits with what could not be told.
    if (this.#reporting || this.#over || this.#cancelRetry !== undefined) return
    this.#reporting = true
    try {
      while (!this.#over && (await this.#reportOnce()) === 'more');
      this.#reportFailures = 0
    } catch (error) {
      this.#reportFailed(error)
    } finally {
      this.#reporting = false
    }
  }

  async #reportOnce(): Promise<'more' | 'done'> {
    const { client, clock } = this.#parts
    const { pod, leaving } = this.#state
    const { namespace, name = '', uid = '', resourceVersion } = pod.metadata
    const told = this.#news ? undefined : this.#told
    const body = told?.resourceVersion === resourceVersion ? undefined : statusPatch(pod, this.status)
    if (body !== undefined) {
      // Somebody else has changed what we said: put right, but not in a race with whoever it was.
      if (told !== undefined && told.atMs + repairMs > clock.now()) {
        this.#lookAgain(told.atMs + repairMs)
        return 'done'
      }
      this.#news = false
      const at = { namespace, name, subresource: 'status' }
      const updated = await client.patch<Pod>(pods, at, { type: 'strategic', body })
      this.#told = { resourceVersion: updated.metadata.resourceVersion ?? '', atMs: clock.now() }
      this.hearPod(updated)
      return 'more'
    }
    if (!leaving || this.#left) return 'done'
    await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
    this.#left = true
    return 'done'
  }

  #reportFailed(error: unknown): void {
    this.#news = true
    // Gone, or another pod by now: the watch will say so.
    if (error instanceof ApiError && (error.reason === 'NotFound' || error.reason === 'Conflict')) return
    const { clock, log } = this.#parts
    this.#reportFailures++
    log.warn('pod status not told', { pod: keyOf(this.pod), failures: this.#reportFailures, error: String(error) })
    this.#cancelRetry = clock.after(backoffMs(reportBackoff, this.#reportFailures), () => {
      this.#cancelRetry = undefined
      void this.#report()
    })
  }
}
