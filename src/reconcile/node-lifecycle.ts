// What a node's silence, its conditions and its taints mean for the node and for the pods on it.
// Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go, pkg/controller/tainteviction.

import { conditionOf } from '../api/pods.ts'
import { tolerates } from '../api/taints.ts'
import { formatTime, parseTime } from '../api/time.ts'
import type { Condition, Node, Pod, Taint, Toleration } from '../api/types.ts'

export const nodeLifecycleDefaults = {
  /** Silence after which a node counts as unreachable. Upstream: --node-monitor-grace-period (50 s from 1.32 on). */
  graceMs: 50_000,
  /** The same for a node that has never said anything. Upstream: --node-startup-grace-period. */
  startupGraceMs: 60_000,
} as const

export interface NodeLifecycleSnapshot {
  readonly node: Node
  readonly pods: readonly Pod[]
  /** When the node was last heard of, by our own clock: a node's clock may be wrong. */
  readonly heardAtMs: number
  readonly nowMs: number
  readonly graceMs: number
  readonly startupGraceMs: number
  /** When a NoExecute taint without timeAdded was first seen. */
  readonly taintSeenMs: (taint: Taint) => number
}

export type NodeLifecycleAction =
  | { readonly do: 'set conditions'; readonly conditions: readonly Condition[]; readonly because: string }
  | { readonly do: 'set taints'; readonly taints: readonly Taint[]; readonly because: string }
  /** The pod's Ready condition becomes False. */
  | { readonly do: 'mark not ready'; readonly pod: Pod; readonly because: string }
  | { readonly do: 'evict'; readonly pod: Pod; readonly because: string }
  /** Nothing before then, unless something changes. */
  | { readonly do: 'look again'; readonly inMs: number }

export function nodeLifecycle(snapshot: NodeLifecycleSnapshot): readonly NodeLifecycleAction[] {
  const { node, nowMs } = snapshot
  const silence = silenceOf(snapshot)
  const conditions = silence.isOver ? silentConditions(node, nowMs) : []
  const seen = withConditions(node, conditions)
  const taints = wantedTaints(seen, nowMs)
  const actions: NodeLifecycleAction[] = []
  if (conditions.length > 0) {
    const seconds = Math.round((nowMs - snapshot.heardAtMs) / 1000)
    actions.push({ do: 'set conditions', conditions, because: `nothing heard of the node for ${seconds} s` })
  }
  if (!sameTaints(node.spec?.taints ?? [], taints)) {
    actions.push({ do: 'set taints', taints, because: whyTaints(seen) })
  }
  const fate = podFates(snapshot, seen, taints)
  actions.push(...fate.actions)
  const waits = [...(silence.isOver ? [] : [silence.leftMs]), ...fate.waitsMs]
  if (waits.length > 0) actions.push({ do: 'look again', inMs: Math.min(...waits) })
  return actions
}

function silenceOf({ node, heardAtMs, nowMs, graceMs, startupGraceMs }: NodeLifecycleSnapshot) {
  const grace = conditionOf(node.status, 'Ready') === undefined ? startupGraceMs : graceMs
  const leftMs = heardAtMs + grace - nowMs
  // Upstream: after the grace period, not at its end.
  return { isOver: leftMs < 0, leftMs: leftMs + 1 }
}

const kubeletConditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

/** The conditions of a node nobody hears of; empty when they say so already. Upstream: tryUpdateNodeHealth. */
function silentConditions(node: Node, nowMs: number): readonly Condition[] {
  const now = formatTime(nowMs)
  const changed: Condition[] = []
  for (const type of kubeletConditions) {
    const known = conditionOf(node.status, type)
    if (known === undefined) {
      changed.push({
        type,
        status: 'Unknown',
        reason: 'NodeStatusNeverUpdated',
        message: 'Kubelet never posted node status.',
        lastHeartbeatTime: node.metadata.creationTimestamp ?? now,
        lastTransitionTime: now,
      })
    } else if (known.status !== 'Unknown') {
      changed.push({
        ...known,
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        lastTransitionTime: now,
      })
    }
  }
  return changed
}

/** A condition that means a taint: the first row of a type and status that fits gives key and effects. */
const taintRules: readonly [type: string, status: string, key: string, effects: readonly string[]][] = [
  ['Ready', 'False', 'node.kubernetes.io/not-ready', ['NoSchedule', 'NoExecute']],
  ['Ready', 'Unknown', 'node.kubernetes.io/unreachable', ['NoSchedule', 'NoExecute']],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure', ['NoSchedule']],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure', ['NoSchedule']],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable', ['NoSchedule']],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure', ['NoSchedule']],
]
const unschedulableKey = 'node.kubernetes.io/unschedulable'

