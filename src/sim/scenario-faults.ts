// Faults that a scenario commands: what happens to the next request of the DaemonSet controller of some kind.

import { type ChunkFate, describe, type Exchange, type Fate, type Faults } from './exchange.ts'

type Fault = Pick<Fate, 'lost' | 'truncated' | 'dies' | 'answeredBy' | 'givesUpAfterMs'>

const conflict = {
  status: 409,
  headers: { 'content-type': 'application/json' },
  body: {
    kind: 'bytes',
    bytes: Buffer.from(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"not the newest","reason":"Conflict","code":409}',
    ),
  },
} as const

/** `next POST pods: its answer is lost`. */
const kinds: Readonly<Record<string, Fault>> = {
  'is lost': { lost: 'request', givesUpAfterMs: 100 },
  'its answer is lost': { lost: 'answer', givesUpAfterMs: 100 },
  'its answer breaks off': { truncated: true },
  'meets a conflict': { answeredBy: conflict },
  'the controllers die before it': { dies: 'before' },
  'the controllers die before its answer': { dies: 'done' },
  'the controllers die after it': { dies: 'answered' },
}

export class ScenarioFaults implements Faults {
  readonly #expected: { readonly method: string; readonly of: string; readonly fault: Fault }[] = []

  /** True where it was a command of this kind. */
  expect(command: string): boolean {
    const [, method, of, what] = /^next (\S+) (\S+): (.*)$/.exec(command) ?? []
    const fault = kinds[what ?? '']
    if (method === undefined || of === undefined || fault === undefined) return false
    this.#expected.push({ method, of, fault })
    return true
  }

  exchange(exchange: Exchange): Fate {
    const fate = { thereMs: 1, backMs: 1 }
    if (!exchange.who.endsWith(':daemonset-controller')) return fate
    const what = describe(exchange)
    const at = this.#expected.findIndex(({ method, of }) => what.startsWith(`${method} `) && what.includes(of))
    return at < 0 ? fate : { ...fate, ...this.#expected.splice(at, 1)[0]!.fault }
  }

  chunk(): ChunkFate {
    return { ms: 1 }
  }
}
