// Writing down what happened to an object as Kubernetes Events, so that `kubectl describe` shows it (R9.8 to R9.10).
// Nobody waits for it, and it never fails a caller. Upstream: client-go/tools/record/event.go.

import { events } from '../api/resources.ts'
import { ApiError, reasonOf } from '../api/status.ts'
import { formatTime } from '../api/time.ts'
import type { ApiObject, Event, ObjectReference } from '../api/types.ts'
import { type Clock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Client } from './client.ts'
import { type Correlated, type Entry, EventCorrelator, type Happening } from './event-correlator.ts'

export interface EventRecorderOptions {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  /** `daemonset-controller`, `kubelet`: the event's source. */
  readonly component: string
  /** The node an agent speaks for. */
  readonly host?: string
}

export interface EventRecorder {
  /** `fieldPath` names a part of the object: `spec.containers{main}`. */
  event(
    involved: ApiObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    more?: { readonly fieldPath?: string },
  ): void
  /** Resolves when everything recorded so far is written, dropped or given up. */
  flush(): Promise<void>
  /** Gives up what is not written yet. */
  stop(): Promise<void>
}

export const recorderLimits = {
  /** Happenings not written yet; more are dropped. Upstream: maxQueuedEvents. */
  queued: 1000,
  /** Upstream: maxTriesPerEvent, defaultSleepDuration. */
  tries: 12,
  betweenTriesMs: 10_000,
  /** The longest message the API takes. Upstream: ValidateEventCreate, NoteLengthLimit. */
  messageLength: 1024,
  /** The longest name the API takes (W9.10). */
  nameLength: 253,
} as const

interface Recorded {
  readonly happening: Happening
  readonly atMs: number
}

type Written = Exclude<Correlated, { do: 'drop' }>

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new Recorder(options)
}

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #log: Log
  readonly #correlator = new EventCorrelator()
  readonly #queue: Recorded[] = []
  readonly #stopping = new AbortController()
  /** True until the queue is empty, and false in the same instant: what comes then must start a writer of its own. */
  #isWriting = false
  #writing: Promise<void> = Promise.resolve()
  #sequence: number

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#log = options.log.child({ recorder: options.component })
    this.#sequence = startingSequence(`${options.component}/${options.host ?? ''}`)
  }

  event(
    involved: ApiObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    more: { readonly fieldPath?: string } = {},
  ): void {
    if (this.#stopping.signal.aborted) return
    if (this.#queue.length === recorderLimits.queued) {
      this.#log.warn('event dropped: too many are waiting', { reason, object: involved.metadata.name })
      return
    }
    const happening = {
      involved: { ...referenceTo(involved), ...more },
      type,
      reason,
      message: message.slice(0, recorderLimits.messageLength),
    }
    this.#queue.push({ happening, atMs: this.#options.clock.now() })
    if (this.#isWriting) return
    this.#isWriting = true
    this.#writing = this.#writeAll()
  }

  async flush(): Promise<void> {
    while (this.#isWriting) await this.#writing
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.flush()
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (this.#stopping.signal.aborted) continue
      const correlated = this.#correlator.correlate(next.happening, next.atMs)
      if (correlated.do !== 'drop') await this.#write(next, correlated)
    }
    this.#isWriting = false
  }

  async #write(recorded: Recorded, correlated: Written): Promise<void> {
    const { clock } = this.#options
    for (let attempt = 1; attempt <= recorderLimits.tries; attempt++) {
      if (attempt > 1) await sleep(clock, recorderLimits.betweenTriesMs, this.#stopping.signal)
      if (this.#stopping.signal.aborted) return
      try {
        return await this.#tryToWrite(recorded, correlated)
      } catch (error) {
        // A refusal is final (a namespace that is going away, say); only a server that did not answer is asked again.
        if (error instanceof ApiError && error.reason !== 'TooManyRequests') {
          this.#log.debug('event refused', { reason: recorded.happening.reason, error: error.message })
          return
        }
        this.#log.debug('event not written', { attempt, error: String(error) })
      }
    }
    this.#log.warn('event given up', { reason: recorded.happening.reason, tries: recorderLimits.tries })
  }

  async #tryToWrite(recorded: Recorded, { message, entry }: Written): Promise<void> {
    const { client } = this.#options
    const namespace = namespaceOf(recorded.happening.involved)
    if (entry.name !== undefined) {
      try {
        const body = { count: entry.count, lastTimestamp: formatTime(entry.lastMs), message }
        await client.patch(events, { namespace, name: entry.name }, { type: 'strategic', body })
        return
      } catch (error) {
        // Gone since (events live an hour): written anew, with its count (W16.5).
        if (reasonOf(error) !== 'NotFound') throw error
      }
    }
    const created = await this.#create(recorded, message, entry)
    entry.name = created.metadata.name
  }

  async #create({ happening, atMs }: Recorded, message: string, entry: Entry): Promise<Event> {
    const { client, component, host } = this.#options
    const namespace = namespaceOf(happening.involved)
    for (let attempt = 1; ; attempt++) {
      const event: Event = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: this.#eventName(happening.involved.name ?? '', atMs), namespace },
        involvedObject: happening.involved,
        reason: happening.reason,
        message,
        source: { component, ...(host === undefined ? {} : { host }) },
        firstTimestamp: formatTime(entry.firstMs),
        lastTimestamp: formatTime(entry.lastMs),
        count: entry.count,
        type: happening.type,
        eventTime: null,
        reportingComponent: component,
        reportingInstance: host ?? '',
      }
      try {
        return await client.create(events, event)
      } catch (error) {
        if (reasonOf(error) !== 'AlreadyExists' || attempt === recorderLimits.tries) throw error
      }
    }
  }

  /** R9.9: the object's name and the nanosecond in hex. Our clock has milliseconds: the rest is counted. */
  #eventName(objectName: string, atMs: number): string {
    this.#sequence = (this.#sequence + 1) % 1_000_000
    const nanoseconds = BigInt(Math.floor(atMs)) * 1_000_000n + BigInt(this.#sequence)
    const suffix = `.${nanoseconds.toString(16)}`
    return objectName.slice(0, recorderLimits.nameLength - suffix.length) + suffix
  }
}

/** Different for most sources, so that two of them do not meet under one name (FNV-1a). */
function startingSequence(source: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < source.length; i++) hash = Math.imul(hash ^ source.charCodeAt(i), 0x01000193) >>> 0
  return hash % 1_000_000
}

function referenceTo({ apiVersion, kind, metadata }: ApiObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata
  const reference: ObjectReference = {}
  if (kind !== undefined) reference.kind = kind
  if (namespace !== undefined) reference.namespace = namespace
  if (name !== undefined) reference.name = name
  if (uid !== undefined) reference.uid = uid
  if (apiVersion !== undefined) reference.apiVersion = apiVersion
  if (resourceVersion !== undefined) reference.resourceVersion = resourceVersion
  return reference
}

/** Events of cluster-wide objects live in `default`. Upstream: recorderImpl.makeEvent. */
function namespaceOf(involved: ObjectReference): string {
  return involved.namespace === undefined || involved.namespace === '' ? 'default' : involved.namespace
}
