// What an agent does for the containers of one pod while they run: the hook after the start, the probes, the hook before
// the end. Only where the runtime leaves it to the agent; simulated containers say themselves how they are.
// Upstream: pkg/kubelet/prober/prober_manager.go; kuberuntime_container.go, startContainer and killContainer.

import type { Pod } from '../../api/types.ts'
import type { Cancel, Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { PodEvent } from '../pod-plan.ts'
import type { CondemnedBy } from '../pod-state.ts'
import type { RunningContainer, Runtime, RuntimeSessions } from '../runtime.ts'
import { type Health, newHealth } from './health.ts'
import { type Handler, hookOf } from './probe-spec.ts'
import { Prober } from './prober.ts'
import { hookFailureText, runHook } from './run-hook.ts'
import { type ProbeTarget, runProbe } from './run-probe.ts'

export interface CareParts {
  readonly clock: Clock
  readonly log: Log
  readonly sessions: RuntimeSessions | undefined
  /** Uniform in [0, 1). */
  readonly chance: () => number
  readonly tell: (event: PodEvent) => void
  readonly hear: (container: string, id: string, health: HealthNews) => void
}

export interface HealthNews {
  readonly started: boolean
  readonly ready: boolean
  readonly condemnedBy: CondemnedBy | undefined
  readonly hookFailure?: string
}

/** Undefined where the pod's runtime leaves nothing to the agent. */
export function careOf(
  parts: Pick<CareParts, 'clock' | 'log'> & { readonly random: Random; readonly runtime: Runtime },
  pod: Pod,
  listeners: Pick<CareParts, 'tell' | 'hear'>,
): Care | undefined {
  const { clock, log, random, runtime } = parts
  if (runtime.tellsReadiness?.(pod) === true) return undefined
  return new Care({ clock, log, sessions: runtime.sessions, chance: () => random.float(), ...listeners })
}

export const careLimits = {
  /** Left to a container after its hook, however long that took. Upstream: minimumGracePeriodInSeconds. */
  leastGraceMs: 2000,
} as const

type About = Omit<ProbeTarget, 'containerId'>
type Begun = Pick<RunningContainer, 'id' | 'startedAtMs' | 'ready'> & { readonly started: boolean }

interface Cared {
  readonly running: RunningContainer
  readonly target: ProbeTarget
  /** Aborted with the end of the run. */
  readonly over: AbortController
  prober: Prober | undefined
  ending: Ending | undefined
}

export class Care {
  readonly #parts: CareParts
  readonly #cared = new Map<string, Cared>()
  #podEnds = false

  constructor(parts: CareParts) {
    this.#parts = parts
  }

  /** A run has begun: what it is told as, before its hook and its probes have said anything. */
  begin(about: About, running: RunningContainer): Begun {
    const { id, startedAtMs } = running
    const cared = this.#take(about, running)
    const hook = hookOf(about.container, 'postStart')
    if (hook === undefined) {
      const { started, ready } = this.#probe(cared, newHealth(about.container), 0)
      return { id, startedAtMs, started, ready }
    }
    this.#runPostStart(cared, hook)
    return { id, startedAtMs, started: false, ready: false }
  }

  /** A run that an earlier agent has begun, and what was last known of it. */
  takeOver(about: About, running: RunningContainer, { started, ready }: Pick<Health, 'started' | 'ready'>): void {
    // Probes of a whole node begin at once then, unless they are spread.
    this.#probe(this.#take(about, running), { started, ready, condemnedBy: undefined, runs: {} }, 1)
  }

  stop(container: string, running: RunningContainer, graceMs: number): void {
    const cared = this.#cared.get(container)
    if (cared === undefined || cared.running !== running) {
      running.stop(graceMs)
    } else if (cared.ending === undefined) {
      cared.ending = this.#beginEnding(cared, graceMs)
    } else {
      cared.ending.shorten(graceMs)
    }
  }

  ended(container: string): void {
    const cared = this.#cared.get(container)
    if (cared === undefined) return
    this.#cared.delete(container)
    cared.over.abort()
    cared.prober?.end()
    cared.ending?.over()
  }

  /** Its deletion has been asked for: nothing is restarted any more. */
  podEnds(): void {
    this.#podEnds = true
    for (const { prober } of this.#cared.values()) prober?.endSoon()
  }

  end(): void {
    for (const container of [...this.#cared.keys()]) this.ended(container)
  }

  #take(about: About, running: RunningContainer): Cared {
    this.ended(about.container.name)
    const target = { ...about, containerId: running.id }
    const cared: Cared = { running, target, over: new AbortController(), prober: undefined, ending: undefined }
    this.#cared.set(about.container.name, cared)
    return cared
  }

  #runPostStart(cared: Cared, hook: Handler): void {
    const { hear, tell } = this.#parts
    const { running, target } = cared
    const { container } = target
    runHook(this.#parts, target, hook, cared.over.signal).then(
      () => {
        if (cared.over.signal.aborted) return
        const health = newHealth(container)
        hear(container.name, running.id, newsOf(health))
        this.#probe(cared, health, 0)
      },
      (error) => {
        if (cared.over.signal.aborted) return
        this.#hookFailed(cared, 'postStart', error)
        const message = 'PostStartHook failed'
        tell({ type: 'Warning', reason: 'FailedPostStartHook', message, container: container.name })
        const hookFailure = hookFailureText(target, hook, error)
        hear(container.name, running.id, { started: false, ready: false, condemnedBy: 'postStart', hookFailure })
      },
    )
  }

  #probe(cared: Cared, health: Health, spread: 0 | 1): Health {
    const { clock, tell, hear, chance } = this.#parts
    const { target, running } = cared
    cared.prober = new Prober({
      clock,
      container: target.container,
      startedAtMs: running.startedAtMs,
      health,
      spread: () => spread * chance(),
      ask: (probe) => runProbe(this.#parts, target, probe),
      tell,
      hear: (news) => hear(target.container.name, running.id, newsOf(news)),
    })
    if (this.#podEnds) cared.prober.endSoon()
    cared.prober.begin()
    return health
  }

  #beginEnding(cared: Cared, graceMs: number): Ending {
    const hook = hookOf(cared.target.container, 'preStop')
    const ending = new Ending(this.#parts.clock, cared.running, graceMs)
    if (hook === undefined || graceMs <= 0) {
      ending.stop()
      return ending
    }
    runHook(this.#parts, cared.target, hook, AbortSignal.any([cared.over.signal, ending.hookIsLate])).then(
      () => ending.stopAfterHook(),
      (error) => {
        if (cared.over.signal.aborted) return
        this.#hookFailed(cared, 'preStop', error)
        const { name } = cared.target.container
        this.#parts.tell({
          type: 'Warning',
          reason: 'FailedPreStopHook',
          message: 'PreStopHook failed',
          container: name,
        })
        ending.stopAfterHook()
      },
    )
    return ending
  }

  /** Only in the log: an event would show everybody what the container may have answered. */
  #hookFailed({ target }: Cared, hook: string, error: unknown): void {
    const { namespace, name } = target.pod.metadata
    const why = error instanceof Error ? error.message : String(error)
    this.#parts.log.warn('hook failed', {
      pod: `${namespace}/${name}`,
      container: target.container.name,
      hook,
      error: why,
    })
  }
}

