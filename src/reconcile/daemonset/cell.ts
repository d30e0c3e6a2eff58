// One node's row, and what a fleet keeps beside it of what the row alone decides.

import type { PodFacts } from './snapshot.ts'
import type { Stage } from './stage.ts'
import type { Counters } from './status.ts'
import { availableAtMs, type Row, type Target } from './survey.ts'

/**
 * There are as many as there are pods, so what most of them have in common takes no memory: a list around their one pod, and
 * a moment until which they are valid (Fleet.#validUntilMs).
 */
export class Cell implements Row {
  readonly node: string
  readonly placement: Row['placement']
  readonly stage: Stage
  readonly counters: Counters
  readonly #pods: PodFacts | readonly PodFacts[]

  constructor({ node, placement, pods }: Row, stage: Stage, counters: Counters) {
    this.node = node
    this.placement = placement
    this.stage = stage
    this.counters = counters
    this.#pods = pods.length === 1 ? pods[0]! : pods
  }

  get pods(): readonly PodFacts[] {
    return isList(this.#pods) ? this.#pods : [this.#pods]
  }
}

/** `Array.isArray` does not tell a readonly list from anything else. */
function isList(pods: PodFacts | readonly PodFacts[]): pods is readonly PodFacts[] {
  return Array.isArray(pods)
}

/** Until when a cell stays as it is, unless its row changes; undefined: for ever. */
export function validUntilMs(row: Row, target: Target, nowMs: number): number | undefined {
  let untilMs = Number.POSITIVE_INFINITY
  for (const pod of row.pods) {
    const atMs = availableAtMs(pod, target)
    if (atMs !== undefined && atMs > nowMs && atMs < untilMs) untilMs = atMs
  }
  return untilMs === Number.POSITIVE_INFINITY ? undefined : untilMs
}
