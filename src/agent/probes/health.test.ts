import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Container } from '../../api/types.ts'
import { type Health, isAsked, judge, newHealth } from './health.ts'
import { type ProbeKind, probeKinds } from './probe-spec.ts'

const container = (probes: Record<string, object>): Container => ({
  name: 'c',
  ...Object.fromEntries(Object.entries(probes).map(([kind, probe]) => [`${kind}Probe`, probe])),
})

/** `S` and `s`: the startup probe succeeds, fails; `L l` liveness, `R r` readiness. */
const letters: Readonly<Record<string, readonly [ProbeKind, boolean]>> = {
  S: ['startup', true],
  s: ['startup', false],
  L: ['liveness', true],
  l: ['liveness', false],
  R: ['readiness', true],
  r: ['readiness', false],
}

function play(subject: Container, results: string): Health {
  let health = newHealth(subject)
  for (const letter of results) health = judge(health, subject, ...letters[letter]!)
  return health
}

function said({ started, ready, condemnedBy }: Health): string {
  return [started && 'started', ready && 'ready', condemnedBy && `ended by ${condemnedBy}`].filter(Boolean).join(' ')
}

const startup = { failureThreshold: 3 }
const liveness = { failureThreshold: 2 }
const readiness = { failureThreshold: 3, successThreshold: 2 }

test.each<[string, Record<string, object>, string, string]>([
  ['no probe: ready at once', {}, '', 'started ready'],
  ['readiness: not before it says so', { readiness: {} }, '', 'started'],
  ['readiness: one success is enough by default', { readiness: {} }, 'R', 'started ready'],
  ['readiness: as many in a row as asked', { readiness }, 'RrR', 'started'],
  ['readiness: then it is', { readiness }, 'RrRR', 'started ready'],
  ['readiness: some failures are forgiven', { readiness }, 'RRrr', 'started ready'],
  ['readiness: as many as its threshold are not', { readiness }, 'RRrrr', 'started'],
  ['readiness: a success between them begins the count anew', { readiness }, 'RRrrRrr', 'started ready'],
  ['liveness: ready from the first moment', { liveness }, '', 'started ready'],
  ['liveness: one failure of two', { liveness }, 'l', 'started ready'],
  ['liveness: failures in a row end it', { liveness }, 'll', 'started ready ended by liveness'],
  ['liveness: not in a row', { liveness }, 'lLl', 'started ready'],
  ['liveness: what comes after the verdict changes nothing', { liveness }, 'llL', 'started ready ended by liveness'],
  ['startup: nothing else counts before', { startup, liveness, readiness: {} }, 'llR', ''],
  ['startup: succeeds', { startup, liveness }, 'ssS', 'started ready'],
  ['startup: succeeds, readiness follows', { startup, readiness: {} }, 'S', 'started'],
  ['startup: succeeds, readiness succeeds', { startup, readiness: {} }, 'SR', 'started ready'],
  ['startup: fails', { startup }, 'sss', 'ended by startup'],
  ['startup: is not asked again once it has succeeded', { startup }, 'Ssss', 'started ready'],
  [
    'a condemned container is still asked whether it is ready',
    { liveness, readiness: { failureThreshold: 1 } },
    'Rllr',
    'started ended by liveness',
  ],
])('%s', (_, probes, results, expected) => {
  expect(said(play(container(probes), results))).toBe(expected)
})

test('ready and condemned only after it has started; nothing is ready that its last results are against', () => {
  const probe = fc.record({
    failureThreshold: fc.integer({ min: 1, max: 4 }),
    successThreshold: fc.integer({ min: 1, max: 3 }),
  })
  const probes = fc.record({ startup: probe, liveness: probe, readiness: probe }, { requiredKeys: [] })
  const results = fc.string({ unit: fc.constantFrom(...Object.keys(letters)), maxLength: 30 })
  fc.assert(
    fc.property(probes, results, (given, played) => {
      const subject = container(given)
      const health = play(subject, played)
      expect(health.ready && !health.started).toBe(false)
      expect(health.condemnedBy === 'liveness' && !health.started).toBe(false)
      expect(health.condemnedBy === 'startup' && health.started).toBe(false)
      const run = health.runs.readiness
      const { failureThreshold = 3, successThreshold = 1 } = given.readiness ?? {}
      if (run !== undefined && run.times >= (run.succeeded ? successThreshold : failureThreshold)) {
        expect(health.ready).toBe(run.succeeded)
      }
      for (const kind of probeKinds)
        if (kind !== 'readiness' && health.condemnedBy) expect(isAsked(health, kind)).toBe(false)
    }),
  )
})
