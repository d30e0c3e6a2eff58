// Asks the probes of one run of a container, each at its own times, for as long as the run lasts, and tells what they
// say of it. What follows from it is decided elsewhere (health.ts, pod-plan.ts).
// Upstream: pkg/kubelet/prober/worker.go, run; prober.go, probe.

import type { Container } from '../../api/types.ts'
import type { Cancel, Clock } from '../../base/clock.ts'
import type { PodEvent } from '../pod-plan.ts'
import { type Health, isAsked, judge } from './health.ts'
import { type Probe, type ProbeKind, probeKinds, probeOf } from './probe-spec.ts'
import type { Outcome } from './run-probe.ts'

export interface ProberParts {
  readonly clock: Clock
  readonly container: Container
  readonly startedAtMs: number
  readonly health: Health
  /** Before the first asking of each probe, as a part of its period: not all of a node's probes at one moment. */
  readonly spread: () => number
  readonly ask: (probe: Probe) => Promise<Outcome>
  readonly tell: (event: PodEvent) => void
  readonly hear: (health: Health) => void
}

export const probeLimits = {
  /** Tries to ask a probe that could not be asked. Upstream: maxProbeRetries. */
  tries: 3,
} as const

const titles: Readonly<Record<ProbeKind, string>> = {
  startup: 'Startup',
  liveness: 'Liveness',
  readiness: 'Readiness',
}

export class Prober {
  readonly #parts: ProberParts
  #health: Health
  readonly #timers = new Map<ProbeKind, Cancel>()
  /** Which probes are no longer asked. */
  readonly #over = new Set<ProbeKind>()

  constructor(parts: ProberParts) {
    this.#parts = parts
    this.#health = parts.health
  }

  begin(): void {
    for (const kind of probeKinds) this.#askWhenDue(kind)
  }

  /** The pod ends: nothing is restarted any more, but it is told until the end whether it is ready. */
  endSoon(): void {
    this.#stop('startup')
    this.#stop('liveness')
  }

  end(): void {
    for (const kind of probeKinds) this.#stop(kind)
  }

  #stop(kind: ProbeKind): void {
    this.#over.add(kind)
    this.#timers.get(kind)?.()
    this.#timers.delete(kind)
  }

  #isAsked(kind: ProbeKind): boolean {
    return !this.#over.has(kind) && isAsked(this.#health, kind)
  }

  /** For the first time, once it counts. */
  #askWhenDue(kind: ProbeKind): void {
    const { container, clock, startedAtMs, spread } = this.#parts
    const probe = probeOf(container, kind)
    if (probe === undefined || this.#timers.has(kind) || !this.#isAsked(kind)) return
    const delayMs = 1000 * (probe.initialDelaySeconds ?? 0)
    // Should the clock have been set back since the start, it is no longer than that.
    const leftMs = Math.min(delayMs, Math.max(0, startedAtMs + delayMs - clock.now()))
    this.#after(leftMs + spread() * periodMs(probe), kind, probe)
  }

  #after(ms: number, kind: ProbeKind, probe: Probe): void {
    const { clock } = this.#parts
    const dueAtMs = clock.monotonic() + ms
    this.#timers.set(
      kind,
      clock.after(ms, () => void this.#round(kind, probe, dueAtMs)),
    )
  }

  async #round(kind: ProbeKind, probe: Probe, dueAtMs: number): Promise<void> {
    const outcome = await this.#ask(kind, probe)
    if (!this.#isAsked(kind)) return
    if (outcome !== undefined) this.#judge(kind, outcome)
    if (!this.#isAsked(kind)) {
      this.#timers.delete(kind)
      return
    }
    // An asking that takes longer than its period leaves out the rounds it has missed.
    const passed = this.#parts.clock.monotonic() - dueAtMs
    const period = periodMs(probe)
    this.#after(period - (passed % period), kind, probe)
  }

  /** Undefined where it could not be asked: that says nothing about the container. */
  async #ask(kind: ProbeKind, probe: Probe): Promise<Outcome | undefined> {
    let failure: unknown
    for (let tries = 0; tries < probeLimits.tries && this.#isAsked(kind); tries++) {
      try {
        return await this.#parts.ask(probe)
      } catch (error) {
        failure = error
      }
    }
    if (!this.#isAsked(kind)) return undefined
    const why = failure instanceof Error ? failure.message : String(failure)
    this.#tell('Unhealthy', `${titles[kind]} probe errored and resulted in unknown state: ${why}`)
    return undefined
  }

  #judge(kind: ProbeKind, { result, output }: Outcome): void {
    const { container, hear } = this.#parts
    if (result === 'failure') this.#tell('Unhealthy', `${titles[kind]} probe failed: ${output}`)
    if (result === 'warning') this.#tell('ProbeWarning', `${titles[kind]} probe warning: ${output}`)
    const before = this.#health
    this.#health = judge(before, container, kind, result !== 'failure')
    const { started, ready, condemnedBy } = this.#health
    if (started === before.started && ready === before.ready && condemnedBy === before.condemnedBy) return
    hear(this.#health)
    // What waited for the start begins now.
    for (const other of probeKinds) if (other !== kind) this.#askWhenDue(other)
  }

  #tell(reason: string, message: string): void {
    const { container, tell } = this.#parts
    tell({ type: 'Warning', reason, message, container: container.name })
  }
}

function periodMs({ periodSeconds = 10 }: Probe): number {
  return 1000 * Math.max(1, periodSeconds)
}
