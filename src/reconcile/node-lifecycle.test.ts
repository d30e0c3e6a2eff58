import { expect, test } from 'vitest'
import { formatTime } from '../api/time.ts'
import type { Condition, Node, Pod, Taint, Toleration } from '../api/types.ts'
import { type NodeLifecycleSnapshot, nodeLifecycle, nodeLifecycleDefaults } from './node-lifecycle.ts'

const nowMs = Date.UTC(2026, 0, 1, 12)
const { graceMs, startupGraceMs } = nodeLifecycleDefaults

interface World {
  /** The Ready condition's status; undefined: the node has never said anything. */
  readonly ready?: string
  readonly silentMs?: number
  readonly taints?: Taint[]
  readonly unschedulable?: boolean
  readonly conditions?: Condition[]
  readonly pods?: Pod[]
}

function snapshot({
  ready,
  silentMs = 0,
  taints = [],
  unschedulable = false,
  conditions = [],
  pods = [],
}: World): NodeLifecycleSnapshot {
  const node: Node = {
    metadata: { name: 'n1', creationTimestamp: formatTime(nowMs - 3_600_000) },
    spec: { taints, unschedulable },
    status: { conditions: [...(ready === undefined ? [] : [{ type: 'Ready', status: ready }]), ...conditions] },
  }
  return { node, pods, heardAtMs: nowMs - silentMs, nowMs, graceMs, startupGraceMs, taintSeenMs: () => nowMs - 10_000 }
}

/** What is done, shortly: `conditions Ready=Unknown`, `taints key:effect`, `not ready p`, `evict p`, `again 50001`. */
function actions(world: World): string[] {
  return nodeLifecycle(snapshot(world)).map((action) => {
    switch (action.do) {
      case 'set conditions':
        return `conditions ${action.conditions.map(({ type, status }) => `${type}=${status}`).join(' ')}`
      case 'set taints':
        return `taints ${action.taints.map(({ key, effect }) => `${key.split('/').at(-1)}:${effect}`).join(' ')}`.trim()
      case 'mark not ready':
        return `not ready ${action.pod.metadata.name}`
      case 'evict':
        return `evict ${action.pod.metadata.name}`
      case 'look again':
        return `again ${action.inMs}`
      default:
        return action satisfies never
    }
  })
}

const taint = (key: string, effect: string, timeAdded?: string): Taint => ({
  key: `node.kubernetes.io/${key}`,
  effect,
  ...(timeAdded === undefined ? {} : { timeAdded }),
})
const foreign: Taint = { key: 'example.com/mine', effect: 'NoSchedule' }
const notReady = [taint('not-ready', 'NoSchedule'), taint('not-ready', 'NoExecute')]
const unreachable = [taint('unreachable', 'NoSchedule'), taint('unreachable', 'NoExecute')]

const table: [name: string, world: World, actions: string[]][] = [
  [
    'a node that is ready is looked at again when its silence would be too long',
    { ready: 'True' },
    [`again ${graceMs + 1}`],
  ],
  ['silence up to the grace period is none', { ready: 'True', silentMs: graceMs }, ['again 1']],
  [
    'after it Ready is Unknown and the node unreachable',
    { ready: 'True', silentMs: graceMs + 1 },
    [
      'conditions Ready=Unknown MemoryPressure=Unknown DiskPressure=Unknown PIDPressure=Unknown',
      'taints unreachable:NoSchedule unreachable:NoExecute',
    ],
  ],
  [
    'what is said already is not said again',
    {
      ready: 'Unknown',
      silentMs: graceMs + 1,
      taints: unreachable,
      conditions: ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({ type, status: 'Unknown' })),
    },
    [],
  ],
  ['a node that never spoke has longer', { silentMs: graceMs + 1 }, [`again ${startupGraceMs - graceMs}`]],
  [
    'and keeps the taint it was born with',
    { taints: [taint('not-ready', 'NoSchedule')] },
    [`again ${startupGraceMs + 1}`],
  ],
  ['Ready False', { ready: 'False' }, ['taints not-ready:NoSchedule not-ready:NoExecute', `again ${graceMs + 1}`]],
  [
    'ready again: our taints go, others stay in place',
    { ready: 'True', taints: [...notReady, foreign] },
    ['taints mine:NoSchedule', `again ${graceMs + 1}`],
  ],
  [
    'from silent to not ready the taints change',
    { ready: 'False', taints: [foreign, ...unreachable] },
    ['taints mine:NoSchedule not-ready:NoSchedule not-ready:NoExecute', `again ${graceMs + 1}`],
  ],
  ['cordoned', { ready: 'True', unschedulable: true }, ['taints unschedulable:NoSchedule', `again ${graceMs + 1}`]],
  ['uncordoned', { ready: 'True', taints: [taint('unschedulable', 'NoSchedule')] }, ['taints', `again ${graceMs + 1}`]],
  [
    'under pressure',
    { ready: 'True', conditions: [{ type: 'DiskPressure', status: 'True' }] },
    ['taints disk-pressure:NoSchedule', `again ${graceMs + 1}`],
  ],
]
test.each(table)('8.3 %s', (_name, world, expected) => {
  expect(actions(world)).toEqual(expected)
})

