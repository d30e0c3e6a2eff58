// What every controller is made from, and how one starts: informers first, workers when all of them have seen the
// world, and the same in reverse at the end.

import type { Resource } from '../api/resources.ts'
import type { ApiObject } from '../api/types.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Running } from '../base/running.ts'
import type { Indexes } from '../client/cache.ts'
import type { Client } from '../client/client.ts'
import type { Change, Informer } from '../client/informer.ts'
import { createInformers, type Informers } from '../client/informers.ts'
import { keeping } from './kept.ts'
import { type Loop, startLoop } from './loop.ts'
import { WorkQueue } from './queue.ts'

export interface ControllerOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Shared with other controllers of this process; stopped by whoever made them. Default: informers of its own. */
  readonly informers?: Informers | undefined
}

export interface ControllerParts {
  readonly queue: WorkQueue
  readonly log: Log
  /** Follows a resource: the controller is ready when all it follows is known. */
  follow<T extends ApiObject>(
    resource: Resource,
    onChange: (change: Change<T>) => void,
    indexes?: Indexes<T>,
  ): Informer<T>
}

export interface ControllerBody {
  readonly workers: number
  /** Looks again at what the key names. */
  readonly work: (key: string) => Promise<void>
  readonly stop?: () => Promise<void>
  /** It may start so long after the others without having seen all it follows. Default: it waits. */
  readonly syncPatienceMs?: number
}

export function startController(
  name: string,
  options: ControllerOptions,
  build: (parts: ControllerParts) => ControllerBody,
): Running {
  const log = options.log.child({ controller: name })
  const informers = options.informers ?? createInformers({ ...options, log })
  const queue = new WorkQueue({ clock: options.clock })
  const keep = keeping()
  const followed: Promise<void>[] = []
  const forget: (() => void)[] = []
  const body = build({
    queue,
    log,
    follow<T extends ApiObject>(resource: Resource, onChange: (change: Change<T>) => void, indexes?: Indexes<T>) {
      const trim = keep(resource) as ((object: T) => T) | undefined
      const informer = informers.of<T>(resource, indexes, trim)
      followed.push(informer.synced)
      forget.push(informer.onChange(onChange))
      return informer
    },
  })
  let loop: Loop | undefined
  let stopped = false
  const seen = Promise.all(followed).then(() => {})
  const stopping = new AbortController()
  const patience = { ms: body.syncPatienceMs, clock: options.clock, signal: stopping.signal, log }
  const ready = within(seen, patience).then(() => {
    if (!stopped) loop = startLoop({ queue, workers: body.workers, log, work: body.work })
  })
  return {
    ready,
    async stop() {
      stopped = true
      stopping.abort()
      for (const act of forget.splice(0)) act()
      await queue.stop()
      await loop?.stop()
      await body.stop?.()
      if (options.informers === undefined) informers.stop()
    },
  }
}

interface Patience {
  /** Undefined: without end. */
  readonly ms: number | undefined
  readonly clock: Clock
  /** Ends it without a word: the timer must not outlive the controller. */
  readonly signal: AbortSignal
  readonly log: Log
}

/** Resolves when all is seen, or when the patience is over. */
function within(seen: Promise<void>, { ms, clock, signal, log }: Patience): Promise<void> {
  if (ms === undefined) return seen
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => {
      log.warn('starts without having seen everything', { waitedMs: ms })
      resolve()
    })
    const end = () => {
      cancel()
      resolve()
    }
    signal.addEventListener('abort', end, { once: true })
    void seen.then(end)
  })
}
