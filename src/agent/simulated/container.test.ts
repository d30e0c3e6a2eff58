import { expect, test } from 'vitest'
import { VirtualClock } from '../../base/clock.ts'
import { type Behaviour, behaviourDefaults } from './behaviour.ts'
import { SimulatedContainer } from './container.ts'
import { LogBuffer } from './log-buffer.ts'

interface Past {
  readonly ranForMs?: number
  readonly wasReady?: boolean
}

/** What is heard of a container, with the seconds since its start: `ready 0`, `unready 3`, `exited 137 30`. */
function heardOf(
  behaviour: Partial<Behaviour>,
  past: Past = {},
  stops: readonly [atMs: number, graceMs: number][] = [],
) {
  const clock = new VirtualClock()
  const { ranForMs = 0, wasReady } = past
  const startedAtMs = clock.now() - ranForMs
  const heard: string[] = []
  const since = () => (clock.now() - startedAtMs) / 1000
  const container = new SimulatedContainer({
    clock,
    container: { name: 'c', readinessProbe: { initialDelaySeconds: 2 } },
    behaviour: { ...behaviourDefaults, ...behaviour },
    log: new LogBuffer(),
    hear: (happening) =>
      heard.push(
        happening.type === 'ready'
          ? `${happening.ready ? 'ready' : 'unready'} ${since()}`
          : `exited ${happening.exit.exitCode} ${happening.exit.reason} ${since()}`,
      ),
    id: 'id',
    startedAtMs,
    ready: wasReady,
  })
  if (container.ready) heard.push('is ready')
  container.begin()
  for (const [atMs, graceMs] of stops) clock.after(atMs, () => container.stop(graceMs))
  clock.advance(100_000)
  expect(clock.untilNext()).toBeUndefined()
  return heard
}

const alone: [name: string, behaviour: Partial<Behaviour>, past: Past, heard: string[]][] = [
  ['a readiness probe delays', {}, {}, ['ready 2']],
  ['an annotation says when', { readyAfterMs: 5000 }, {}, ['ready 5']],
  ['ready at once', { readyAfterMs: 0 }, {}, ['is ready']],
  ['never', { neverReady: true }, {}, []],
  ['ready for a while', { readyAfterMs: 0, unreadyAfterMs: 3000 }, {}, ['is ready', 'unready 3']],
  ['an end of its own', { exitAfterMs: 4000, exitCode: 3 }, {}, ['ready 2', 'exited 3 Error 4']],
  [
    'an end with a reason',
    { exitAfterMs: 1000, exitCode: 137, exitReason: 'OOMKilled' },
    {},
    ['exited 137 OOMKilled 1'],
  ],
  ['it was ready before its agent started again', {}, { ranForMs: 60_000, wasReady: true }, ['is ready']],
  ['it had lost its readiness by then', { unreadyAfterMs: 3000 }, { ranForMs: 60_000, wasReady: false }, []],
  ['it loses it meanwhile', { unreadyAfterMs: 3000 }, { ranForMs: 60_000, wasReady: true }, ['is ready', 'unready 60']],
  [
    'it should have ended meanwhile',
    { exitAfterMs: 1000 },
    { ranForMs: 60_000, wasReady: true },
    ['is ready', 'exited 0 Completed 60'],
  ],
]

test.each(alone)('by itself: %s', (_name, behaviour, past, heard) => {
  expect(heardOf(behaviour, past)).toEqual(heard)
})

const stopped: [name: string, behaviour: Partial<Behaviour>, stops: [number, number][], heard: string][] = [
  ['ends on SIGTERM', {}, [[1000, 30_000]], 'exited 0 Completed 1.05'],
  ['takes longer than it may', { stopMs: 60_000 }, [[1000, 30_000]], 'exited 137 Error 31'],
  ['ignores SIGTERM', { ignoreSigterm: true }, [[1000, 30_000]], 'exited 137 Error 31'],
  [
    'W11.9 is given less time later',
    { ignoreSigterm: true },
    [
      [1000, 30_000],
      [2000, 5_000],
    ],
    'exited 137 Error 7',
  ],
  [
    'W11.9 is given more time later',
    { ignoreSigterm: true },
    [
      [1000, 5_000],
      [2000, 30_000],
    ],
    'exited 137 Error 6',
  ],
  ['no grace at all', {}, [[1000, 0]], 'exited 137 Error 1'],
  [
    'ends by itself before that',
    { exitAfterMs: 1500, ignoreSigterm: true },
    [[1000, 30_000]],
    'exited 0 Completed 1.5',
  ],
]

test.each(stopped)('M5 asked to end: %s', (_name, behaviour, stops, heard) => {
  expect(heardOf({ neverReady: true, ...behaviour }, {}, stops)).toEqual([heard])
})