function newsOf({ started, ready, condemnedBy }: Health): HealthNews {
  return { started, ready, condemnedBy }
}

/** The end of one run: a hook has as long as the grace period lasts, and what is left of it is the container's. */
class Ending {
  readonly #clock: Clock
  readonly #running: RunningContainer
  readonly #late = new AbortController()
  #deadlineMs: number
  #cancel: Cancel
  #isAsked = false

  constructor(clock: Clock, running: RunningContainer, graceMs: number) {
    this.#clock = clock
    this.#running = running
    this.#deadlineMs = clock.monotonic() + graceMs
    this.#cancel = clock.after(graceMs, () => this.#late.abort())
  }

  get hookIsLate(): AbortSignal {
    return this.#late.signal
  }

  shorten(graceMs: number): void {
    const deadlineMs = this.#clock.monotonic() + graceMs
    if (deadlineMs >= this.#deadlineMs) return
    this.#deadlineMs = deadlineMs
    if (this.#isAsked) {
      this.#running.stop(graceMs)
      return
    }
    this.#cancel()
    this.#cancel = this.#clock.after(graceMs, () => this.#late.abort())
  }

  stop(): void {
    this.#askToEnd(0)
  }

  stopAfterHook(): void {
    this.#askToEnd(careLimits.leastGraceMs)
  }

  over(): void {
    this.#cancel()
    this.#isAsked = true
  }

  #askToEnd(leastMs: number): void {
    if (this.#isAsked) return
    this.#isAsked = true
    this.#cancel()
    this.#running.stop(Math.max(leastMs, this.#deadlineMs - this.#clock.monotonic()))
  }
}
