// At most so many requests a second, with a burst: off unless asked for, because servers since 1.20 keep the order among
// their clients themselves (API priority and fairness). Upstream: client-go/util/flowcontrol/throttle.go.

import type { Send } from '../api/wire.ts'
import { type Clock, sleep } from '../base/clock.ts'

export interface RateLimit {
  readonly perSecond: number
  readonly burst: number
}

/** Requests wait in the order they came. A watch is not counted: it is asked for rarely, and late is stale. */
export function rateLimited(send: Send, { perSecond, burst }: RateLimit, clock: Clock): Send {
  let tokens = burst
  let atMs = clock.monotonic()
  return async (request) => {
    if (request.query.get('watch') === 'true') return send(request)
    const nowMs = clock.monotonic()
    tokens = Math.min(burst, tokens + ((nowMs - atMs) / 1000) * perSecond) - 1
    atMs = nowMs
    // Below zero is what has been promised: each waits for its own token, so that nobody is passed.
    if (tokens < 0) await sleep(clock, (-tokens / perSecond) * 1000)
    return send(request)
  }
}
