import { expect, test } from 'vitest'
import type { DaemonSet, Node, Pod } from '../../api/types.ts'
import { boardOf, isAtRest, isSettled } from './board.ts'
import { drawBoard, type Paint } from './view.ts'

const plain: Paint = { bold: same, dim: same, red: same, green: same, yellow: same }
function same(text: string): string {
  return text
}

function node(name: string, labels: Record<string, string> = {}): Node {
  return {
    metadata: { name, labels },
    status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { containerRuntimeVersion: 'simulated://1' } },
  }
}

function daemonSet(name: string, nodeSelector?: Record<string, string>): DaemonSet {
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      annotations: { 'deprecated.daemonset.template.generation': '2' },
    },
    spec: { template: { spec: { containers: [], ...(nodeSelector === undefined ? {} : { nodeSelector }) } } },
  }
}

function pod(nodeName: string, state: 'ready' | 'creating' | 'crashing' | 'leaving', generation = '2'): Pod {
  const waiting = { creating: 'ContainerCreating', crashing: 'CrashLoopBackOff' }[state as string]
  return {
    metadata: {
      name: `p-${nodeName}`,
      labels: { 'pod-template-generation': generation },
      ...(state === 'leaving' ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { nodeName, containers: [{ name: 'c' }] },
    status: {
      phase: waiting === undefined ? 'Running' : 'Pending',
      conditions: [{ type: 'Ready', status: waiting === undefined ? 'True' : 'False' }],
      containerStatuses: [
        {
          name: 'c',
          ready: waiting === undefined,
          restartCount: 0,
          image: '',
          imageID: '',
          state: waiting === undefined ? { running: {} } : { waiting: { reason: waiting } },
        },
      ],
    },
  }
}

const pods: Record<string, Pod[]> = {
  logger: [pod('node-1', 'ready'), pod('node-2', 'creating'), pod('node-10', 'ready', '1')],
  gpu: [pod('node-2', 'crashing')],
}
const board = boardOf({
  nodes: [node('node-10'), node('node-2', { gpu: 'yes' }), node('node-1')],
  daemonSets: [daemonSet('logger'), daemonSet('gpu', { gpu: 'yes' })],
  podsOf: ({ metadata }) => pods[metadata.name!] ?? [],
})

test('a row a node, by number; a column a DaemonSet; a cell says what kubectl says', () => {
  expect(drawBoard(board, { columns: 100, rows: 30 }, plain)).toEqual([
    'DAEMONSET       READY  UPDATED  STRATEGY',
    'default/gpu     0/1    1/1      RollingUpdate  ✗ 1 CrashLoopBackOff',
    'default/logger  2/3    2/3      RollingUpdate',
    '',
    'NODE      STATUS  gpu                 logger',
    'node-1    Ready   · -                 ● Running',
    'node-2    Ready   ✗ CrashLoopBackOff  ◐ ContainerCreating',
    'node-10   Ready   · -                 ● Running (old)',
  ])
})

test('at rest: nothing is on its way, well or not', () => {
  const states: [pods: Pod[], atRest: boolean][] = [
    [[], false],
    [[pod('a', 'ready')], true],
    [[pod('a', 'ready', '1')], true],
    [[pod('a', 'creating')], false],
    [[pod('a', 'leaving')], false],
    [[pod('a', 'crashing')], true],
  ]
  for (const [some, atRest] of states) {
    const facts = { nodes: [node('a')], daemonSets: [daemonSet('logger')], podsOf: () => some }
    expect(isAtRest(boardOf(facts))).toBe(atRest)
  }
  expect(isAtRest(boardOf({ nodes: [], daemonSets: [], podsOf: () => [] }))).toBe(false)
})

test('a wanted pod that is not there is missing, one that leaves is leaving', () => {
  const [column] = boardOf({
    nodes: [node('a'), node('b')],
    daemonSets: [daemonSet('logger')],
    podsOf: () => [pod('b', 'leaving')],
  }).columns
  expect(column?.cells.map((cell) => cell.state)).toEqual(['missing', 'stopping'])
  expect(isSettled(column!)).toBe(false)
})

test('while one pod replaces another, the one that stays speaks for the node', () => {
  const both = [pod('a', 'leaving', '1'), pod('a', 'creating')]
  for (const order of [both, both.toReversed()]) {
    const { columns } = boardOf({ nodes: [node('a')], daemonSets: [daemonSet('logger')], podsOf: () => order })
    expect(columns[0]?.cells[0]?.text).toBe('ContainerCreating')
  }
})
