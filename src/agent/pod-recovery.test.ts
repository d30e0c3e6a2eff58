// What an agent makes of a pod that an earlier one has run: rows of what the API was told and what still runs.
import { expect, test } from 'vitest'
import type { ContainerStatus, Pod, PodStatus } from '../api/types.ts'
import { recoveredState } from './pod-recovery.ts'
import type { RecoveredContainer } from './runtime.ts'

const nowMs = Date.UTC(2026, 0, 1)
const sandbox = { podIP: '10.0.0.7' }

function podWith(status: PodStatus | undefined): Pod {
  const metadata = { name: 'a', namespace: 'default', uid: 'u' }
  const spec = { containers: [{ name: 'main', image: 'app:1' }] }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec, ...(status === undefined ? {} : { status }) }
}

function survivor(more: Partial<RecoveredContainer> = {}): ReadonlyMap<string, RecoveredContainer> {
  return new Map([['main', { id: 'cri://2', startedAtMs: nowMs - 5000, ready: true, stop() {}, ...more }]])
}

const told: ContainerStatus = {
  name: 'main',
  ready: true,
  restartCount: 2,
  image: 'app:1',
  imageID: 'sha256:1',
  containerID: 'cri://1',
  state: { running: { startedAt: '2025-12-31T23:00:00Z' } },
}
const running = { at: 'running', id: 'cri://2', startedAtMs: nowMs - 5000, ready: true, stopByMs: undefined }

test('a container whose start was never told of is taken over, not started again (L6)', () => {
  const { main, sandbox: known } = recoveredState(
    podWith(undefined),
    { sandbox, isProbed: false, running: survivor() },
    nowMs,
  )
  expect(main[0]).toMatchObject({ now: running, restarts: 0 })
  expect(known).toEqual({ at: 'open', podIP: '10.0.0.7' })
})

test('a restart that was never told of is counted (L6)', () => {
  const running = survivor({ attempt: 3, imageID: 'sha256:2' })
  const { main } = recoveredState(podWith({ containerStatuses: [told] }), { sandbox, isProbed: false, running }, nowMs)
  expect(main[0]).toMatchObject({ restarts: 3, imageID: 'sha256:2', now: { at: 'running' } })
})

const same = { ...told, containerID: 'cri://2' }

test.each([
  ['told as ready', {}, { ...same, started: true }, { started: true, ready: true }],
  [
    'told as unready',
    { readinessProbe: {} },
    { ...same, ready: false, started: true },
    { started: true, ready: false },
  ],
  [
    'told as starting',
    { startupProbe: {} },
    { ...same, ready: false, started: false },
    { started: false, ready: false },
  ],
  // Its hook was running when the agent died: nobody will tell that it is through.
  ['told as starting, without a probe', {}, { ...same, ready: false, started: false }, { started: true, ready: true }],
  ['never told of, without a probe', {}, told, { started: true, ready: true }],
  ['never told of, to be probed', { startupProbe: {}, readinessProbe: {} }, told, { started: false, ready: false }],
])('a probed container that was %s', (_, probes, status, expected) => {
  const pod = podWith({ containerStatuses: [status] })
  Object.assign(pod.spec.containers[0]!, probes)
  const { main } = recoveredState(pod, { sandbox, isProbed: true, running: survivor() }, nowMs)
  expect(main[0]?.now).toMatchObject({ at: 'running', ...expected })
})

test('a container that is gone counts as killed, and its policy says what follows', () => {
  const { main } = recoveredState(
    podWith({ containerStatuses: [told] }),
    { sandbox, isProbed: false, running: new Map() },
    nowMs,
  )
  expect(main[0]?.now).toMatchObject({ at: 'ended', ended: { exitCode: 137, reason: 'ContainerStatusUnknown' } })
})

test('a sandbox that is gone is opened anew, with everything counted as before', () => {
  const survivors = { sandbox: undefined, isProbed: false, running: new Map() }
  const state = recoveredState(podWith({ containerStatuses: [told] }), survivors, nowMs)
  expect(state.sandbox).toEqual({ at: 'none' })
  expect(state.main[0]?.restarts).toBe(2)
})
