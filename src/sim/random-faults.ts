// The faults of a seed: what chance does to each message, as far as the seed's swarm allows, until it is switched off.

import { ApiError } from '../api/status.ts'
import type { ApiResponse } from '../api/wire.ts'
import { Chance } from './chance.ts'
import type { ChunkFate, Exchange, Fate, Faults } from './exchange.ts'
import type { MessageFault, Swarm } from './swarm.ts'

export class RandomFaults implements Faults {
  /** How many of each kind there were. */
  readonly injected = new Map<string, number>()
  /** Names of users whose requests do not get through. */
  readonly cutOff = new Set<string>()
  readonly #swarm: Swarm
  readonly #chance: Chance
  readonly #delays: Chance
  #on = false

  constructor(seed: number, swarm: Swarm) {
    this.#swarm = swarm
    this.#chance = new Chance(seed, 'faults')
    this.#delays = new Chance(seed, 'delays')
  }

  switch(on: boolean): void {
    this.#on = on
    if (!on) this.cutOff.clear()
  }

  count(fault: string): void {
    this.injected.set(fault, (this.injected.get(fault) ?? 0) + 1)
  }

  exchange(exchange: Exchange): Fate {
    const fate = { thereMs: this.#delay(), backMs: this.#delay() }
    if (!this.#on || exchange.from.name === 'user') return fate
    if (this.cutOff.has(exchange.who)) return { ...fate, lost: 'request', givesUpAfterMs: this.#patience() }
    return { ...fate, ...this.#trouble(exchange) }
  }

  chunk({ from }: Exchange, chunk: Uint8Array): ChunkFate {
    const ms = this.#delay()
    if (!this.#on || from.name === 'user') return { ms }
    if (this.#draw('watch slow')) return { ms: ms + this.#chance.spread(100, 20_000) }
    if (this.#draw('watch cut in pieces')) return { ms, cutAt: this.#chance.between(1, chunk.length - 1) }
    if (this.#draw('watch broken')) return { ms, after: 'break' }
    if (this.#draw('watch ended')) return { ms, after: 'end' }
    if (this.#draw('watch gone')) return { ms, after: 'gone' }
    return { ms }
  }

  opened({ from }: Exchange): 'gone' | undefined {
    return this.#on && from.name !== 'user' && this.#draw('watch gone at once') ? 'gone' : undefined
  }

  #trouble({ kind, request, from }: Exchange): Partial<Fate> {
    if (this.#draw('request lost')) return { lost: 'request', givesUpAfterMs: this.#patience() }
    if (this.#draw('answer late')) return { backMs: this.#chance.spread(500, 20_000) }
    if (this.#draw('refused 500')) return { answeredBy: refusal('InternalError', 'etcdserver: request timed out') }
    if (this.#draw('refused 503')) return { answeredBy: refusal('ServiceUnavailable', 'no endpoints available') }
    if (this.#draw('refused 502 by a proxy')) return { answeredBy: proxyError() }
    if (this.#draw('refused 429')) {
      return { answeredBy: refusal('TooManyRequests', 'too many requests', this.#chance.between(1, 3)) }
    }
    if (kind === 'watch') return {}
    if (this.#draw('answer cut off')) return { truncated: true }
    if (kind === 'read') return {}
    if (this.#draw('answer lost')) return { lost: 'answer', givesUpAfterMs: this.#patience() }
    // Only whoever names a version can be told that it is not the newest.
    const namesVersion = Buffer.from(request.body).includes('"resourceVersion"')
    if (request.method !== 'POST' && namesVersion && this.#draw('refused 409')) {
      return { answeredBy: refusal('Conflict', 'the object has been modified') }
    }
    if (this.#draw('request doubled')) return { againAfterMs: this.#chance.spread(1, 5_000) }
    if (!from.name.startsWith('controllers')) return {}
    if (this.#draw('death before')) return { dies: 'before' }
    if (this.#draw('death done')) return { dies: 'done' }
    if (this.#draw('death answered')) return { dies: 'answered' }
    return {}
  }

  #draw(fault: MessageFault): boolean {
    const rate = this.#swarm.messages.get(fault)
    if (rate === undefined || !this.#chance.happens(rate)) return false
    this.count(fault)
    return true
  }

  #delay(): number {
    return this.#delays.between(Math.floor(this.#swarm.latencyMs / 2), this.#swarm.latencyMs)
  }

  /** A reset is noticed at once, silence after a minute. */
  #patience(): number {
    return this.#chance.happens(0.7) ? this.#chance.between(1, 1000) : 60_000
  }
}

export function refusal(
  reason: ConstructorParameters<typeof ApiError>[0],
  message: string,
  seconds?: number,
): ApiResponse {
  const error = new ApiError(reason, message, seconds === undefined ? undefined : { retryAfterSeconds: seconds })
  const bytes = Buffer.from(JSON.stringify(error.toStatus()))
  return { status: error.code, headers: { 'content-type': 'application/json' }, body: { kind: 'bytes', bytes } }
}

function proxyError(): ApiResponse {
  const bytes = Buffer.from('<html><body><h1>502 Bad Gateway</h1></body></html>')
  return { status: 502, headers: { 'content-type': 'text/html' }, body: { kind: 'bytes', bytes } }
}
