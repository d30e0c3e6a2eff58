// What do the counters say? (section 7) Upstream: daemon_controller.go, updateDaemonSetStatus.

import type { DaemonSetStatus } from '../../api/types.ts'
import { isAvailable, isReady, isUpdated, type Row, type Target } from './survey.ts'

export interface Counters {
  readonly desiredNumberScheduled: number
  readonly currentNumberScheduled: number
  readonly numberMisscheduled: number
  readonly numberReady: number
  readonly numberAvailable: number
  readonly updatedNumberScheduled: number
}

export const noCounters: Counters = {
  desiredNumberScheduled: 0,
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  numberReady: 0,
  numberAvailable: 0,
  updatedNumberScheduled: 0,
}

/** What one node adds (R7.1). During a surge the old pod speaks for the node until it is gone (B5). */
export function countersOf(row: Row, target: Target, nowMs: number): Counters {
  const [first] = row.pods
  switch (row.placement) {
    case 'gone':
      return noCounters
    case 'keep':
    case 'leave':
      return misscheduled
    case 'run':
      if (first === undefined) return missing
      return presentCounters[
        Number(isReady(first)) + 2 * Number(isAvailable(first, target, nowMs)) + 4 * Number(isUpdated(first, target))
      ]!
  }
}

/** A node adds one of eleven things: they are made once, not once a node. */
const misscheduled: Counters = { ...noCounters, numberMisscheduled: 1 }
const missing: Counters = { ...noCounters, desiredNumberScheduled: 1 }
const presentCounters: readonly Counters[] = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
  desiredNumberScheduled: 1,
  currentNumberScheduled: 1,
  numberMisscheduled: 0,
  numberReady: bits & 1,
  numberAvailable: (bits >> 1) & 1,
  updatedNumberScheduled: (bits >> 2) & 1,
}))

export type MutableCounters = { -readonly [name in keyof Counters]: number }

/** In place: sums are kept over many thousand cells. */
export function addTo(sums: MutableCounters, counters: Counters, sign: 1 | -1): void {
  sums.desiredNumberScheduled += sign * counters.desiredNumberScheduled
  sums.currentNumberScheduled += sign * counters.currentNumberScheduled
  sums.numberMisscheduled += sign * counters.numberMisscheduled
  sums.numberReady += sign * counters.numberReady
  sums.numberAvailable += sign * counters.numberAvailable
  sums.updatedNumberScheduled += sign * counters.updatedNumberScheduled
}

/** The status to write, or undefined where the present one says it all (R7.1). What else it holds is kept (R7.5). */
export function statusToWrite(
  present: DaemonSetStatus,
  counters: Counters,
  observedGeneration: number,
): DaemonSetStatus | undefined {
  const wanted: Required<Omit<DaemonSetStatus, 'collisionCount' | 'conditions' | 'observedGeneration'>> = {
    ...counters,
    numberUnavailable: counters.desiredNumberScheduled - counters.numberAvailable,
  }
  const fields = Object.keys(wanted) as (keyof typeof wanted)[]
  const same = fields.every((field) => (present[field] ?? 0) === wanted[field])
  if (same && (present.observedGeneration ?? 0) >= observedGeneration) return undefined
  const written: DaemonSetStatus = { ...present, ...wanted, observedGeneration }
  // Go leaves these out when they are zero (1.5).
  for (const field of omittedWhenZero) if (written[field] === 0) delete written[field]
  return written
}

const omittedWhenZero = [
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
] as const
