// Time as an argument: what a clock can do, and the virtual one that tests and the simulator turn by hand.

import { Heap } from './heap.ts'

/** Cancels what was started. Calling it twice is harmless. */
export type Cancel = () => void

/** What time it is, how much of it passes, and timers. */
export interface Clock {
  /** Milliseconds since the Unix epoch: what is written down and compared with what others wrote. It may jump. */
  now(): number
  /** Milliseconds since some moment, which never jump, as timers do not: what waits and silences are measured by. */
  monotonic(): number
  /** Runs `act` once, `ms` from now (0 and negative: as soon as possible, never synchronously). */
  after(ms: number, act: () => void): Cancel
}

interface Timer {
  readonly at: number
  readonly sequence: number
  /** Undefined once it was cancelled. */
  act: (() => void) | undefined
}

/** A clock that stands still until it is told to move. Timers due at one instant run in the order they were set. */
export class VirtualClock implements Clock {
  #now: number
  #sequence = 0
  readonly #timers = new Heap<Timer>((a, b) => a.at < b.at || (a.at === b.at && a.sequence < b.sequence))

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(ms: number, act: () => void): Cancel {
    const timer: Timer = { at: this.#now + Math.max(0, ms), sequence: this.#sequence++, act }
    this.#timers.push(timer)
    return () => {
      timer.act = undefined
    }
  }

  /** Milliseconds until the next timer, or undefined when none is set. */
  untilNext(): number | undefined {
    const next = this.#next()
    return next === undefined ? undefined : next.at - this.#now
  }

  /** Moves time forward by `ms`, running each timer that falls due at its own instant. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#now = next.at
      this.#timers.pop()
      const { act } = next
      next.act = undefined
      act?.()
    }
    this.#now = end
  }

  /** The first that is not cancelled. */
  #next(): Timer | undefined {
    while (this.#timers.peek() !== undefined && this.#timers.peek()?.act === undefined) this.#timers.pop()
    return this.#timers.peek()
  }
}

/** A promise that resolves after `ms`, or at once when `signal` is aborted (it never rejects). */
export function sleep(clock: Clock, ms: number, signal?: AbortSignalLike): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(ms, done)
    signal?.addEventListener('abort', done)
  })
}

/** The part of the platform's AbortSignal that the pure floor knows; a real one fits. */
export interface AbortSignalLike {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}
