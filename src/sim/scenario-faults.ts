// Faults that a scenario commands: what happens to the next request of the DaemonSet controller of some kind.

import { type ChunkFate, describe, type Exchange, type Fate, type Faults } from './exchange.ts'
import { refusal } from './random-faults.ts'

type Fault = Pick<Fate, 'lost' | 'truncated' | 'dies' | 'answeredBy' | 'givesUpAfterMs'>

/** `next POST pods: its answer is lost`. */
const kinds: Readonly<Record<string, Fault>> = {
  'is lost': { lost: 'request', givesUpAfterMs: 100 },
  'its answer is lost': { lost: 'answer', givesUpAfterMs: 100 },
  'its answer breaks off': { truncated: true },
  'meets a conflict': { answeredBy: refusal('Conflict', 'not the newest') },
  'is refused by a quota': {
    answeredBy: refusal(
      'Forbidden',
      'pods "logger" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2',
    ),
  },
  'is refused by a webhook': {
    answeredBy: refusal('BadRequest', 'admission webhook "images.example.com" denied the request: not signed'),
  },
  'is refused for now': { answeredBy: refusal('TooManyRequests', 'too many requests', 2) },
  'the controllers die before it': { dies: 'before' },
  'the controllers die before its answer': { dies: 'done' },
  'the controllers die after it': { dies: 'answered' },
}

interface Expected {
  /** Once, or until a command takes it back. */
  readonly times: 'next' | 'every'
  readonly method: string
  readonly of: string
  /** Whose creation it is, where that matters. */
  readonly daemonSet: string | undefined
  readonly fault: Fault
}

export class ScenarioFaults implements Faults {
  #expected: Expected[] = []

  /** True where it was a command of this kind. */
  expect(command: string): boolean {
    const pattern = /^(next|every) (\S+) (\S+?)(?: of (\S+))?: (.*)$/
    const [, times, method, of, daemonSet, what] = pattern.exec(command) ?? []
    if (method === undefined || of === undefined || what === undefined) return false
    if (what === 'no more') {
      this.#expected = this.#expected.filter((one) => one.method !== method || one.of !== of)
      return true
    }
    const fault = kinds[what]
    if (fault === undefined) return false
    this.#expected.push({ times: times === 'every' ? 'every' : 'next', method, of, daemonSet, fault })
    return true
  }

  exchange(exchange: Exchange): Fate {
    const fate = { thereMs: 1, backMs: 1 }
    if (!exchange.who.endsWith(':daemonset-controller')) return fate
    const met = this.#expected.find((expected) => isMeant(expected, exchange))
    if (met === undefined) return fate
    if (met.times === 'next') this.#expected = this.#expected.filter((one) => one !== met)
    return { ...fate, ...met.fault }
  }

  chunk(): ChunkFate {
    return { ms: 1 }
  }
}

function isMeant({ method, of, daemonSet }: Expected, exchange: Exchange): boolean {
  const what = describe(exchange)
  if (!what.startsWith(`${method} `) || !what.includes(of)) return false
  return daemonSet === undefined || Buffer.from(exchange.request.body).includes(`"generateName":"${daemonSet}-"`)
}
