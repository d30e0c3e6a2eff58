import { expect, test } from 'vitest'
import type { DaemonSet, DaemonSetStatus } from '../../api/types.ts'
import { rolloutState } from './state.ts'

const daemonSet = (status: Partial<DaemonSetStatus>, generation = 2, type = 'RollingUpdate'): DaemonSet => ({
  metadata: { name: 'x', generation },
  spec: { template: { spec: { containers: [] } }, updateStrategy: { type } },
  status: {
    currentNumberScheduled: 3,
    numberMisscheduled: 0,
    desiredNumberScheduled: 3,
    numberReady: 3,
    observedGeneration: 2,
    ...status,
  },
})

test.each([
  ['not seen yet', daemonSet({}, 3), 'Waiting for daemon set spec update to be observed...', false],
  [
    'some are old',
    daemonSet({ updatedNumberScheduled: 1 }),
    'Waiting for daemon set "x" rollout to finish: 1 out of 3 new pods have been updated...',
    false,
  ],
  [
    'some are not available',
    daemonSet({ updatedNumberScheduled: 3, numberAvailable: 2 }),
    'Waiting for daemon set "x" rollout to finish: 2 of 3 updated pods are available...',
    false,
  ],
  [
    'all done',
    daemonSet({ updatedNumberScheduled: 3, numberAvailable: 3 }),
    'daemon set "x" successfully rolled out',
    true,
  ],
  ['no node wants one', daemonSet({ desiredNumberScheduled: 0 }), 'daemon set "x" successfully rolled out', true],
])('R10.8 %s', (_name, daemonSet, text, done) => {
  expect(rolloutState(daemonSet)).toEqual({ text, done })
})

test('R10.8 OnDelete has no rollout to wait for', () => {
  expect(() => rolloutState(daemonSet({}, 2, 'OnDelete'))).toThrow(
    'rollout status is only available for RollingUpdate strategy type',
  )
})

test('B14 an update that is paused says so while it is not finished, and only then', () => {
  const paused = { 'everynode.dev/paused': 'true' }
  const state = (updated: number) => {
    const object = daemonSet({ desiredNumberScheduled: 3, updatedNumberScheduled: updated, numberAvailable: 3 }, 2)
    return rolloutState({ ...object, metadata: { ...object.metadata, annotations: paused } })
  }
  const text = 'Waiting for daemon set "x" rollout to finish: it is paused, 1 out of 3 new pods have been updated...'
  expect(state(1)).toEqual({ text, done: false })
  expect(state(3).done).toBe(true)
})
