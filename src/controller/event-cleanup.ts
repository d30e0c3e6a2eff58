// Removes events an hour after they were last written. Upstream keeps them under an etcd lease (--event-ttl); here they
// are swept, seldom and in pages, because nobody needs thousands of events in a cache.

import { events } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import { parseTime } from '../api/time.ts'
import type { Event } from '../api/types.ts'
import { sleep } from '../base/clock.ts'
import { inParallel } from '../base/in-parallel.ts'
import type { Running } from '../base/running.ts'
import type { ControllerOptions } from './controller.ts'

export interface EventCleanupOptions extends ControllerOptions {
  /** Default one hour, as --event-ttl. */
  readonly ttlMs?: number | undefined
}

export const eventCleanupLimits = {
  ttlMs: 3_600_000,
  /** Between two sweeps at least; so much longer than the hour an event may live. */
  sweepMs: 300_000,
  page: 500,
  /** Deletions under way at a time. */
  deleting: 16,
} as const

export function startEventCleanup(options: EventCleanupOptions): Running {
  const { client, clock, log: parent, ttlMs = eventCleanupLimits.ttlMs } = options
  const log = parent.child({ controller: 'event-cleanup' })
  const stopping = new AbortController()

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      let restMs: number = eventCleanupLimits.sweepMs
      try {
        const { removed, oldestMs } = await sweep()
        if (removed > 0) log.info('events removed', { removed })
        // Nothing can be too old before the oldest one is; an event written a moment after the sweep, neither.
        restMs = Math.max(restMs, (oldestMs ?? clock.now()) + ttlMs - clock.now())
      } catch (error) {
        log.warn('sweep failed', { error: String(error) })
      }
      await sleep(clock, restMs, stopping.signal)
    }
  }

  async function sweep(): Promise<{ removed: number; oldestMs: number | undefined }> {
    const olderThanMs = clock.now() - ttlMs
    let removed = 0
    let oldestMs: number | undefined
    let token: string | undefined
    do {
      const { items, metadata } = await client.list<Event>(events, { limit: eventCleanupLimits.page, continue: token })
      const expired: Event[] = []
      for (const event of items) {
        const atMs = lastWrittenMs(event)
        if (atMs <= olderThanMs) expired.push(event)
        else if (oldestMs === undefined || atMs < oldestMs) oldestMs = atMs
      }
      await inParallel(expired, eventCleanupLimits.deleting, remove)
      removed += expired.length
      token = metadata.continue === '' ? undefined : metadata.continue
    } while (token !== undefined && !stopping.signal.aborted)
    return { removed, oldestMs }
  }

  async function remove({ metadata: { namespace, name = '', resourceVersion } }: Event): Promise<void> {
    try {
      // Counted up since we looked: it is young again.
      await client.delete(events, { namespace, name }, resourceVersion ? { preconditions: { resourceVersion } } : {})
    } catch (error) {
      if (reasonOf(error) !== 'NotFound' && reasonOf(error) !== 'Conflict') throw error
    }
  }

  const done = run()
  return {
    ready: Promise.resolve(),
    async stop() {
      stopping.abort()
      await done
    },
  }
}

/** The newest of its times: a series counts as one event that was written again. */
function lastWrittenMs(event: Event): number {
  const series = (event as { series?: { lastObservedTime?: string } }).series?.lastObservedTime
  const times = [series, event.lastTimestamp, event.eventTime, event.metadata.creationTimestamp]
  return Math.max(0, ...times.map((time) => parseTime(time) ?? 0))
}
