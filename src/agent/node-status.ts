// What the API is told about a node: capacity, conditions, addresses and what it runs on. Pure; node-reporter.ts tells
// it. Upstream: pkg/kubelet/nodestatus/setters.go and kubelet_node_status.go.

import { conditionOf } from '../api/pods.ts'
import { formatTime } from '../api/time.ts'
import type { Condition, Node, NodeStatus } from '../api/types.ts'
import { jsonEqual } from '../base/json.ts'

/** What an agent knows of its own machine. */
export interface NodeFacts {
  readonly capacity: Readonly<Record<string, string>>
  /** What of it pods may have. Default: all. */
  readonly allocatable?: Readonly<Record<string, string>>
  readonly addresses: readonly { readonly type: string; readonly address: string }[]
  readonly nodeInfo: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** Undefined: nobody gives pods addresses of a range here. */
  readonly podCIDR?: string
  /** Behind `kubelet is posting ready status`, for nodes that are not what they seem. */
  readonly readyMessage: string
  /** What the machine is short of. */
  readonly pressures?: readonly Pressure[]
  /** Where the agent's own API listens; undefined: nowhere. */
  readonly kubeletPort?: number | undefined
}

export type Pressure = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure'

/** A node that does not exist yet, as its agent makes it. */
export function newNode(name: string, facts: NodeFacts, nowMs: number): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { ...facts.labels },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: facts.podCIDR === undefined ? {} : { podCIDR: facts.podCIDR, podCIDRs: [facts.podCIDR] },
    status: nodeStatus(facts, undefined, nowMs),
  }
}

export function nodeStatus(facts: NodeFacts, known: NodeStatus | undefined, nowMs: number): NodeStatus {
  return {
    capacity: { ...facts.capacity },
    allocatable: { ...(facts.allocatable ?? facts.capacity) },
    conditions: conditionsOf(facts).map((told) => withTimes(told, known, nowMs)),
    addresses: facts.addresses.map((address) => ({ ...address })),
    nodeInfo: { ...facts.nodeInfo },
    ...(facts.kubeletPort === undefined ? {} : { daemonEndpoints: { kubeletEndpoint: { Port: facts.kubeletPort } } }),
  }
}

/**
 * A strategic merge patch of the status, labels included. With `heartbeat` the conditions are told even where they have
 * not changed; otherwise undefined where the API says the same already.
 */
export function nodePatch(node: Node, facts: NodeFacts, nowMs: number, heartbeat: boolean): object | undefined {
  const known = node.status ?? {}
  const { conditions = [], ...fields } = nodeStatus(facts, known, nowMs)
  const status: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(fields)) {
    if (!jsonEqual(known[field as keyof NodeStatus], value)) status[field] = value
  }
  if (heartbeat || conditions.some((condition) => !saysTheSame(conditionOf(known, condition.type), condition))) {
    const others = (known.conditions ?? []).filter(({ type }) => conditionOf({ conditions }, type) === undefined)
    status['$setElementOrder/conditions'] = [...others, ...conditions].map(({ type }) => ({ type }))
    status.conditions = conditions
  }
  const labels = Object.entries(facts.labels).filter(([key, value]) => node.metadata.labels?.[key] !== value)
  if (Object.keys(status).length === 0 && labels.length === 0) return undefined
  return {
    metadata: { uid: node.metadata.uid, ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }) },
    status,
  }
}

type Told = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

function conditionsOf({ pressures = [], readyMessage }: NodeFacts): readonly Told[] {
  return [
    ...pressureTexts.map(([type, short, fine]): Told => {
      const isShort = pressures.includes(type)
      const [reason, message] = isShort ? short : fine
      return { type, status: isShort ? 'True' : 'False', reason, message }
    }),
    { type: 'Ready', status: 'True', reason: 'KubeletReady', message: readyMessage },
  ]
}

type Text = readonly [reason: string, message: string]

const pressureTexts: readonly (readonly [type: Pressure, short: Text, fine: Text])[] = [
  [
    'MemoryPressure',
    ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
    ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ],
  [
    'DiskPressure',
    ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
    ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ],
  [
    'PIDPressure',
    ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
    ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ],
]

function withTimes(told: Told, known: NodeStatus | undefined, nowMs: number): Condition {
  const before = conditionOf(known, told.type)
  const now = formatTime(nowMs)
  const since = before?.status === told.status ? before.lastTransitionTime : undefined
  return { ...told, lastHeartbeatTime: now, lastTransitionTime: since ?? now }
}

function saysTheSame(a: Condition | undefined, b: Condition): boolean {
  return a?.status === b.status && a.reason === b.reason && a.message === b.message
}
