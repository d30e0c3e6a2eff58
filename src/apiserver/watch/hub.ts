// One subscription a collection, shared by all who watch it. Watchers that can only ever want one object, or one
// node's pods, are found by that name, so that an event costs the same whether one of them listens or thousands
// (W7.10).

import { type Resource, resources } from '../../api/resources.ts'
import type { Cancel } from '../../base/clock.ts'
import { sortedBy } from '../../base/sorted.ts'
import type { Store, StoredRecord, StoreEvent } from '../../store/store.ts'
import { factsOf } from '../facts.ts'
import type { ApiserverOptions } from '../parts.ts'
import type { Selection } from '../selection.ts'
import { storageOf } from '../stored.ts'
import { Happening } from './happening.ts'

/** Who listens. Neither call may throw; both are told in the order of the events. */
export interface Listener {
  readonly selection: Selection
  hear(happening: Happening): void
  /** Now and then: nothing of what this listener wants has happened up to this revision that it was not told. */
  mark(revision: number): void
  /** The server closes. */
  stop(): void
}

export interface WatchHubs {
  of(resource: Resource): WatchHub
  close(): void
}

export const hubLimits = {
  /** How often an idle watcher is told where the collection stands (W7.5). */
  bookmarkMs: 60_000,
} as const

type HubParts = Pick<ApiserverOptions, 'store' | 'clock' | 'log'>

export function createHubs(parts: HubParts): WatchHubs {
  const hubs = new Map<string, WatchHub>()
  for (const resource of resources.map(storageOf)) {
    const { collection } = resource
    if (!hubs.has(collection)) hubs.set(collection, new WatchHub(resource, parts))
  }
  return {
    of: (resource) => hubs.get(storageOf(resource).collection)!,
    close() {
      for (const hub of hubs.values()) hub.close()
    },
  }
}

export class WatchHub {
  readonly #resource: Resource
  readonly #parts: HubParts
  readonly #everyone = new Set<Listener>()
  readonly #byName = new Map<string, Set<Listener>>()
  readonly #byNode = new Map<string, Set<Listener>>()
  /** Made when it is first asked for, and kept up from then on. */
  #keysByNode: Map<string, Set<string>> | undefined
  #listeners = 0
  #unsubscribe: (() => void) | undefined
  #cancelMarks: Cancel | undefined
  #closed = false

  constructor(resource: Resource, parts: HubParts) {
    this.#resource = resource
    this.#parts = parts
  }

  /** How many listen. */
  get watchers(): number {
    return this.#listeners
  }

  /** The keys of the pods bound to a node, in order. Only the hub of pods knows. */
  keysOnNode(nodeName: string): readonly string[] {
    if (this.#keysByNode === undefined) this.#indexNodes()
    return sortedBy(this.#keysByNode?.get(nodeName) ?? [], (key) => key)
  }

  #indexNodes(): void {
    this.#keysByNode = new Map()
    for (const record of everyRecord(this.#parts.store, this.#resource.collection)) this.#reindex(undefined, record)
    this.#subscribe()
  }

  /** From the next event on; returns the way to stop. */
  add(listener: Listener): () => void {
    if (this.#closed) {
      listener.stop()
      return () => {}
    }
    const { name, nodeName } = listener.selection
    const group =
      name !== undefined
        ? groupOf(this.#byName, name)
        : nodeName !== undefined
          ? groupOf(this.#byNode, nodeName)
          : this.#everyone
    group.add(listener)
    this.#listeners++
    this.#subscribe()
    this.#cancelMarks ??= this.#scheduleMarks()
    return () => {
      if (!group.delete(listener)) return
      this.#listeners--
      if (group.size === 0) this.#forget(listener.selection)
    }
  }

  close(): void {
    this.#closed = true
    this.#unsubscribe?.()
    this.#cancelMarks?.()
    for (const listener of this.#all()) listener.stop()
  }

  #forget({ name, nodeName }: Selection): void {
    if (name !== undefined) this.#byName.delete(name)
    else if (nodeName !== undefined) this.#byNode.delete(nodeName)
  }

  #subscribe(): void {
    this.#unsubscribe ??= this.#parts.store.subscribe(this.#resource.collection, (event) => this.#hear(event))
  }

  #hear(event: StoreEvent): void {
    const gone = event.type === 'deleted'
    this.#reindex(event.previous, gone ? undefined : event.record)
    if (this.#listeners === 0) return
    const happening = new Happening(this.#resource, event)
    for (const listener of this.#everyone) listener.hear(happening)
    if (this.#byName.size > 0) this.#tell(this.#byName.get(nameOf(event.record.key)), happening)
    if (this.#byNode.size > 0) this.#tellNodes(event, happening)
  }

  #tellNodes({ record, previous }: StoreEvent, happening: Happening): void {
    const after = this.#nodeOf(record)
    const before = previous === undefined ? after : this.#nodeOf(previous)
    if (after !== undefined) this.#tell(this.#byNode.get(after), happening)
    if (before !== undefined && before !== after) this.#tell(this.#byNode.get(before), happening)
  }

  #tell(listeners: Iterable<Listener> = [], happening: Happening): void {
    for (const listener of listeners) listener.hear(happening)
  }

  #reindex(previous: StoredRecord | undefined, record: StoredRecord | undefined): void {
    const index = this.#keysByNode
    if (index === undefined) return
    const before = previous === undefined ? undefined : this.#nodeOf(previous)
    const after = record === undefined ? undefined : this.#nodeOf(record)
    if (before === after) return
    if (before !== undefined && previous !== undefined) {
      const keys = index.get(before)
      keys?.delete(previous.key)
      if (keys?.size === 0) index.delete(before)
    }
    if (after !== undefined && record !== undefined) groupOf(index, after).add(record.key)
  }

  #nodeOf({ bytes }: StoredRecord): string | undefined {
    const nodeName = factsOf(this.#resource, bytes).spec?.nodeName
    return typeof nodeName === 'string' && nodeName !== '' ? nodeName : undefined
  }

  #scheduleMarks(): Cancel {
    const { clock, store } = this.#parts
    return clock.after(hubLimits.bookmarkMs, () => {
      this.#cancelMarks = this.#listeners === 0 ? undefined : this.#scheduleMarks()
      for (const listener of this.#all()) listener.mark(store.revision)
    })
  }

  #all(): Listener[] {
    const named = [...this.#byName.values(), ...this.#byNode.values()].flatMap((group) => [...group])
    return [...this.#everyone, ...named]
  }
}

function groupOf<T>(groups: Map<string, Set<T>>, name: string): Set<T> {
  let group = groups.get(name)
  if (group === undefined) {
    group = new Set()
    groups.set(name, group)
  }
  return group
}

function nameOf(key: string): string {
  return key.slice(key.indexOf('/') + 1)
}

function everyRecord(store: Store, collection: string): readonly StoredRecord[] {
  const listing = store.list(collection)
  if (listing === 'compacted') throw new Error(`list ${collection}: the present is never compacted`)
  return listing.records
}
