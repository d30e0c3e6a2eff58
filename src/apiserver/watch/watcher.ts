// One watch: what is there first, then what it missed, then what happens (W7.2, W7.6). Until it has caught up it reads
// the store's history at its reader's pace; from then on it is told by the hub, and a reader that cannot keep up is
// let go (W7.11).

import { apiVersionOf } from '../../api/resources.ts'
import { ApiError } from '../../api/status.ts'
import type { ByteSink } from '../../api/wire.ts'
import type { Cancel } from '../../base/clock.ts'
import { UnreadableRecord } from '../../store/encryption/encrypted-journal.ts'
import type { Call, Parts } from '../parts.ts'
import { viewBytes } from '../present.ts'
import type { Selection } from '../selection.ts'
import { storageOf } from '../stored.ts'
import { presentTable } from '../tables.ts'
import { pageOf } from '../verbs/list.ts'
import type { WatchOptions } from '../verbs/list-options.ts'
import { eventLine, Happening, metadataLine, type Told, toldObject } from './happening.ts'
import type { Listener } from './hub.ts'

export const watcherLimits = {
  /** How long a watch lasts when the client does not say: this, and up to as much again. Upstream: minRequestTimeout. */
  seconds: 1800,
} as const

export class Watcher implements Listener {
  readonly selection: Selection
  readonly #parts: Parts
  readonly #call: Call
  readonly #options: WatchOptions
  readonly #sink: ByteSink
  /** Everything up to here has been told. */
  #told: number
  #state: 'catching up' | 'live' | 'over' = 'catching up'
  #columnsSent = false
  #leaveHub: (() => void) | undefined
  #cancelTimeout: Cancel | undefined

  constructor(parts: Parts, call: Call, selection: Selection, options: WatchOptions, sink: ByteSink) {
    this.#parts = parts
    this.#call = call
    this.selection = selection
    this.#options = options
    this.#sink = sink
    this.#told = typeof options.from === 'number' ? options.from : parts.store.revision
  }

  start(): () => void {
    const seconds = this.#options.timeoutSeconds ?? watcherLimits.seconds * (1 + this.#parts.random.float())
    this.#cancelTimeout = this.#parts.clock.after(seconds * 1000, () => this.#timeUp())
    this.#catchUp().catch((error: unknown) => this.#fail(error))
    return () => this.#leave()
  }

  hear(happening: Happening): void {
    if (this.#state !== 'live' || happening.revision <= this.#told) return
    this.#told = happening.revision
    let line: Uint8Array | undefined
    try {
      line = this.#lineOf(happening)
    } catch (error) {
      // An object that cannot be shown ends the watches it is shown to, and no others.
      this.#fail(error)
      return
    }
    if (line === undefined || this.#sink.write(line)) return
    this.#parts.log.info('watch dropped: its reader is too slow', {
      resource: this.#call.target.resource.plural,
      user: this.#call.user.name,
    })
    this.stop()
  }

