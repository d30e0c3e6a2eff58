// What can a plan contain, and how does it read? A plan is data: carried out, printed and compared alike.

import type { FailedPod } from './failed-pods.ts'
import type { PodFacts, RevisionFacts } from './snapshot.ts'
import type { Counters } from './status.ts'

export interface Plan {
  /** By node name within each step. */
  readonly actions: readonly Action[]
  /** The revision that new pods are made from; undefined: none are made. */
  readonly hash: string | undefined
  /** What the status should count; undefined: the status is left as it is (R7.6). */
  readonly counters: Counters | undefined
  /** What to remember of nodes whose failed pods this plan removes (R4.14). */
  readonly failedPods: ReadonlyMap<string, FailedPod>
  /** When to look again although nothing happens; undefined: not before something does. */
  readonly againAtMs: number | undefined
  /** Of nodes that miss their pod, why it would not fit, by node: of those asked just now, and of those asked before. */
  readonly refused: ReadonlyMap<string, string>
  /** Why old pods are left where they are, though an update has not reached them; undefined: they are not. */
  readonly onHold: string | undefined
  /** There is more to do than was asked for. */
  readonly more: boolean
}

export type Action = Claiming | HistoryStep | PodAction | Report

/** Taking in or letting go (R4.2, R4.3). */
export type Claiming =
  | { readonly do: 'adopt pod' | 'release pod'; readonly pod: PodFacts; readonly because: string }
  | { readonly do: 'adopt revision' | 'release revision'; readonly revision: RevisionFacts; readonly because: string }

/** Keeping the history (section 6). */
export type HistoryStep =
  | {
      readonly do: 'label revision'
      readonly revision: RevisionFacts
      readonly hash: string
      readonly because: string
    }
  | { readonly do: 'create revision'; readonly number: number; readonly hash: string; readonly because: string }
  | {
      readonly do: 'renumber revision'
      readonly revision: RevisionFacts
      readonly number: number
      readonly because: string
    }
  | { readonly do: 'relabel pod'; readonly pod: PodFacts; readonly hash: string; readonly because: string }
  | { readonly do: 'delete revision'; readonly revision: RevisionFacts; readonly because: string }

export type PodAction =
  | { readonly do: 'create'; readonly node: string; readonly because: string }
  | {
      readonly do: 'delete'
      readonly node: string
      readonly pod: PodFacts
      readonly because: string
      /** Told as an event before it is done (R9.5, R9.6). */
      readonly report?: Report
    }
  /** A pod is missing, but it would not fit: told as an event (section 3.6), and tried again when the node has changed. */
  | { readonly do: 'refuse'; readonly node: string; readonly because: string }

/** An event on the DaemonSet. */
export interface Report {
  readonly do: 'report'
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export const nothingToDo: Plan = {
  actions: [],
  hash: undefined,
  counters: undefined,
  failedPods: new Map(),
  againAtMs: undefined,
  refused: new Map(),
  onHold: undefined,
  more: false,
}

/** One line an action: `create on n1: node has no daemon pod`. */
export function printAction(action: Action): string {
  switch (action.do) {
    case 'create':
      return `create on ${action.node}: ${action.because}`
    case 'refuse':
      return `will not fit on ${action.node}: ${action.because}`
    case 'delete':
      return `delete ${action.pod.name} on ${action.node}: ${action.because}`
    case 'adopt pod':
    case 'release pod':
      return `${action.do} ${action.pod.name}: ${action.because}`
    case 'relabel pod':
      return `relabel pod ${action.pod.name} to ${action.hash}: ${action.because}`
    case 'adopt revision':
    case 'release revision':
    case 'delete revision':
      return `${action.do} ${action.revision.name}: ${action.because}`
    case 'label revision':
      return `label revision ${action.revision.name} with ${action.hash}: ${action.because}`
    case 'create revision':
      return `create revision ${action.number} with ${action.hash}: ${action.because}`
    case 'renumber revision':
      return `renumber revision ${action.revision.name} to ${action.number}: ${action.because}`
    case 'report':
      return `report ${action.type} ${action.reason}: ${action.message}`
  }
}

export function printPlan(plan: Plan): string[] {
  const lines = plan.actions.map(printAction)
  return plan.onHold === undefined ? lines : [...lines, `on hold: ${plan.onHold}`]
}
