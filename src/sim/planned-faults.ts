// One disturbance at one place of a journey: the nth write of the controllers, or the nth event they are told.

import type { ApiRequest } from '../api/wire.ts'
import type { ChunkFate, Exchange, Fate, Faults } from './exchange.ts'
import type { World } from './world.ts'

export type Plan =
  | { readonly do: 'nothing' }
  | { readonly do: 'crash'; readonly at: number; readonly when: 'before' | 'done' | 'answered' }
  /** Not told, and then the watch begins anew: what was between is never seen. */
  | { readonly do: 'hide'; readonly at: number }
  /** Told much later, and all that follows in its watch too. */
  | { readonly do: 'late'; readonly at: number }
  | { readonly do: 'twice'; readonly at: number }
  /** From here on nothing is told; then the controllers start again, and see the cluster as it was here. */
  | { readonly do: 'freeze'; readonly at: number }

export interface Seen {
  readonly writes: number
  readonly events: number
}

export const plannedLimits = {
  lateMs: 5_000,
  /** From the freeze to the death of the controllers, and from there to the present. */
  frozenMs: 3_000,
  pastMs: 8_000,
} as const

export class PlannedFaults implements Faults {
  /** The journey is over: nothing is counted, nothing disturbed. */
  isOver = false
  readonly #plan: Plan
  #world: World | undefined
  #writes = 0
  #events = 0
  /** The moment that everybody is kept in. */
  #past: number | undefined

  constructor(plan: Plan) {
    this.#plan = plan
  }

  get seen(): Seen {
    return { writes: this.#writes, events: this.#events }
  }

  attach(world: World): void {
    this.#world = world
  }

  exchange(exchange: Exchange): Fate {
    const fate = { thereMs: 1, backMs: 1 }
    if (!concerns(exchange) || this.isOver) return fate
    const plan = this.#plan
    if (exchange.kind === 'write') {
      const isIt = ++this.#writes === ('at' in plan ? plan.at : 0)
      return isIt && plan.do === 'crash' ? { ...fate, dies: plan.when } : fate
    }
    // Informers read nothing but lists.
    const isList = exchange.kind === 'read' && exchange.who.endsWith(':informers')
    if (this.#past === undefined || !isList) return fate
    return { ...fate, rewritten: asOf(exchange.request, this.#past) }
  }

  chunk(exchange: Exchange, chunk: Uint8Array): ChunkFate {
    const fate = { ms: 1 }
    if (!concerns(exchange) || this.isOver || isBookmark(chunk)) return fate
    if (this.#past !== undefined) return { ms: 1e9 }
    const plan = this.#plan
    if (++this.#events !== ('at' in plan ? plan.at : 0)) return fate
    switch (plan.do) {
      case 'nothing':
      case 'crash':
        return fate
      case 'hide':
        return { ...fate, times: 0, after: 'gone' }
      case 'late':
        return { ms: plannedLimits.lateMs }
      case 'twice':
        return { ...fate, times: 2 }
      case 'freeze':
        this.#freeze()
        return { ms: 1e9 }
      default:
        return plan satisfies never
    }
  }

  #freeze(): void {
    const world = this.#world!
    this.#past = world.revision
    for (const stream of world.network.streams) {
      if (stream.exchange.from.name === 'controllers') stream.freeze(Number.MAX_SAFE_INTEGER)
    }
    world.scheduler.after(plannedLimits.frozenMs, () => {
      world.kill('controllers', 'to see the past')
      world.scheduler.after(plannedLimits.pastMs, () => {
        this.#past = undefined
        world.network.breakStreams((stream) => stream.exchange.from.name === 'controllers')
      })
    })
  }
}

/** Events and leases tell nobody what to do. */
function concerns({ from, request }: Exchange): boolean {
  return from.name === 'controllers' && !/\/(events|leases)(\/|$)/.test(request.path)
}

function isBookmark(chunk: Uint8Array): boolean {
  return Buffer.from(chunk).toString('latin1', 0, 30).includes('BOOKMARK')
}

/** The same list, from a server that is behind. */
function asOf(request: ApiRequest, revision: number): ApiRequest {
  if (request.query.get('continue') !== null) return request
  const query = new URLSearchParams({ resourceVersion: String(revision), resourceVersionMatch: 'Exact' })
  for (const name of ['limit', 'labelSelector', 'fieldSelector']) {
    const value = request.query.get(name)
    if (value !== null) query.set(name, value)
  }
  return { ...request, query }
}
