// The objects of one collection as last heard of, found by key and by index, and what each change meant.

import type { ApiObject } from '../api/types.ts'

export interface Change<T extends ApiObject> {
  readonly type: 'added' | 'updated' | 'deleted'
  /** For 'deleted' the last state that is known. */
  readonly object: T
  readonly previous?: T
}

export type Indexes<T> = Readonly<Record<string, (object: T) => readonly string[]>>

/** `namespace/name`, or `name` of a cluster-wide object. */
export function keyOf(object: ApiObject): string {
  const { namespace, name = '' } = object.metadata
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`
}

export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/')
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

const none: readonly never[] = []

export class Cache<T extends ApiObject> {
  readonly #objects = new Map<string, T>()
  readonly #indexes = new Map<string, Index<T>>()
  #listed: readonly T[] | undefined

  constructor(indexes: Indexes<T> = {}) {
    this.addIndexes(indexes)
  }

  /** Also over what is there already. An index of a known name is left as it is. */
  addIndexes(indexes: Indexes<T>): void {
    for (const [name, valuesOf] of Object.entries(indexes)) {
      if (this.#indexes.has(name)) continue
      const index = new Index(valuesOf)
      for (const [key, object] of this.#objects) index.move(key, undefined, object)
      this.#indexes.set(name, index)
    }
  }

  get(key: string): T | undefined {
    return this.#objects.get(key)
  }

  list(): readonly T[] {
    this.#listed ??= [...this.#objects.values()]
    return this.#listed
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name)
    if (index === undefined) throw new Error(`the cache has no index ${name}: it has ${[...this.#indexes.keys()]}`)
    return index.find(value)
  }

  put(object: T): readonly Change<T>[] {
    const key = keyOf(object)
    const previous = this.#objects.get(key)
    this.#listed = undefined
    this.#objects.set(key, object)
    for (const index of this.#indexes.values()) index.move(key, previous, object)
    if (previous === undefined) return [{ type: 'added', object }]
    // Deleted and made again while we were not listening: two objects, so two changes.
    if (previous.metadata.uid !== object.metadata.uid) {
      return [
        { type: 'deleted', object: previous },
        { type: 'added', object },
      ]
    }
    return [{ type: 'updated', object, previous }]
  }

  remove(object: T): readonly Change<T>[] {
    const key = keyOf(object)
    const previous = this.#objects.get(key)
    if (previous === undefined) return none
    this.#listed = undefined
    this.#objects.delete(key)
    for (const index of this.#indexes.values()) index.move(key, previous, undefined)
    return [{ type: 'deleted', object, previous }]
  }

  /** Exactly these from now on. An object whose resourceVersion is unchanged stays the one it was. */
  replace(objects: readonly T[]): readonly Change<T>[] {
    const changes: Change<T>[] = []
    const kept = new Set(objects.map(keyOf))
    for (const [key, object] of this.#objects) if (!kept.has(key)) changes.push(...this.remove(object))
    for (const object of objects) {
      const known = this.#objects.get(keyOf(object))?.metadata
      const { uid, resourceVersion } = object.metadata
      if (known !== undefined && known.uid === uid && known.resourceVersion === resourceVersion) continue
      changes.push(...this.put(object))
    }
    return changes
  }
}

class Index<T> {
  readonly #valuesOf: (object: T) => readonly string[]
  readonly #objects = new Map<string, Map<string, T>>()

  constructor(valuesOf: (object: T) => readonly string[]) {
    this.#valuesOf = valuesOf
  }

  find(value: string): readonly T[] {
    const found = this.#objects.get(value)
    return found === undefined ? none : [...found.values()]
  }

  move(key: string, previous: T | undefined, object: T | undefined): void {
    const before = previous === undefined ? none : this.#valuesOf(previous)
    const after = object === undefined ? none : this.#valuesOf(object)
    for (const value of before) {
      if (after.includes(value)) continue
      const found = this.#objects.get(value)
      found?.delete(key)
      if (found?.size === 0) this.#objects.delete(value)
    }
    if (object === undefined) return
    for (const value of after) {
      const found = this.#objects.get(value)
      if (found === undefined) this.#objects.set(value, new Map([[key, object]]))
      else found.set(key, object)
    }
  }
}
