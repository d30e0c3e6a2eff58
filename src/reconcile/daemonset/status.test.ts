import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nowMs, snapshotOf, type WorldOptions } from '../../../test/daemonset-worlds.ts'
import { reconcile } from './reconcile.ts'
import { noCounters, statusToWrite } from './status.ts'

type Counts = [
  desired: number,
  current: number,
  misscheduled: number,
  ready: number,
  available: number,
  updated: number,
]

const table: [name: string, world: string, options: WorldOptions, Counts][] = [
  ['no nodes', '', {}, [0, 0, 0, 0, 0, 0]],
  ['an empty node is wanted', 'n1', {}, [1, 0, 0, 0, 0, 0]],
  ['one of each', 'n1 new | n2 new.unready | n3 old', {}, [3, 3, 0, 2, 2, 2]],
  ['a NoSchedule node is not wanted, its pod misscheduled', 'n1:NoSchedule new', {}, [0, 0, 1, 0, 0, 0]],
  ['a NoExecute node too, until the pod is gone', 'n1:NoExecute new.terminating', {}, [0, 0, 1, 0, 0, 0]],
  ['terminating pods count as there', 'n1 new.terminating', {}, [1, 1, 0, 1, 1, 1]],
  ['unbound and failed ones too', 'n1 new.unbound | n2 new.failed', {}, [2, 2, 0, 0, 0, 2]],
  ['R4.6 but not what ended and waits for finalizers', 'n1 new.failed.terminating', {}, [1, 0, 0, 0, 0, 0]],
  ['ready, but not for long enough', 'n1 new.ready5', { minReadySeconds: 10 }, [1, 1, 0, 1, 0, 1]],
  [
    'B5 during a surge the older pod speaks for the node',
    'n1 old new',
    { maxUnavailable: 0, maxSurge: 1 },
    [1, 1, 0, 1, 1, 0],
  ],
  ['pods of unknown nodes count nowhere', 'n1? new', {}, [0, 0, 0, 0, 0, 0]],
]
test.each(table)('7.1 %s', (_name, world, options, counts) => {
  const [desired, current, misscheduled, ready, available, updated] = counts
  expect(reconcile(snapshotOf(world, options)).counters).toEqual({
    desiredNumberScheduled: desired,
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    numberReady: ready,
    numberAvailable: available,
    updatedNumberScheduled: updated,
  })
})

test('R7.1 the same numbers and generation are not written again', () => {
  const counters = { ...noCounters, desiredNumberScheduled: 2, currentNumberScheduled: 2, numberAvailable: 1 }
  const written = statusToWrite({ ...noCounters }, counters, 3)
  expect(written).toMatchObject({
    desiredNumberScheduled: 2,
    numberAvailable: 1,
    numberUnavailable: 1,
    observedGeneration: 3,
  })
  expect(statusToWrite(written!, counters, 3)).toBeUndefined()
  expect(statusToWrite(written!, counters, 2)).toBeUndefined()
  expect(statusToWrite(written!, counters, 4)).toMatchObject({ observedGeneration: 4 })
})

test('R7.3 whatever is written, it says of which generation it is', () => {
  const generation = fc.integer({ min: 1, max: 3 })
  const counters = fc.record({
    desiredNumberScheduled: fc.nat(2),
    currentNumberScheduled: fc.nat(2),
    numberMisscheduled: fc.nat(2),
    numberReady: fc.nat(2),
    numberAvailable: fc.nat(2),
    updatedNumberScheduled: fc.nat(2),
  })
  const present = fc
    .tuple(counters, fc.option(generation, { nil: undefined }))
    .map(([counted, observedGeneration]) => ({
      ...counted,
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
    }))
  fc.assert(
    fc.property(present, counters, generation, (present, counters, generation) => {
      const written = statusToWrite(present, counters, generation)
      if (written === undefined) expect(present.observedGeneration).toBeGreaterThanOrEqual(generation)
      else expect(written.observedGeneration).toBe(generation)
    }),
  )
})

test('R7.5 what else a status holds is kept; 1.5 zeros are left out where Go leaves them out', () => {
  const conditions = [{ type: 'Mine', status: 'True' }]
  const present = { ...noCounters, collisionCount: 2, conditions, numberReady: 1 }
  expect(statusToWrite(present, noCounters, 1)).toEqual({
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
    observedGeneration: 1,
    collisionCount: 2,
    conditions,
  })
})

test('R5.7 a Ready condition that does not say since when is available only without minReadySeconds', () => {
  const snapshot = snapshotOf('n1 new')
  const since = (readySinceMs: number, minReadySeconds: number) =>
    reconcile({
      ...snapshot,
      daemonSet: { ...snapshot.daemonSet, minReadySeconds },
      pods: snapshot.pods.map((pod) => ({ ...pod, readySinceMs })),
    }).counters?.numberAvailable
  expect([since(0, 0), since(0, 1), since(nowMs - 1000, 1)]).toEqual([1, 0, 1])
})

test('R7.1 a status that was never observed is written, even if nothing has changed', () => {
  const { observedGeneration, ...never } = { ...noCounters, numberUnavailable: 0, observedGeneration: 1 }
  expect(statusToWrite(never, noCounters, observedGeneration)).toMatchObject({ observedGeneration: 1 })
})
