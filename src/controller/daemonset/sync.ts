// One look at one DaemonSet, from what is known to what was done about it (section 2.7).
// Upstream: pkg/controller/daemon/daemon_controller.go, syncDaemonSet.

import { printSelector } from '../../api/labels.ts'
import type { DaemonSet } from '../../api/types.ts'
import { earliest } from '../../reconcile/daemonset/manage.ts'
import type { Plan } from '../../reconcile/daemonset/plan.ts'
import { decide } from '../../reconcile/daemonset/reconcile.ts'
import { carryOut, type Hands } from './carry-out.ts'
import { lookUpPods, type PodOutcome } from './carry-out-pods.ts'
import { CreationHold } from './creation-hold.ts'
import type { Gathering } from './gather.ts'
import { daemonSetLimits } from './limits.ts'
import { UnansweredNames } from './unanswered-names.ts'
import { writeStatus } from './write-status.ts'

/** What is remembered of a DaemonSet from one look to the next. */
export interface Followed {
  readonly gathering: Gathering
  /** From the monotonic clock to the time of day. When that has jumped, the times remembered here mean nothing. */
  readonly driftMs: number
  /** A write got no answer. */
  unanswered: boolean
  readonly unansweredNames: UnansweredNames
  statusWrittenMs: number
  readonly hold: CreationHold
  /** Why its pod did not fit, by node, as it was told last. */
  readonly told: Map<string, string>
}

/** What got no answer `before` is still to be looked up. */
export function followed(gathering: Gathering, driftMs = 0, before?: Followed): Followed {
  return {
    gathering,
    driftMs,
    unanswered: before?.unanswered ?? false,
    unansweredNames: before?.unansweredNames ?? new UnansweredNames(),
    statusWrittenMs: Number.NEGATIVE_INFINITY,
    hold: new CreationHold(),
    told: new Map(),
  }
}

export interface Sync {
  /** When to look again although nothing happens: 0 at once, undefined never. */
  readonly againAtMs: number | undefined
}

/** `refused` is told of each node that has no room for its pod. */
export async function syncDaemonSet(
  key: string,
  it: Followed,
  hands: Hands,
  refused: (node: string) => void,
): Promise<Sync> {
  const { caches, clock } = hands
  for (let step = 0; step < daemonSetLimits.steps; step++) {
    const daemonSet = caches.daemonSets.get(key)
    if (daemonSet === undefined || daemonSet.metadata.uid !== it.gathering.uid) return { againAtMs: undefined }
    if (it.unanswered) {
      await lookUpPods(daemonSet, printSelector(daemonSet.spec.selector), hands)
      it.unanswered = false
    }
    const { namespace } = daemonSet.metadata
    it.unansweredNames.tidy((name) => caches.pods.get(`${namespace}/${name}`) !== undefined, clock.monotonic())
    // While some wait after a refusal all are looked at, or those that are always refused could hide the others.
    const known = it.gathering.known(daemonSet, clock.now(), it.hold.isOver ? daemonSetLimits.burst : undefined)
    const wanted = decide(known)
    for (const action of wanted.actions) if (action.do === 'refuse') refused(action.node)
    const plan = holdBack(wanted, it, clock.now())
    const outcome = await carryOut(plan, daemonSet, known, hands, it.unansweredNames)
    if (outcome.did === 'settle') continue
    it.gathering.remember(plan.failedPods, clock.now())
    tellRefusals(plan, daemonSet, it, hands)
    return finish(daemonSet, plan, outcome, it, hands)
  }
  throw new Error(`sync ${key}: whose things are whose is not settled after ${daemonSetLimits.steps} steps`)
}

/** Creations that still wait are taken out of the plan, and are not planned again before their time has come. */
function holdBack(wanted: Plan, { hold, gathering }: Followed, nowMs: number): Plan {
  const creates = wanted.actions.flatMap((action) => (action.do === 'create' ? [action.node] : []))
  hold.keep(new Set(creates), nowMs)
  const untilMs = hold.endMs(nowMs)
  if (untilMs !== undefined) {
    for (const node of creates) if (hold.isHeld(node, nowMs)) gathering.creationWaits(node, untilMs)
  }
  return hold.apply(wanted, nowMs)
}

/** 2.7 steps 11 and 12: the status is written whatever went wrong before; the first thing that went wrong is told. */
async function finish(
  daemonSet: DaemonSet,
  plan: Plan,
  outcome: PodOutcome,
  it: Followed,
  hands: Hands,
): Promise<Sync> {
  const { clock } = hands
  if (outcome.unanswered) it.unanswered = true
  it.hold.heard(plan, outcome.creations, clock.now())
  let statusDueMs: number | undefined
  try {
    statusDueMs = await status(daemonSet, plan, it, hands)
  } catch (error) {
    if (outcome.errors.length === 0) throw error
  }
  if (outcome.errors.length > 0) throw aggregate(outcome.errors)
  const againAtMs = earliest(plan.againAtMs, it.hold.endMs(clock.now()))
  return { againAtMs: outcome.changed ? 0 : earliest(againAtMs, statusDueMs) }
}

/** Undefined, or when the status may be written that has to wait. */
async function status(daemonSet: DaemonSet, plan: Plan, it: Followed, hands: Hands): Promise<number | undefined> {
  const { clock, client, caches, slots } = hands
  if (plan.counters === undefined) return undefined
  // What was just done counts already. Upstream: the same sync's status shows the pods it made.
  const counters = it.gathering.counters(daemonSet, clock.now()) ?? plan.counters
  const isObserved = (daemonSet.status?.observedGeneration ?? 0) >= (daemonSet.metadata.generation ?? 0)
  const dueMs = it.statusWrittenMs + daemonSetLimits.betweenStatusesMs
  if (isObserved && dueMs > clock.now()) return dueMs
  const key = `${daemonSet.metadata.namespace}/${daemonSet.metadata.name}`
  const written = await slots.run(key, () => writeStatus(daemonSet, counters, client, caches.daemonSets))
  if (written) it.statusWrittenMs = clock.now()
  return undefined
}

/** Section 3.6: told once, until the reason is another. */
function tellRefusals(plan: Plan, daemonSet: DaemonSet, { told }: Followed, { recorder }: Hands): void {
  for (const action of plan.actions) {
    if (action.do === 'create') told.delete(action.node)
    if (action.do !== 'refuse' || told.get(action.node) === action.because) continue
    told.set(action.node, action.because)
    const message = `failed to place pod on "${action.node}": ${action.because}`
    recorder.event(daemonSet, 'Warning', 'FailedPlacement', message)
  }
}

/** R4.21: one as it is, several in brackets, the same one once. */
function aggregate(errors: readonly unknown[]): Error {
  const messages = [...new Set(errors.map((error) => (error instanceof Error ? error.message : String(error))))]
  return new Error(messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`, { cause: errors[0] })
}
