import { expect, test } from 'vitest'
import type { Container, ContainerStatus, Pod, PodStatus } from '../../api/types.ts'
import { podState } from './pod-state.ts'

type State = NonNullable<ContainerStatus['state']>

const running: State = { running: { startedAt: '2026-01-01T00:00:00Z' } }
const waiting = (reason: string): State => ({ waiting: { reason } })
const ended = (exitCode: number, reason?: string, signal?: number): State => ({
  terminated: { exitCode, ...(reason === undefined ? {} : { reason }), ...(signal === undefined ? {} : { signal }) },
})

interface Change {
  containers?: number
  init?: Partial<Container>[]
  status?: PodStatus
  deleted?: true
}

function pod({ containers = 1, init = [], status = {}, deleted }: Change): Pod {
  return {
    metadata: { name: 'p', ...(deleted === undefined ? {} : { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    spec: {
      containers: Array.from({ length: containers }, (_, i) => ({ name: `c${i}` })),
      initContainers: init.map((one, i) => ({ name: `i${i}`, ...one })),
    },
    status,
  }
}

function states(prefix: string, ...all: (State | [State, Partial<ContainerStatus>])[]): ContainerStatus[] {
  return all.map((one, i) => {
    const [state, more] = Array.isArray(one) ? one : [one, {}]
    return { name: `${prefix}${i}`, state, ready: false, restartCount: 0, image: '', imageID: '', ...more }
  })
}

const ready = { ready: true }
const initialized = [{ type: 'Initialized', status: 'True' }]
const podReady = [{ type: 'Ready', status: 'True' }]
const sidecar = { restartPolicy: 'Always' }
const gated = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }]

const table: [name: string, pod: Change, status: string, ready: string][] = [
  ['the phase', { status: { phase: 'Pending' } }, 'Pending', '0/1'],
  ['the reason of the pod goes before its phase', { status: { phase: 'Failed', reason: 'Evicted' } }, 'Evicted', '0/1'],
  ['gates', { status: { phase: 'Pending', conditions: gated } }, 'SchedulingGated', '0/1'],
  [
    'creating',
    { status: { phase: 'Pending', containerStatuses: states('c', waiting('ContainerCreating')) } },
    'ContainerCreating',
    '0/1',
  ],
  ['running', { status: { phase: 'Running', containerStatuses: states('c', [running, ready]) } }, 'Running', '1/1'],
  ['running, not ready', { status: { phase: 'Running', containerStatuses: states('c', running) } }, 'Running', '0/1'],
  [
    'back-off',
    { status: { phase: 'Running', containerStatuses: states('c', waiting('CrashLoopBackOff')) } },
    'CrashLoopBackOff',
    '0/1',
  ],
  [
    'the first container has the last word',
    {
      containers: 2,
      status: { phase: 'Running', containerStatuses: states('c', ended(1, 'Error'), ended(0, 'Completed')) },
    },
    'Error',
    '0/2',
  ],
  [
    'an end with an exit code',
    { status: { phase: 'Failed', containerStatuses: states('c', ended(3)) } },
    'ExitCode:3',
    '0/1',
  ],
  [
    'an end by a signal',
    { status: { phase: 'Failed', containerStatuses: states('c', ended(137, undefined, 9)) } },
    'Signal:9',
    '0/1',
  ],
  [
    'completed beside one that runs, ready',
    {
      containers: 2,
      status: {
        phase: 'Running',
        conditions: podReady,
        containerStatuses: states('c', ended(0, 'Completed'), [running, ready]),
      },
    },
    'Running',
    '1/2',
  ],
  [
    'completed beside one that runs, not ready',
    {
      containers: 2,
      status: { phase: 'Running', containerStatuses: states('c', ended(0, 'Completed'), [running, ready]) },
    },
    'NotReady',
    '1/2',
  ],
  [
    'initializing',
    { init: [{}, {}], status: { phase: 'Pending', initContainerStatuses: states('i', ended(0), running) } },
    'Init:1/2',
    '0/1',
  ],
  [
    'waiting to initialize',
    { init: [{}], status: { phase: 'Pending', initContainerStatuses: states('i', waiting('PodInitializing')) } },
    'Init:0/1',
    '0/1',
  ],
  [
    'an init container that cannot start',
    { init: [{}], status: { phase: 'Pending', initContainerStatuses: states('i', waiting('ImagePullBackOff')) } },
    'Init:ImagePullBackOff',
    '0/1',
  ],
  [
    'an init container that failed',
    { init: [{}], status: { phase: 'Pending', initContainerStatuses: states('i', ended(1, 'Error')) } },
    'Init:Error',
    '0/1',
  ],
  [
    'an init container with an exit code',
    { init: [{}], status: { phase: 'Pending', initContainerStatuses: states('i', ended(2)) } },
    'Init:ExitCode:2',
    '0/1',
  ],
  [
    'an init container with a signal',
    { init: [{}], status: { phase: 'Pending', initContainerStatuses: states('i', ended(2, undefined, 15)) } },
    'Init:Signal:15',
    '0/1',
  ],
  [
    'containers are not asked while it initializes',
    {
      init: [{}],
      status: {
        phase: 'Pending',
        initContainerStatuses: states('i', running),
        containerStatuses: states('c', waiting('PodInitializing')),
      },
    },
    'Init:0/1',
    '0/1',
  ],
  [
    'containers are asked once Initialized is True',
    {
      init: [{}],
      status: {
        phase: 'Running',
        conditions: initialized,
        initContainerStatuses: states('i', ended(1, 'Error')),
        containerStatuses: states('c', waiting('CrashLoopBackOff')),
      },
    },
    'CrashLoopBackOff',
    '0/1',
  ],
  [
    'a sidecar counts',
    {
      init: [sidecar],
      status: {
        phase: 'Running',
        initContainerStatuses: states('i', [running, { ready: true, started: true }]),
        containerStatuses: states('c', [running, ready]),
      },
    },
    'Running',
    '2/2',
  ],
  [
    'a sidecar that has not started holds up',
    {
      init: [sidecar],
      status: { phase: 'Pending', initContainerStatuses: states('i', [running, { started: false }]) },
    },
    'Init:0/1',
    '0/2',
  ],
  [
    'terminating',
    { deleted: true, status: { phase: 'Running', containerStatuses: states('c', [running, ready]) } },
    'Terminating',
    '1/1',
  ],
  [
    'ended and deleted',
    { deleted: true, status: { phase: 'Succeeded', containerStatuses: states('c', ended(0, 'Completed')) } },
    'Completed',
    '0/1',
  ],
  ['on a lost node', { deleted: true, status: { phase: 'Running', reason: 'NodeLost' } }, 'Unknown', '0/1'],
]

test.each(table)('W8.13 %s', (_, change, status, ready) => {
  const state = podState(pod(change))
  expect([state.status, `${state.ready}/${state.total}`]).toEqual([status, ready])
})

const died = (finishedAt: string, restartCount: number): Partial<ContainerStatus> => ({
  restartCount,
  lastState: { terminated: { exitCode: 1, finishedAt } },
})

test('W8.13 restarts add up, and the last one counts', () => {
  const containerStatuses = states(
    'c',
    [running, died('2026-01-01T00:00:05Z', 2)],
    [running, died('2026-01-01T00:00:03Z', 1)],
  )
  const { restarts, lastRestartMs } = podState(pod({ containers: 2, status: { phase: 'Running', containerStatuses } }))
  expect([restarts, lastRestartMs]).toEqual([3, Date.UTC(2026, 0, 1, 0, 0, 5)])
})

test('W8.13 init containers count while they run, afterwards only sidecars do', () => {
  const init = [{}, sidecar]
  const initContainerStatuses = states(
    'i',
    [ended(0), died('2026-01-01T00:00:09Z', 4)],
    [running, { ...died('2026-01-01T00:00:01Z', 1), started: true }],
  )
  const status: PodStatus = { phase: 'Running', initContainerStatuses, containerStatuses: states('c', running) }
  expect(podState(pod({ init, status }))).toMatchObject({ restarts: 1, lastRestartMs: Date.UTC(2026, 0, 1, 0, 0, 1) })
  initContainerStatuses[1] = { ...initContainerStatuses[1]!, started: false }
  expect(podState(pod({ init, status }))).toMatchObject({ restarts: 5, lastRestartMs: Date.UTC(2026, 0, 1, 0, 0, 9) })
})