  mark(revision: number): void {
    if (this.#state !== 'live' || !this.#options.bookmarks) return
    // A client that asked for a revision yet to come must not be told that it is behind.
    if (!this.#sink.write(this.#bookmark(Math.max(revision, this.#told)))) this.stop()
  }

  /** Ends the body cleanly: the client comes back from where it was. */
  stop(): void {
    if (this.#state === 'over') return
    this.#leave()
    this.#sink.end()
  }

  #leave(): void {
    this.#state = 'over'
    this.#cancelTimeout?.()
    this.#leaveHub?.()
  }

  async #catchUp(): Promise<void> {
    if (this.#options.from === 'present') await this.#tellPresent()
    const { store } = this.#parts
    const storage = storageOf(this.selection.resource)
    while (this.#state === 'catching up') {
      const missed = store.eventsAfter(storage.collection, this.#told)
      if (missed === 'compacted') return this.#tooOld()
      if (missed.length === 0) return this.#goLive()
      for (const event of missed) {
        const line = this.#lineOf(new Happening(storage, event))
        if (line !== undefined && !(await this.#writeInTime(line))) return
        this.#told = event.revision
      }
    }
  }

  #goLive(): void {
    this.#state = 'live'
    this.#leaveHub = this.#parts.hubs.of(this.selection.resource).add(this)
  }

  /** The objects as they are, each as if it were added now. */
  async #tellPresent(): Promise<void> {
    const { records, revision } = pageOf(this.#parts, this.selection, {
      at: { version: 'now' },
      limit: undefined,
      continueToken: undefined,
    })
    for (const { bytes } of records) {
      if (!(await this.#writeInTime(this.#encode({ type: 'ADDED', bytes })))) return
    }
    this.#told = revision
    if (!this.#options.initialEvents) return
    const end = this.#bookmark(Math.max(revision, this.#options.notOlderThan), { 'k8s.io/initial-events-end': 'true' })
    await this.#writeInTime(end)
  }

  /** At the reader's pace; false when the watch is over. */
  async #writeInTime(line: Uint8Array): Promise<boolean> {
    if (this.#state === 'over') return false
    if (!this.#sink.write(line)) await this.#sink.drained()
    return this.#isOpen()
  }

  #isOpen(): boolean {
    return this.#state !== 'over'
  }

  #lineOf(happening: Happening): Uint8Array | undefined {
    const told = happening.toldTo(this.selection)
    if (told === undefined) return undefined
    switch (this.#call.presentation.as) {
      case 'object':
        return happening.plainLine(this.#call.target.resource, told)
      case 'metadata':
        return happening.metadataLine(told)
      case 'table':
        return this.#encode(told)
      default:
        return this.#call.presentation.as satisfies never
    }
  }

  #encode(told: Told): Uint8Array {
    const { resource } = this.#call.target
    switch (this.#call.presentation.as) {
      case 'object':
        return eventLine(told.type, viewBytes(resource, told.bytes))
      case 'metadata':
        return metadataLine(told)
      case 'table': {
        const object = toldObject(resource, told)
        const listMeta = { resourceVersion: object.metadata.resourceVersion ?? '' }
        const table = presentTable(this.#parts, this.#call, [object], listMeta, this.#columnsSent)
        this.#columnsSent = true
        return eventLine(told.type, Buffer.from(JSON.stringify(table)))
      }
      default:
        return this.#call.presentation.as satisfies never
    }
  }

  #bookmark(revision: number, annotations?: Record<string, string>): Uint8Array {
    const { resource } = this.#call.target
    const metadata = {
      resourceVersion: String(revision),
      ...(annotations === undefined ? {} : { annotations }),
    }
    const object = bookmarkObject(this.#call, apiVersionOf(resource), metadata)
    return eventLine('BOOKMARK', Buffer.from(JSON.stringify(object)))
  }

  /** A last bookmark spares the client everything it was not told because it did not select it (W7.5). */
  #timeUp(): void {
    if (this.#state === 'live') this.mark(this.#parts.store.revision)
    this.stop()
  }

  /** W7.3: 200, and one ERROR event. */
  #tooOld(): void {
    const message = `too old resource version: ${this.#told} (${this.#parts.store.revision})`
    this.#end(new ApiError('Expired', message))
  }

  #fail(error: unknown): void {
    const unreadable = error instanceof UnreadableRecord
    const fields = { error: String(error), resource: this.#call.target.resource.plural }
    if (unreadable) this.#parts.log.warn('object cannot be read', fields)
    else this.#parts.log.error('watch failed', fields)
    const why = unreadable ? `Internal error occurred: ${error.message}` : 'the watch failed'
    this.#end(new ApiError('InternalError', why))
  }

  #end(error: ApiError): void {
    if (this.#state === 'over') return
    this.#sink.write(eventLine('ERROR', Buffer.from(JSON.stringify(error.toStatus()))))
    this.stop()
  }
}

function bookmarkObject(call: Call, apiVersion: string, metadata: object): object {
  switch (call.presentation.as) {
    case 'object':
      return { kind: call.target.resource.kind, apiVersion, metadata }
    case 'metadata':
      return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
    case 'table':
      return {
        kind: 'Table',
        apiVersion: 'meta.k8s.io/v1',
        metadata: { resourceVersion: (metadata as { resourceVersion: string }).resourceVersion },
        columnDefinitions: null,
        rows: [{ cells: [], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata } }],
      }
    default:
      return call.presentation.as satisfies never
  }
}
