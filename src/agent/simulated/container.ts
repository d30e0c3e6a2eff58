// One run of a simulated container: when it becomes ready, when it ends and what it writes meanwhile. A container that
// does nothing but run holds no timer.

import type { Container } from '../../api/types.ts'
import type { Cancel, Clock } from '../../base/clock.ts'
import type { Hear, RunningContainer } from '../runtime.ts'
import type { Behaviour } from './behaviour.ts'
import type { LogBuffer } from './log-buffer.ts'

export interface SimulatedContainerOptions {
  readonly clock: Clock
  readonly container: Container
  readonly behaviour: Behaviour
  readonly log: LogBuffer
  readonly hear: Hear
  readonly id: string
  readonly startedAtMs: number
  /** What it was before its agent started again; undefined: it starts now. */
  readonly ready: boolean | undefined
}

/** How a process that was killed or ended itself is told of: 128 and the signal's number. */
const killed = 137

export class SimulatedContainer implements RunningContainer {
  readonly id: string
  readonly startedAtMs: number
  readonly ready: boolean
  readonly #options: SimulatedContainerOptions
  #timers: Set<Cancel> | undefined
  /** When it will end because it was asked to; undefined: nobody has asked. */
  #endsAtMs: number | undefined
  #ended = false
  #ends: AbortController | undefined
  #lines = 0

  constructor(options: SimulatedContainerOptions) {
    this.#options = options
    this.id = options.id
    this.startedAtMs = options.startedAtMs
    const { neverReady } = options.behaviour
    this.ready = !neverReady && (options.ready ?? this.#readyAfterMs() <= 0)
  }

  /** Sets the timers of what it will do by itself. */
  begin(): void {
    const { behaviour, clock } = this.#options
    const { neverReady, unreadyAfterMs, exitAfterMs, logEveryMs } = behaviour
    const fromStart = (ms: number) => Math.max(0, this.startedAtMs + ms - clock.now())
    const isPast = unreadyAfterMs !== undefined && this.startedAtMs + unreadyAfterMs <= clock.now()
    const willBeReady = !this.ready && !neverReady && !isPast
    if (willBeReady) this.#after(fromStart(this.#readyAfterMs()), () => this.#becomes(true))
    if (unreadyAfterMs !== undefined && (this.ready || willBeReady)) {
      this.#after(fromStart(unreadyAfterMs), () => this.#becomes(false))
    }
    if (exitAfterMs !== undefined) this.#after(fromStart(exitAfterMs), () => this.#exitByItself())
    if (logEveryMs !== undefined && logEveryMs > 0) this.#writeEvery(logEveryMs)
  }

  say(what: string): void {
    const { clock, container, log } = this.#options
    log.write(clock.now(), `simulated container ${container.name}: ${what}`)
  }

  stop(graceMs: number): void {
    const { clock, behaviour } = this.#options
    const isFirst = this.#endsAtMs === undefined
    if (isFirst) this.say('received SIGTERM')
    const takesMs = behaviour.ignoreSigterm ? Number.POSITIVE_INFINITY : behaviour.stopMs
    const ms = Math.min(takesMs, graceMs)
    const endsAtMs = clock.now() + ms
    if (this.#endsAtMs !== undefined && this.#endsAtMs <= endsAtMs) return
    this.#endsAtMs = endsAtMs
    const isKilled = takesMs > graceMs
    this.#after(ms, () => {
      if (this.#endsAtMs === endsAtMs)
        this.#end(isKilled ? killed : 0, isKilled ? 'killed after the grace period' : 'stopped')
    })
  }

  get hasEnded(): boolean {
    return this.#ended
  }

  /** Aborted when this run ends, however it does: what was started beside it ends with it. */
  get ends(): AbortSignal {
    this.#ends ??= new AbortController()
    if (this.#ended) this.#ends.abort()
    return this.#ends.signal
  }

  /** Lets go of its timers without an end: its pod is gone, or its agent stops. */
  close(): void {
    this.#ended = true
    this.#ends?.abort()
    for (const cancel of this.#timers ?? []) cancel()
    this.#timers = undefined
  }

  #readyAfterMs(): number {
    const { behaviour, container } = this.#options
    if (behaviour.readyAfterMs !== undefined) return behaviour.readyAfterMs
    const probe = container.readinessProbe as { initialDelaySeconds?: number } | undefined
    return (probe?.initialDelaySeconds ?? 0) * 1000
  }

  #becomes(ready: boolean): void {
    this.say(ready ? 'is ready' : 'is no longer ready')
    this.#options.hear({ type: 'ready', ready })
  }

  #exitByItself(): void {
    const { exitCode, exitReason } = this.#options.behaviour
    this.#end(exitCode, 'ended by itself', exitReason)
  }

  #end(exitCode: number, how: string, exitReason?: string): void {
    const { clock, hear, log } = this.#options
    this.say(`${how}, exit code ${exitCode}`)
    this.close()
    log.end()
    const reason = exitReason ?? (exitCode === 0 ? 'Completed' : 'Error')
    hear({ type: 'exited', exit: { exitCode, reason, finishedAtMs: clock.now() } })
  }

  #writeEvery(ms: number): void {
    this.#after(ms, () => {
      this.say(`line ${++this.#lines}`)
      this.#writeEvery(ms)
    })
  }

  #after(ms: number, act: () => void): void {
    this.#timers ??= new Set()
    const timers = this.#timers
    const cancel = this.#options.clock.after(ms, () => {
      timers.delete(cancel)
      if (!this.#ended) act()
    })
    timers.add(cancel)
  }
}
