// The machine an agent runs on, looked at now and then: its Node's facts as they are, and a word when they have changed.
// Upstream: nodeStatusUpdateFrequency.

import type { Clock } from '../../base/clock.ts'
import { sleep } from '../../base/clock.ts'
import { jsonEqual } from '../../base/json.ts'
import type { NodeFacts } from '../node-status.ts'
import { factsOf, type NodeSettings } from './facts.ts'
import { type LastSeen, observePressure, pressuresOf } from './pressure.ts'
import type { Readings } from './readings.ts'

export interface MachineOptions {
  readonly settings: NodeSettings
  readonly clock: Clock
  readonly read: () => Promise<Readings>
}

/** Between two looks. */
export const lookMs = 10_000

export class Machine {
  readonly #options: MachineOptions
  #readings: Readings
  #lastSeen: LastSeen = {}
  #facts: NodeFacts
  #kubeletPort: number | undefined
  #onChange = () => {}

  private constructor(options: MachineOptions, readings: Readings) {
    this.#options = options
    this.#readings = readings
    this.#facts = this.#observe()
  }

  static async open(options: MachineOptions): Promise<Machine> {
    return new Machine(options, await options.read())
  }

  get facts(): NodeFacts {
    return this.#facts
  }

  /** The agent's own API listens there now. */
  listensOn(port: number): void {
    this.#kubeletPort = port
    this.#look()
  }

  /** Until `signal` is aborted. */
  async follow(onChange: () => void, signal: AbortSignal): Promise<void> {
    this.#onChange = onChange
    while (!signal.aborted) {
      await sleep(this.#options.clock, lookMs, signal)
      if (signal.aborted) return
      this.#readings = await this.#options.read()
      this.#look()
    }
  }

  #look(): void {
    const facts = this.#observe()
    if (jsonEqual(facts, this.#facts)) return
    this.#facts = facts
    this.#onChange()
  }

  #observe(): NodeFacts {
    const nowMs = this.#options.clock.now()
    this.#lastSeen = observePressure(this.#readings, this.#lastSeen, nowMs)
    return {
      ...factsOf(this.#readings, this.#options.settings),
      pressures: pressuresOf(this.#lastSeen, nowMs),
      ...(this.#kubeletPort === undefined ? {} : { kubeletPort: this.#kubeletPort }),
    }
  }
}
