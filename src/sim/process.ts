// A process of the simulation: a name, a clock of its own, and an end that can come at any moment. What belongs to a
// dead process simply stops: its timers do not go off, its requests are not sent, its answers do not come.

import type { Clock } from '../base/clock.ts'
import type { Fated, Scheduler } from './scheduler.ts'

export class SimProcess implements Fated {
  readonly name: string
  readonly clock: Clock
  readonly bornMs: number
  readonly #scheduler: Scheduler
  /** How far its time of day is ahead of the true one; timers do not care, as under an operating system. */
  skewMs = 0
  #alive = true
  #pausedUntilMs = 0

  constructor(name: string, scheduler: Scheduler) {
    this.name = name
    this.#scheduler = scheduler
    this.bornMs = scheduler.now()
    this.clock = {
      now: () => scheduler.now() + this.skewMs,
      monotonic: () => scheduler.now(),
      after: (ms, act) => (this.#alive ? scheduler.after(ms, act, this) : () => {}),
    }
  }

  get alive(): boolean {
    return this.#alive
  }

  get pausedUntilMs(): number {
    return this.#pausedUntilMs
  }

  kill(): void {
    this.#alive = false
  }

  /** As SIGSTOP and, later, SIGCONT: time goes on without it. */
  pause(ms: number): void {
    this.#pausedUntilMs = this.#scheduler.now() + ms
  }
}