function pod(
  name: string,
  tolerations: Toleration[],
  more: Partial<Pod> & { going?: boolean; ready?: boolean } = {},
): Pod {
  return {
    metadata: { name, ...(more.going === true ? { deletionTimestamp: formatTime(nowMs) } : {}) },
    spec: { containers: [], tolerations },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: more.ready === false ? 'False' : 'True' }],
      ...more.status,
    },
  }
}
const bare = (name: string): Pod => ({ metadata: { name }, spec: { containers: [] } })
const tolerates = (seconds?: number): Toleration[] => [
  { key: 'k', operator: 'Exists', ...(seconds === undefined ? {} : { tolerationSeconds: seconds }) },
]
const noExecute = (timeAdded?: string): Taint => ({
  key: 'k',
  effect: 'NoExecute',
  ...(timeAdded === undefined ? {} : { timeAdded }),
})

const evictions: [name: string, taint: Taint, pod: Pod, actions: string[]][] = [
  ['who does not tolerate NoExecute goes', noExecute(), pod('p', []), ['evict p']],
  ['who tolerates it for ever stays', noExecute(), pod('p', tolerates()), []],
  [
    'who tolerates it for a while stays so long',
    noExecute(formatTime(nowMs - 4000)),
    pod('p', tolerates(10)),
    ['again 6000'],
  ],
  ['and then goes', noExecute(formatTime(nowMs - 10_000)), pod('p', tolerates(10)), ['evict p']],
  [
    'a taint that does not say since when counts from when it was seen',
    noExecute(),
    pod('p', tolerates(15)),
    ['again 5000'],
  ],
  ['no time at all is no time', noExecute(), pod('p', tolerates(-1)), ['evict p']],
  ['who is going already goes', noExecute(), pod('p', [], { going: true }), []],
  ['whoever tolerates nothing goes', noExecute(), bare('p'), ['evict p']],
  ['who has ended is left', noExecute(), pod('p', [], { status: { phase: 'Succeeded' } }), []],
  ['NoSchedule moves nobody', { key: 'k', effect: 'NoSchedule' }, pod('p', []), []],
]
test.each(evictions)('8.3 %s', (_name, one, who, expected) => {
  const done = actions({ ready: 'True', taints: [one], pods: [who] })
  expect(done.filter((action) => action !== `again ${graceMs + 1}`)).toEqual(expected)
})

test('8.3 pods of a node that is not ready are not ready; daemon pods stay on it', () => {
  const daemon: Toleration[] = ['not-ready', 'unreachable'].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
  }))
  const pods = [pod('a', daemon), pod('b', daemon, { ready: false }), pod('c', [])]
  expect(actions({ ready: 'False', taints: notReady, pods })).toEqual([
    'not ready a',
    'not ready c',
    'evict c',
    `again ${graceMs + 1}`,
  ])
})

test('8.3 what a silent node is said to be', () => {
  const [first] = nodeLifecycle(snapshot({ ready: 'True', silentMs: 61_000 }))
  expect(first).toMatchObject({
    because: 'nothing heard of the node for 61 s',
    conditions: [
      {
        type: 'Ready',
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        lastTransitionTime: '2026-01-01T12:00:00Z',
      },
      { type: 'MemoryPressure', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' },
      {},
      {},
    ],
  })
})

test('8.3 a node of which nothing is known but that it never spoke', () => {
  const node: Node = { metadata: { name: 'n1' } }
  const actions = nodeLifecycle({ ...snapshot({ silentMs: startupGraceMs + 1 }), node })
  const heartbeats = actions.flatMap((action) => (action.do === 'set conditions' ? action.conditions : []))
  expect(heartbeats.map(({ type, lastHeartbeatTime }) => `${type} ${lastHeartbeatTime}`)).toEqual([
    'Ready 2026-01-01T12:00:00Z',
    'MemoryPressure 2026-01-01T12:00:00Z',
    'DiskPressure 2026-01-01T12:00:00Z',
    'PIDPressure 2026-01-01T12:00:00Z',
  ])
  expect(actions.at(-1)).toMatchObject({ do: 'set taints', taints: unreachable })
})

const shown: [value: string | undefined, text: string][] = [
  [undefined, 'k:NoExecute'],
  ['', 'k:NoExecute'],
  ['v', 'k=v:NoExecute'],
]
test.each(shown)('8.3 an eviction names the taint whose value is %j as %s', (value, text) => {
  const one = { ...noExecute(), ...(value === undefined ? {} : { value }) }
  expect(nodeLifecycle(snapshot({ ready: 'True', taints: [one], pods: [pod('p', [])] }))).toContainEqual(
    expect.objectContaining({ do: 'evict', because: `does not tolerate ${text}` }),
  )
})
