import { expect, test } from 'vitest'
import { nowMs, planFor, snapshotOf, type WorldOptions } from '../../../test/daemonset-worlds.ts'
import { afterRemoval, failedPodBackoff, isForgotten, waitAfterFailure } from './failed-pods.ts'
import { reconcile } from './reconcile.ts'

const surge: WorldOptions = { maxUnavailable: 0, maxSurge: 1 }
const onDelete: WorldOptions = { strategy: 'OnDelete' }

const missing = 'node has no daemon pod'
const another = 'node has another daemon pod'
const failed = 'the daemon pod failed'

const table: [name: string, world: string, options: WorldOptions, plan: string[]][] = [
  ['no nodes, nothing to do', '', {}, []],
  ['R4.7 an empty node gets a pod', 'n1 | n2 new', {}, [`create on n1: ${missing}`]],
  [
    'R4.7 R4.12 nodes by name, whatever order they came in',
    'n3 | n1 | n2',
    {},
    ['n1', 'n2', 'n3'].map((n) => `create on ${n}: ${missing}`),
  ],
  ['R4.7 OnDelete creates as well', 'n1', onDelete, [`create on n1: ${missing}`]],
  ['section 4.3 a node that may not run gets none', 'n1:NoSchedule', {}, []],
  ['section 4.3 a NoSchedule taint keeps what runs', 'n1:NoSchedule new', {}, []],
  [
    'R4.9 a NoExecute taint removes it',
    'n1:NoExecute new',
    {},
    ['delete n1-new0 on n1: node should not run the daemon pod'],
  ],
  [
    'R4.9 all of them, ended or not, but not what is going already',
    'n1:NoExecute new new.failed new.terminating',
    {},
    [
      'delete n1-new0 on n1: node should not run the daemon pod',
      'delete n1-new1 on n1: node should not run the daemon pod',
    ],
  ],
  [
    'R4.8 of several the oldest stays',
    'n1 new new new',
    {},
    [`delete n1-new1 on n1: ${another}`, `delete n1-new2 on n1: ${another}`],
  ],
  ['R4.10 a bound pod before an older unbound one', 'n1 new.unbound new', {}, [`delete n1-new0 on n1: ${another}`]],
  ['R4.8 on a node that only keeps, too', 'n1:NoSchedule new new', {}, [`delete n1-new1 on n1: ${another}`]],
  ['B10 a pod that admission keeps off its node waits for it, and is not made again', 'n1 new.unbound', {}, []],
  ['DaemonSetRespectsTermination', 'n1 new.terminating', {}, []],
  ['DaemonKillFailedPods 1 and 0', 'n1 new.failed', {}, [`delete n1-new0 on n1: ${failed}`]],
  [
    'DaemonKillFailedPods 1 and 3',
    'n1 new.failed new new new',
    {},
    [`delete n1-new0 on n1: ${failed}`, `delete n1-new2 on n1: ${another}`, `delete n1-new3 on n1: ${another}`],
  ],
  ['R4.8 a succeeded pod goes too', 'n1 new.succeeded', onDelete, ['delete n1-new0 on n1: the daemon pod succeeded']],
  [
    'R4.6 R8.8 a finished pod that waits for its finalizers is not there',
    'n1 new.succeeded.terminating',
    {},
    [`create on n1: ${missing}`],
  ],
  ['R4.11 a bound pod of a vanished node is left to the pod collector', 'n1? new', {}, []],
  ['R4.11 an unbound one goes', 'n1? new.unbound', {}, ['delete n1-new0 on n1: node does not exist']],
  ['R4.2 a foreign pod is not there', 'n1 new.foreign', {}, [`create on n1: ${missing}`]],
  ['R4.8 surge: nothing running, an old pod going', 'n1 old.terminating', surge, [`create on n1: ${missing}`]],
  ['R4.8 surge: but not where no pod should start', 'n1:NoSchedule old.terminating', surge, []],
  ['B3 surge: a new pod that failed is waited out', 'n1 new.failed', surge, [`delete n1-new0 on n1: ${failed}`]],
  [
    'R4.8 surge: an old pod that failed makes way at once',
    'n1 old.failed',
    surge,
    [`delete n1-old0 on n1: ${failed}`, `create on n1: ${missing}`],
  ],
  [
    'SurgePreservesReadyOldPods',
    'n1 old old new.unready new.unready',
    surge,
    [`delete n1-new1 on n1: ${another}`, `delete n1-old1 on n1: ${another}`],
  ],
  [
    'SurgeDeletesUnreadyOldPods',
    'n1 old.unready new.unready',
    surge,
    ['delete n1-old0 on n1: old revision, not ready, and the new pod is here'],
  ],
  ['SurgePreservesOldReadyWithUnsatisfiedMinReady', 'n1 old new.ready10', { ...surge, minReadySeconds: 15 }, []],
  [
    'SurgeDeletesOldReadyWithUnsatisfiedMinReady',
    'n1 old new.ready20',
    { ...surge, minReadySeconds: 15 },
    ['delete n1-old0 on n1: the new pod is available'],
  ],
  [
    'R4.8 surge goes by the hash alone',
    'n1 new.generation new',
    surge,
    ['delete n1-new0 on n1: the new pod is available'],
  ],
  [
    'R4.16 one percent of surge is surge',
    'n1 old.terminating',
    { maxUnavailable: 0, maxSurge: '1%' },
    [`create on n1: ${missing}`],
  ],
  ['R4.16 no percent is none', 'n1 old.terminating', { maxUnavailable: 1, maxSurge: '0%' }, []],
  ['2.7 step 5 a DaemonSet that is going does nothing', 'n1 | n2 new new', { deleting: true }, []],
]
test.each(table)('%s', (_name, world, options, plan) => {
  expect(planFor(world, options)).toEqual(plan)
})

