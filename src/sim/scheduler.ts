// Virtual time: what is to happen stands in one heap, one thing happens at a time, and the next only when all that came
// of it is quiet. The order is decided by the seed alone, so a run can be played again.

import type { Cancel } from '../base/clock.ts'
import { Heap } from '../base/heap.ts'
import type { Random } from '../base/random.ts'

/** Whatever can be killed or held still: what was scheduled for it waits, or never happens. */
export interface Fated {
  readonly alive: boolean
  readonly pausedUntilMs: number
}

interface Happening {
  at: number
  /** Decides between happenings of one moment. */
  readonly tie: number
  readonly sequence: number
  readonly of: Fated | undefined
  act: (() => void) | undefined
}

export class Scheduler {
  readonly startMs = Date.UTC(2026, 0, 1)
  #now = this.startMs
  #sequence = 0
  #steps = 0
  readonly #chance: Random
  readonly #heap = new Heap<Happening>(isBefore)
  readonly #afterEach: (() => void)[] = []

  /** `chance` decides in which order messages of one moment arrive. */
  constructor(chance: Random) {
    this.#chance = chance
  }

  now(): number {
    return this.#now
  }

  get steps(): number {
    return this.#steps
  }

  /** A timer: those of one moment go off in the order they were set. */
  after(ms: number, act: () => void, of?: Fated): Cancel {
    return this.#put(ms, 0, act, of)
  }

  /** Something from outside: it comes in any order with other things of the same moment. */
  arrives(ms: number, act: () => void, of?: Fated): Cancel {
    return this.#put(ms, this.#chance.float(), act, of)
  }

  /** Called whenever all is quiet, before time goes on. */
  onQuiet(act: () => void): void {
    this.#afterEach.push(act)
  }

  /** Lets things happen until `untilMs`, or until `isOver` says so. */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    await this.#quiet()
    while (!isOver()) {
      const next = this.#heap.peek()
      if (next === undefined || next.at > untilMs) {
        this.#now = Math.max(this.#now, untilMs)
        return
      }
      this.#heap.pop()
      if (next.act === undefined || next.of?.alive === false) continue
      if (next.of !== undefined && next.of.pausedUntilMs > next.at) {
        next.at = next.of.pausedUntilMs
        this.#heap.push(next)
        continue
      }
      this.#now = next.at
      this.#steps++
      const { act } = next
      next.act = undefined
      act()
      await this.#quiet()
    }
  }

  /** Promises run before the event loop turns, so one turn finds all of them settled or waiting for something here. */
  async #quiet(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    for (const act of this.#afterEach) act()
  }

  #put(ms: number, tie: number, act: () => void, of: Fated | undefined): Cancel {
    const at = this.#now + Math.max(0, Math.round(ms))
    const happening: Happening = { at, tie, sequence: this.#sequence++, of, act }
    this.#heap.push(happening)
    return () => {
      happening.act = undefined
    }
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  if (a.at !== b.at) return a.at < b.at
  return a.tie !== b.tie ? a.tie < b.tie : a.sequence < b.sequence
}
