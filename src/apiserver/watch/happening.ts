// One event of a collection, in every form a watcher may want it; each form is made once, whoever asks.

import type { Resource } from '../../api/resources.ts'
import type { ApiObject } from '../../api/types.ts'
import type { StoreEvent } from '../../store/store.ts'
import { partialMetadata, viewBytes, viewObject } from '../present.ts'
import { type Selection, selects } from '../selection.ts'
import { parseStored, restamp } from '../stored.ts'

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED'

/** What a watcher is told. `bytes` are the object as stored, with the revision of this event. */
export interface Told {
  readonly type: EventType
  readonly bytes: Uint8Array
}

export class Happening {
  readonly revision: number
  readonly #storage: Resource
  readonly #event: StoreEvent
  readonly #lines = new Map<string, Uint8Array>()
  #left: Told | undefined
  #now: Told | undefined

  constructor(storage: Resource, event: StoreEvent) {
    this.revision = event.revision
    this.#storage = storage
    this.#event = event
  }

  /** What the event means to whoever selects so; undefined: nothing (W7.4). */
  toldTo(selection: Selection): Told | undefined {
    const { type, record, previous } = this.#event
    const was = previous !== undefined && selects(selection, previous.key, previous.bytes)
    if (type === 'deleted') return was ? this.#asIs('DELETED') : undefined
    const is = selects(selection, record.key, record.bytes)
    if (is) return this.#asIs(was ? 'MODIFIED' : 'ADDED')
    if (!was) return undefined
    // It is still there, but no longer selected: it is told as it was, at the new revision (X8).
    this.#left ??= { type: 'DELETED', bytes: restamp(this.#storage, previous.bytes, this.revision) }
    return this.#left
  }

  #asIs(type: EventType): Told {
    if (this.#now?.type !== type) this.#now = { type, bytes: this.#event.record.bytes }
    return this.#now
  }

  /** A line of a plain watch: the stored bytes between two others, made once for all who get it. */
  plainLine(resource: Resource, told: Told): Uint8Array {
    return this.#once(`plain ${resource.group}`, told, () => eventLine(told.type, viewBytes(resource, told.bytes)))
  }

  /** A line of a metadata watch. */
  metadataLine(told: Told): Uint8Array {
    return this.#once('metadata', told, () => metadataLine(told))
  }

  #once(form: string, told: Told, make: () => Uint8Array): Uint8Array {
    const key = `${form} ${told === this.#left ? 'left' : told.type}`
    let line = this.#lines.get(key)
    if (line === undefined) {
      line = make()
      this.#lines.set(key, line)
    }
    return line
  }
}

export function metadataLine({ type, bytes }: Told): Uint8Array {
  return eventLine(type, Buffer.from(JSON.stringify(partialMetadata(parseStored(bytes)))))
}

const lineEnd = Buffer.from('}\n')
const lineBegins: Readonly<Record<string, Uint8Array>> = Object.fromEntries(
  ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'].map((type) => {
    return [type, Buffer.from(`{"type":"${type}","object":`)]
  }),
)

export function eventLine(type: EventType | 'BOOKMARK' | 'ERROR', object: Uint8Array): Uint8Array {
  return Buffer.concat([lineBegins[type]!, object, lineEnd])
}

/** The object of a told event, parsed, in the form of a resource: for tables. */
export function toldObject(resource: Resource, told: Told): ApiObject {
  return viewObject(resource, told.bytes)
}
