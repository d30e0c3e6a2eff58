// Workers over a queue: take a key, do it, and when it failed do it again later.

import type { Log } from '../base/log.ts'
import type { WorkQueue } from './queue.ts'

export interface LoopOptions {
  readonly queue: WorkQueue
  /** How many keys are in work at a time. */
  readonly workers: number
  /** Looks again at the object the key names. A rejection means: later again. */
  readonly work: (key: string) => Promise<void>
  readonly log: Log
}

export interface Loop {
  /** Resolves when the workers have finished what they hold; nothing new is begun. */
  stop(): Promise<void>
}

export function startLoop(options: LoopOptions): Loop {
  const { queue } = options
  const workers = Array.from({ length: options.workers }, () => worker(options))
  return {
    async stop() {
      await queue.stop()
      await Promise.all(workers)
    },
  }
}

async function worker({ queue, work, log }: LoopOptions): Promise<void> {
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    try {
      await work(key)
      queue.forget(key)
    } catch (error) {
      queue.retry(key)
      log.warn('failed, will be tried again', { key, failures: queue.failures(key), error: String(error) })
    } finally {
      queue.done(key)
    }
  }
}
