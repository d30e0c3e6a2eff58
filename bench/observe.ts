// An outside watcher of one collection: when does something become true of it, by our own clock?

import type { Resource } from '../src/api/resources.ts'
import type { ApiObject } from '../src/api/types.ts'
import type { Client } from '../src/client/client.ts'

const longestMs = 180_000

export interface Milestone<T extends ApiObject> {
  holds(object: T): boolean
  /** Of so many objects at a time. */
  readonly count: number
}

type AtMs<Name extends string> = Readonly<Record<Name, number>>

/** When each milestone was first reached, by `performance.now()`; throws after three minutes. */
export async function whenReached<T extends ApiObject, Name extends string>(
  client: Client,
  resource: Resource,
  milestones: Readonly<Record<Name, Milestone<T>>>,
): Promise<AtMs<Name>> {
  const observers = Object.entries<Milestone<T>>(milestones).map(([name, milestone]) => new Observer(name, milestone))
  const done = () => observers.every(({ atMs }) => atMs !== undefined)
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), longestMs)
  try {
    const list = await client.list<T>(resource)
    for (const object of list.items) for (const observer of observers) observer.put(object)
    const from = { resourceVersion: list.metadata.resourceVersion ?? '' }
    if (!done()) {
      for await (const { type, object } of client.watch<T>(resource, from, abort.signal)) {
        if (type === 'BOOKMARK') continue
        for (const observer of observers) type === 'DELETED' ? observer.remove(object) : observer.put(object)
        if (done()) break
      }
    }
  } finally {
    clearTimeout(timer)
    abort.abort()
  }
  if (!done()) throw new Error(`${resource.plural}: ${observers.map(String).join(', ')}`)
  return Object.fromEntries(observers.map(({ name, atMs }) => [name, atMs])) as AtMs<Name>
}

class Observer<T extends ApiObject> {
  readonly name: string
  atMs: number | undefined
  readonly #milestone: Milestone<T>
  readonly #holding = new Set<string>()

  constructor(name: string, milestone: Milestone<T>) {
    this.name = name
    this.#milestone = milestone
  }

  put(object: T): void {
    if (!this.#milestone.holds(object)) this.remove(object)
    else this.#holding.add(object.metadata.uid ?? '')
    if (this.#holding.size >= this.#milestone.count) this.atMs ??= performance.now()
  }

  remove(object: T): void {
    this.#holding.delete(object.metadata.uid ?? '')
  }

  toString(): string {
    return `${this.name}: ${this.#holding.size} of ${this.#milestone.count}`
  }
}
