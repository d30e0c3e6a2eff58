import { expect, test } from 'vitest'
import type { Pod } from '../api/types.ts'
import { collectPod } from './pod-garbage-collection.ts'

const pod = (nodeName: string, phase: string, deletionTimestamp?: string): Pod => ({
  metadata: { name: 'p', ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
  spec: { nodeName, containers: [] },
  status: { phase },
})
const bare = (nodeName: string): Pod => ({ metadata: { name: 'p' }, spec: { nodeName, containers: [] } })
const now = '2026-01-01T00:00:00Z'

const gone = 'node n1 no longer exists'
const table: [
  name: string,
  pod: Pod,
  node: 'present' | 'gone',
  removal: [phase: string | undefined, because: string] | undefined,
][] = [
  ['a pod on a node stays', pod('n1', 'Running'), 'present', undefined],
  ['a terminating pod on a node is the kubelet’s', pod('n1', 'Running', now), 'present', undefined],
  ['a pod of a removed node fails and goes', pod('n1', 'Running'), 'gone', ['Failed', gone]],
  ['a terminating pod of a removed node too', pod('n1', 'Running', now), 'gone', ['Failed', gone]],
  ['also one that has no status yet', bare('n1'), 'gone', ['Failed', gone]],
  ['a finished pod of a removed node keeps its phase', pod('n1', 'Succeeded'), 'gone', [undefined, gone]],
  ['a pod that waits for a node stays', pod('', 'Pending'), 'present', undefined],
  [
    'a terminating pod without a node goes',
    pod('', 'Pending', now),
    'present',
    ['Failed', 'terminating, and never bound to a node'],
  ],
]

test.each(table)('%s', (_name, pod, node, removal) => {
  const found = collectPod(pod, node)
  expect(found && [found.phase, found.because]).toEqual(removal)
})

test('a pod of a removed node says why it was disrupted', () => {
  expect(collectPod(pod('n1', 'Running'), 'gone')?.condition).toMatchObject({
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message: 'PodGC: node no longer exists',
  })
})
