// What many runs come to: how many, how long in virtual time, which faults, and how soon all was quiet again.
import type { Outcome } from '../../sim/jobs.ts'

export class Tally {
  #runs = 0
  #failed = 0
  #virtualMs = 0
  #requests = 0
  #writes = 0
  readonly #faults = new Map<string, number>()
  readonly #settledMs: number[] = []

  add({ violation, virtualMs, settledMs, requests, writes, faults }: Outcome): void {
    this.#runs++
    if (violation !== undefined) this.#failed++
    this.#virtualMs += virtualMs
    this.#requests += requests
    this.#writes += writes
    for (const [fault, times] of faults) this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + times)
    if (settledMs !== undefined) this.#settledMs.push(settledMs)
  }

  lines(): string[] {
    const hours = (this.#virtualMs / 3_600_000).toFixed(1)
    const faults = [...this.#faults].sort(([a], [b]) => (a < b ? -1 : 1))
    const all = faults.reduce((sum, [, times]) => sum + times, 0)
    const settled = this.#settledMs.sort((a, b) => a - b)
    const seconds = (at: number) => `${((settled[Math.floor(at * (settled.length - 1))] ?? 0) / 1000).toFixed(0)} s`
    return [
      `${this.#runs} runs, ${hours} virtual hours, ${this.#requests} requests, ${this.#writes} writes, ${all} faults`,
      ...(faults.length === 0 ? [] : [`faults: ${faults.map(([fault, times]) => `${fault} ${times}`).join(', ')}`]),
      ...(settled.length === 0
        ? []
        : [`quiet again after ${seconds(0.5)} (half of the runs), ${seconds(0.99)} (99 %), ${seconds(1)} (all)`]),
      this.#failed === 0 ? 'nothing wrong' : `${this.#failed} runs broke a rule`,
    ]
  }
}