test('PodIsNotDeletedByDaemonsetWithEmptyLabelSelector: one that selects everything is told, and left alone', () => {
  const plan = reconcile(snapshotOf('n1 new new', { selectsEverything: true }))
  expect(plan.actions).toEqual([
    {
      do: 'report',
      type: 'Warning',
      reason: 'SelectingAll',
      message: 'This daemon set is selecting all pods. A non-empty selector is required.',
    },
  ])
  expect(plan.counters).toBeUndefined()
})

test('a plan reads as lines, reports too', () => {
  const message = 'This daemon set is selecting all pods. A non-empty selector is required.'
  expect(planFor('n1', { selectsEverything: true })).toEqual([`report Warning SelectingAll: ${message}`])
})

test('R4.13 before any generation was observed, failures count for generation 0', () => {
  const failedPods = new Map([['n1', { generation: 0, sinceMs: nowMs, delayMs: 8000 }]])
  const snapshot = snapshotOf('n1 new.failed', { failedPods })
  const { observedGeneration, ...status } = snapshot.daemonSet.status
  expect(observedGeneration).toBe(1)
  expect(reconcile({ ...snapshot, daemonSet: { ...snapshot.daemonSet, status } }).actions).toEqual([])
})

test('R9.5 R9.6 what is told of pods that ended', () => {
  const { actions } = reconcile(snapshotOf('n1 new.failed | n2 new.succeeded'))
  expect(actions.map((action) => (action.do === 'delete' ? action.report : undefined))).toMatchObject([
    {
      type: 'Warning',
      reason: 'FailedDaemonPod',
      message: 'Found failed daemon pod default/n1-new0 on node n1, will try to kill it',
    },
    {
      type: 'Normal',
      reason: 'SucceededDaemonPod',
      message: 'Found succeeded daemon pod default/n2-new0 on node n2, will try to delete it',
    },
  ])
})

test('R4.14 several failed pods on a node share one wait: the first goes, the second waits', () => {
  const plan = reconcile(snapshotOf('n1 new.failed new.failed'))
  expect(plan.actions).toHaveLength(1)
  expect(plan.failedPods.get('n1')).toEqual({ generation: 1, sinceMs: nowMs, delayMs: 1000 })
  expect(plan.againAtMs).toBe(nowMs + 1000)
})

const backoff: [name: string, afterMs: number, generation: number, deletes: number][] = [
  ['at once: it waits', 0, 1, 0],
  ['a millisecond before its end: it waits', 7999, 1, 0],
  ['exactly at its end: it goes', 8000, 1, 1],
  ['R4.13 a new generation starts anew', 0, 2, 1],
]
test.each(backoff)('DaemonKillFailedPodsBackoff %s', (_name, afterMs, generation, deletes) => {
  const failedPods = new Map([['n1', { generation: 1, sinceMs: nowMs - afterMs, delayMs: 8000 }]])
  const plan = reconcile(snapshotOf('n1 new.failed', { failedPods, status: { observedGeneration: generation } }))
  expect(plan.actions).toHaveLength(deletes)
  expect(plan.againAtMs).toBe(deletes === 0 ? nowMs - afterMs + 8000 : undefined)
})

test('R4.13 R4.15 the wait doubles from one second to fifteen minutes, and is forgotten after twice the longest', () => {
  let failed = afterRemoval(undefined, 1, 0)
  const delays = [failed.delayMs]
  for (let i = 0; i < 11; i++) {
    failed = afterRemoval(failed, 1, failed.sinceMs + failed.delayMs)
    delays.push(failed.delayMs)
  }
  expect(delays.slice(0, 4)).toEqual([1000, 2000, 4000, 8000])
  expect(delays.at(-1)).toBe(failedPodBackoff.maxMs)
  const end = failed.sinceMs + 2 * failedPodBackoff.maxMs
  expect([isForgotten(failed, end), isForgotten(failed, end + 1)]).toEqual([false, true])
  expect(waitAfterFailure(failed, 1, failed.sinceMs)).toBe(failedPodBackoff.maxMs)
  expect(afterRemoval(failed, 1, end + 1).delayMs).toBe(1000)
})
