// The rules once more, written from the documentation and not from our own decision: where a daemon pod belongs, and how
// many may be down. Only what the simulation's scripts use of them.

import type { DaemonSet, Node, Taint, Toleration } from '../api/types.ts'

/** A pod should run here; one that is here may stay; none may be here; there is no such node. */
export type Placement = 'run' | 'keep' | 'leave' | 'gone'

const daemonsTolerate: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
]

export function placementOf({ spec }: DaemonSet, node: Node): Placement {
  const { nodeSelector = {}, tolerations = [] } = spec.template.spec
  const labels = node.metadata.labels ?? {}
  for (const [key, value] of Object.entries(nodeSelector)) if (labels[key] !== value) return 'leave'
  const all = [...tolerations, ...daemonsTolerate]
  const bad = (node.spec?.taints ?? []).filter((taint) => !all.some((toleration) => isTolerated(taint, toleration)))
  if (bad.some(({ effect }) => effect === 'NoExecute')) return 'leave'
  return bad.some(({ effect }) => effect === 'NoSchedule') ? 'keep' : 'run'
}

function isTolerated(taint: Taint, { key, operator = 'Equal', value = '', effect }: Toleration): boolean {
  if (effect !== undefined && effect !== taint.effect) return false
  if (key === undefined) return operator === 'Exists'
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''))
}

export interface BudgetOfTruth {
  /** Serving pods that the rollout may take down, on so many nodes at a time. */
  readonly unavailable: number
  readonly surge: boolean
}

export function budgetOf({ spec }: DaemonSet, desired: number): BudgetOfTruth {
  if (spec.updateStrategy?.type === 'OnDelete') return { unavailable: 0, surge: false }
  const { maxUnavailable = 1, maxSurge = 0 } = spec.updateStrategy?.rollingUpdate ?? {}
  if (resolved(maxSurge, 1) > 0) return { unavailable: 0, surge: true }
  return { unavailable: Math.max(desired > 0 ? 1 : 0, resolved(maxUnavailable, desired)), surge: false }
}

/** Percentages round up. */
function resolved(value: number | string, total: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100)
}
