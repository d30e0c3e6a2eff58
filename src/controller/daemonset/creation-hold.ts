// Which nodes wait for their pod after a creation was refused, and in which order they are tried again. A full quota is
// asked now and then, not for every event (I11); one node that is always refused holds up no other.

import { backoffMs } from '../../base/backoff.ts'
import { sortedBy } from '../../base/sorted.ts'
import type { Action, Plan } from '../../reconcile/daemonset/plan.ts'
import { daemonSetLimits } from './limits.ts'

export interface Creations {
  readonly created: ReadonlySet<string>
  readonly refusedOn: ReadonlySet<string>
  readonly namespaceIsGoing: boolean
}

/** The order of the next try: nobody tried it last time; skipped after a refusal; refused. */
const ranks = { new: 0, skipped: 1, refused: 2 } as const

export class CreationHold {
  #untilMs = Number.NEGATIVE_INFINITY
  /** Every creation waits, also for nodes that come meanwhile. */
  #isForAll = false
  #refusals = 0
  readonly #nodes = new Map<string, 'skipped' | 'refused'>()

  /** Nothing was refused lately. */
  get isOver(): boolean {
    return this.#nodes.size === 0
  }

  /** The plan without the creations that still wait. Those that were refused go last: slow start stops at them. */
  apply(plan: Plan, nowMs: number): Plan {
    if (this.#nodes.size === 0 && this.#untilMs <= nowMs) return plan
    const actions = plan.actions.filter((action) => action.do !== 'create' || !this.isHeld(action.node, nowMs))
    return { ...plan, actions: sortedBy(actions, (action) => this.#rank(action)) }
  }

  isHeld(node: string, nowMs: number): boolean {
    return this.#untilMs > nowMs && (this.#isForAll || this.#nodes.has(node))
  }

  /** What became of the creations of a plan. */
  heard(plan: Plan, { created, refusedOn, namespaceIsGoing }: Creations, nowMs: number): void {
    for (const node of created) this.#nodes.delete(node)
    if (namespaceIsGoing) {
      this.#isForAll = true
      this.#untilMs = nowMs + daemonSetLimits.namespaceGoingMs
      return
    }
    if (refusedOn.size === 0) {
      if (this.#nodes.size === 0) this.#refusals = 0
      return
    }
    for (const action of plan.actions) {
      if (action.do !== 'create' || created.has(action.node)) continue
      this.#nodes.set(action.node, refusedOn.has(action.node) ? 'refused' : 'skipped')
    }
    this.#isForAll = false
    this.#untilMs = nowMs + backoffMs(daemonSetLimits.afterRefusal, ++this.#refusals)
  }

  /** When waiting ends; undefined: nobody waits. */
  endMs(nowMs: number): number | undefined {
    return this.#untilMs > nowMs ? this.#untilMs : undefined
  }

  /** Nodes that need no pod any more are not remembered. Those that still wait are not asked (`Fleet.wait`). */
  keep(nodes: ReadonlySet<string>, nowMs: number): void {
    if (this.#untilMs > nowMs) return
    for (const node of this.#nodes.keys()) if (!nodes.has(node)) this.#nodes.delete(node)
  }

  #rank(action: Action): number {
    return action.do === 'create' ? ranks[this.#nodes.get(action.node) ?? 'new'] : ranks.new
  }
}
