import { expect, test } from 'vitest'
import type { Container } from '../../api/types.ts'
import { VirtualClock } from '../../base/clock.ts'
import { newHealth } from './health.ts'
import { type Probe, probeKinds, probeOf } from './probe-spec.ts'
import { Prober } from './prober.ts'
import type { Outcome } from './run-probe.ts'

const ok: Outcome = { result: 'success', output: '' }
const bad: Outcome = { result: 'failure', output: 'no' }

/** What is asked and told, with the second at which it happens. */
class Story {
  readonly clock = new VirtualClock()
  readonly lines: string[] = []
  readonly prober: Prober
  readonly #start = this.clock.now()
  answer: (kind: string) => Promise<Outcome> = async () => ok

  constructor(probes: Record<string, Probe>, spread = 0) {
    const container = {
      name: 'c',
      ...Object.fromEntries(Object.entries(probes).map(([kind, probe]) => [`${kind}Probe`, probe])),
    } as Container
    this.prober = new Prober({
      clock: this.clock,
      container,
      startedAtMs: this.clock.now(),
      health: newHealth(container),
      spread: () => spread,
      ask: (probe) => {
        const kind = probeKinds.find((one) => probeOf(container, one) === probe)!
        this.#say(kind)
        return this.answer(kind)
      },
      tell: ({ reason, message }) => this.#say(`${reason} ${message}`),
      hear: ({ started, ready, condemnedBy }) =>
        this.#say(`hear ${[started && 'started', ready && 'ready', condemnedBy].filter(Boolean).join(' ')}`),
    })
    this.prober.begin()
  }

  #say(what: string): void {
    this.lines.push(`${(this.clock.now() - this.#start) / 1000}s ${what}`)
  }

  async pass(seconds: number): Promise<string[]> {
    for (let tick = 0; tick <= seconds * 2; tick++) {
      if (tick > 0) this.clock.advance(500)
      // What is to be done at once is done at this moment, and what follows from it too.
      for (let round = 0; round < 5; round++) {
        this.clock.advance(0)
        for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      }
    }
    return this.lines
  }
}

test('the first asking waits for the initial delay, the others for the period', async () => {
  const story = new Story({ readiness: { initialDelaySeconds: 3, periodSeconds: 5 } })
  expect(await story.pass(14)).toEqual(['3s readiness', '3s hear started ready', '8s readiness', '13s readiness'])
})

test('nothing else is asked before the startup probe has succeeded', async () => {
  const story = new Story({
    startup: { periodSeconds: 2, failureThreshold: 9 },
    liveness: { periodSeconds: 10, initialDelaySeconds: 1 },
    readiness: { periodSeconds: 10 },
  })
  story.answer = async (kind) => (kind === 'startup' && story.clock.now() < Date.UTC(2026, 0, 1, 0, 0, 4) ? bad : ok)
  expect(await story.pass(5)).toEqual([
    '0s startup',
    '0s Unhealthy Startup probe failed: no',
    '2s startup',
    '2s Unhealthy Startup probe failed: no',
    '4s startup',
    '4s hear started',
    '4s liveness',
    '4s readiness',
    '4s hear started ready',
  ])
})

test('a container that fails its liveness probe is told so once, and not asked again', async () => {
  const story = new Story({ liveness: { periodSeconds: 1, failureThreshold: 2 } })
  story.answer = async () => bad
  expect(await story.pass(5)).toEqual([
    '0s liveness',
    '0s Unhealthy Liveness probe failed: no',
    '1s liveness',
    '1s Unhealthy Liveness probe failed: no',
    '1s hear started ready liveness',
  ])
})

test('what could not be asked is tried three times and counts for nothing', async () => {
  const story = new Story({ liveness: { periodSeconds: 5, failureThreshold: 1 } })
  story.answer = () => Promise.reject(new Error('no shell'))
  expect(await story.pass(1)).toEqual([
    '0s liveness',
    '0s liveness',
    '0s liveness',
    '0s Unhealthy Liveness probe errored and resulted in unknown state: no shell',
  ])
})

test('an asking that takes longer than its period leaves rounds out, and is never asked twice at once', async () => {
  const story = new Story({ readiness: { periodSeconds: 2 } })
  story.answer = () => new Promise((resolve) => story.clock.after(5000, () => resolve(ok)))
  expect(await story.pass(7)).toEqual(['0s readiness', '5s hear started ready', '6s readiness'])
})

test('a pod that ends is only asked whether it is ready; an end leaves nothing behind', async () => {
  const story = new Story({ liveness: { periodSeconds: 2 }, readiness: { periodSeconds: 2 } })
  await story.pass(1)
  story.prober.endSoon()
  story.lines.length = 0
  expect(await story.pass(4)).toEqual(['2s readiness', '4s readiness'])
  story.prober.end()
  expect(story.clock.untilNext()).toBe(undefined)
})

test('probes of a container that was there before are spread over their period', async () => {
  const story = new Story({ readiness: { periodSeconds: 10 } }, 0.4)
  expect(await story.pass(5)).toEqual(['4s readiness', '4s hear started ready'])
})
