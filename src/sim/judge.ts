// All checks together: every write and every request goes by them, and the first thing that must not be ends the run.

import type { Store, StoreEvent } from '../store/store.ts'
import { budget } from './checks/budget.ts'
import type { Check, Judging } from './checks/check.ts'
import { claims } from './checks/claims.ts'
import { creations } from './checks/creations.ts'
import { deletions } from './checks/deletions.ts'
import { onePod } from './checks/one-pod.ts'
import { status } from './checks/status.ts'
import { Stored } from './checks/stored.ts'
import { Watches } from './checks/watches.ts'
import type { Exchange } from './exchange.ts'
import { type Change, Truth } from './truth.ts'

export interface Violation {
  readonly invariant: string
  readonly what: string
}

export type JudgeOptions = Pick<Judging, 'stalenessMs' | 'controllers'> & {
  readonly onViolation: (violation: Violation) => void
}

const checks: readonly ((judging: Judging) => Check)[] = [onePod, budget, deletions, creations, claims, status]

export class Judge {
  readonly truth = new Truth()
  readonly #checks: readonly Check[]
  readonly #stored: Stored
  readonly #watches: Watches

  constructor({ onViolation, ...options }: JudgeOptions) {
    const violated = (invariant: string, what: string) => onViolation({ invariant, what })
    const judging = { ...options, truth: this.truth, violated }
    this.#checks = checks.map((make) => make(judging))
    this.#stored = new Stored(judging)
    this.#watches = new Watches(judging)
  }

  event(event: StoreEvent, by: Exchange | undefined, nowMs: number): Change {
    this.#watches.change(event)
    const change = this.truth.hear(event, by, nowMs)
    this.#stored.change(change)
    for (const check of this.#checks) check.change?.(change)
    return change
  }

  request(exchange: Exchange, nowMs: number): void {
    this.truth.nowMs = nowMs
    for (const check of this.#checks) check.request?.(exchange)
  }

  line(exchange: Exchange, line: Uint8Array): void {
    this.#watches.line(exchange, line)
  }

  decided(collection: string, key: string, revision: number, what: 'put' | 'deleted'): void {
    this.#stored.decided(collection, key, revision, what)
  }

  reopened(store: Store, nowMs: number): void {
    for (const event of this.#stored.reopened(store)) this.truth.hear(event, undefined, nowMs)
  }
}
