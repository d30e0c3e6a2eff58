// Carrying out a plan: every await of the DaemonSet controller's writes. What a write did is put into the caches before
// anything else is decided (client/mirror.ts), so the next decision knows of it.

import type { DaemonSet } from '../../api/types.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { Client } from '../../client/client.ts'
import type { EventRecorder } from '../../client/event-recorder.ts'
import type { Action, Claiming, HistoryStep, Plan } from '../../reconcile/daemonset/plan.ts'
import type { PodNames } from '../../reconcile/daemonset/pod-names.ts'
import type { PlacementMode } from '../../reconcile/daemonset/pod-template.ts'
import { carryOutClaims } from './carry-out-claims.ts'
import { carryOutHistory } from './carry-out-history.ts'
import { carryOutPods, type PodOutcome } from './carry-out-pods.ts'
import type { Caches } from './facts.ts'
import type { Gathered } from './gather.ts'
import type { UnansweredNames } from './unanswered-names.ts'
import type { WriteSlots } from './write-slots.ts'

/** What it takes to write. */
export interface Hands {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly caches: Caches
  readonly recorder: EventRecorder
  readonly placement: PlacementMode
  readonly podNames: PodNames
  /** Draws the names of pods. */
  readonly random: Random
  readonly slots: WriteSlots
  /** A node that has just come to want a pod of this DaemonSet waits for us. */
  readonly isUrgent: (key: string) => boolean
}

export type Outcome =
  /** Whose things are whose, or which revision is current, has been settled: now the rest can be decided. */
  { readonly did: 'settle' } | ({ readonly did: 'pods' } & PodOutcome)

const nothingWrong: PodOutcome = {
  errors: [],
  unanswered: false,
  changed: false,
  creations: { created: new Set(), refusedOn: new Set(), namespaceIsGoing: false },
}

export async function carryOut(
  plan: Plan,
  daemonSet: DaemonSet,
  known: Gathered,
  hands: Hands,
  unansweredNames: UnansweredNames,
): Promise<Outcome> {
  for (const action of plan.actions) tell(action, daemonSet, hands)
  const claiming = plan.actions.filter(isClaiming)
  if (claiming.length > 0) {
    const what = `couldn't get node to daemon pod mapping for daemon set "${daemonSet.metadata.name}"`
    await explained(what, () => carryOutClaims(claiming, daemonSet, hands))
    return { did: 'settle' }
  }
  const history = plan.actions.filter(isHistoryStep)
  const writeHistory = () => carryOutHistory(history, daemonSet, known, hands)
  if (plan.hash === undefined) {
    if (history.length === 0) return { did: 'pods', ...nothingWrong }
    await explained('failed to construct revisions of DaemonSet', writeHistory)
    return { did: 'settle' }
  }
  const outcome = await carryOutPods(plan, plan.hash, daemonSet, known, hands, unansweredNames)
  if (history.length === 0 || outcome.errors.length > 0) return { did: 'pods', ...outcome }
  try {
    // R6.12: old revisions go only when all went well.
    await explained('failed to clean up revisions of DaemonSet', writeHistory)
    return { did: 'pods', ...outcome }
  } catch (error) {
    return { did: 'pods', ...outcome, errors: [error] }
  }
}

/** What failed, in upstream's words (R4.4, 2.7 step 6, R6.12). */
async function explained(what: string, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

function tell(action: Action, daemonSet: DaemonSet, { log, recorder }: Hands): void {
  if (action.do === 'report') {
    recorder.event(daemonSet, action.type, action.reason, action.message)
    return
  }
  const { namespace, name } = daemonSet.metadata
  const subject =
    'node' in action ? { node: action.node } : 'revision' in action ? { revision: action.revision.name } : {}
  const pod = 'pod' in action ? { pod: action.pod.name } : {}
  log.debug(action.do, { key: `${namespace}/${name}`, ...subject, ...pod, because: action.because })
}

function isClaiming(action: Action): action is Claiming {
  return /^(adopt|release) /.test(action.do)
}

function isHistoryStep(action: Action): action is HistoryStep {
  return / revision$|^relabel /.test(action.do) && !isClaiming(action)
}