/** The taints the node should have: those others put there, untouched and in place, and ours. */
function wantedTaints(node: Node, nowMs: number): readonly Taint[] {
  const wanted: Taint[] = []
  for (const [type, status, key, effects] of taintRules) {
    if (conditionOf(node.status, type)?.status !== status) continue
    for (const effect of effects) wanted.push({ key, effect })
  }
  if (node.spec?.unschedulable === true) wanted.push({ key: unschedulableKey, effect: 'NoSchedule' })
  // A node that has said nothing yet keeps what it was born with: admission taints new nodes not-ready.
  const hasSpoken = conditionOf(node.status, 'Ready') !== undefined
  const kept = (node.spec?.taints ?? []).filter(
    (taint) => !isOurs(taint) || !(hasSpoken || taint.key === unschedulableKey) || wanted.some(same(taint)),
  )
  const added = wanted.filter((taint) => !kept.some(same(taint)))
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: formatTime(nowMs) }))]
}

function isOurs({ key, effect }: Taint): boolean {
  if (key === unschedulableKey) return effect === 'NoSchedule'
  return taintRules.some(([, , ourKey, effects]) => ourKey === key && effects.includes(effect))
}

const same = (a: Taint) => (b: Taint) => a.key === b.key && a.effect === b.effect

function sameTaints(a: readonly Taint[], b: readonly Taint[]): boolean {
  return a.length === b.length && a.every((taint) => b.some(same(taint)))
}

function whyTaints(node: Node): string {
  const reasons = taintRules
    .filter(([type, status]) => conditionOf(node.status, type)?.status === status)
    .map(([type, status]) => `${type} is ${status}`)
  if (node.spec?.unschedulable === true) reasons.push('the node is unschedulable')
  return reasons.length === 0 ? 'the node is ready and schedulable' : reasons.join(', ')
}

function podFates(snapshot: NodeLifecycleSnapshot, node: Node, taints: readonly Taint[]) {
  const actions: NodeLifecycleAction[] = []
  const waitsMs: number[] = []
  const ready = conditionOf(node.status, 'Ready')
  const notReady = ready !== undefined && ready.status !== 'True'
  const noExecute = taints.filter((taint) => taint.effect === 'NoExecute')
  if (!notReady && noExecute.length === 0) return { actions, waitsMs }
  for (const pod of snapshot.pods) {
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') continue
    const isReady = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
    if (notReady && isReady === true) actions.push({ do: 'mark not ready', pod, because: 'the node is not ready' })
    if (pod.metadata.deletionTimestamp !== undefined) continue
    const mayStay = mayStayMs(snapshot, pod.spec.tolerations ?? [], noExecute)
    if (mayStay > 0 && mayStay < Number.POSITIVE_INFINITY) waitsMs.push(mayStay)
    if (mayStay <= 0)
      actions.push({ do: 'evict', pod, because: `does not tolerate ${noExecute.map(shown).join(', ')}` })
  }
  return { actions, waitsMs }
}

/** How much longer the pod may stay: 0 or less: go; infinite: as long as it likes. Upstream: getMinTolerationTime. */
function mayStayMs(
  { nowMs, taintSeenMs }: NodeLifecycleSnapshot,
  tolerations: readonly Toleration[],
  noExecute: readonly Taint[],
): number {
  let stayMs = Number.POSITIVE_INFINITY
  for (const taint of noExecute) {
    const toleration = tolerations.find((one) => tolerates(one, taint))
    if (toleration === undefined) return 0
    if (toleration.tolerationSeconds === undefined) continue
    const since = parseTime(taint.timeAdded) ?? taintSeenMs(taint)
    stayMs = Math.min(stayMs, since + Math.max(0, toleration.tolerationSeconds) * 1000 - nowMs)
  }
  return stayMs
}

function shown({ key, value, effect }: Taint): string {
  return value === undefined || value === '' ? `${key}:${effect}` : `${key}=${value}:${effect}`
}

function withConditions(node: Node, changed: readonly Condition[]): Node {
  if (changed.length === 0) return node
  const kept = (node.status?.conditions ?? []).filter(({ type }) => !changed.some((one) => one.type === type))
  return { ...node, status: { ...node.status, conditions: [...kept, ...changed] } }
}
