// The machine's own time and chance, behind the interfaces that everything else takes as arguments.
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'

/** The longest a timer of the platform waits; a longer wait is made of several. */
const longestTimerMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, act) {
    let timer: NodeJS.Timeout
    const wait = (leftMs: number) => {
      const nextMs = Math.min(leftMs, longestTimerMs)
      timer = setTimeout(() => (nextMs < leftMs ? wait(leftMs - nextMs) : act()), nextMs)
    }
    wait(Math.max(0, ms))
    return () => clearTimeout(timer)
  },
}

export const systemRandom: Random = {
  // Jitter and names, asked for many times with every request; what must not be guessed is a uuid or a key.
  float: Math.random,
  uuid: () => randomUUID(),
}
