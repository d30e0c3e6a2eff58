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

/** Where the cache keeps an object: indexes refer to the place, so that a new state of the object moves nothing in them. */
interface Place<T> {
  object: T
}

export class Cache<T extends ApiObject> {
  /** By namespace ('' where there is none), then by name: an object brings both, so no key takes memory of its own. */
  readonly #namespaces = new Map<string, Map<string, Place<T>>>()
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
      for (const places of this.#namespaces.values()) {
        for (const place of places.values()) index.move(place, undefined, place.object)
      }
      this.#indexes.set(name, index)
    }
  }

  get(key: string): T | undefined {
    const { namespace = '', name } = splitKey(key)
    return this.#namespaces.get(namespace)?.get(name)?.object
  }

  list(): readonly T[] {
    this.#listed ??= [...this.#namespaces.values()].flatMap((places) => objectsOf(places.values()))
    return this.#listed
  }

  byIndex(name: string, value: string): readonly T[] {
    return this.#index(name).find(value)
  }

  /** Those that have a value which begins so. This looks at every value there is, though not at every object. */
  byIndexPrefix(name: string, prefix: string): readonly T[] {
    return this.#index(name).findPrefix(prefix)
  }

  put(object: T): readonly Change<T>[] {
    const known = this.#placeOf(object)
    const place = known ?? this.#newPlace(object)
    const previous = known?.object
    this.#listed = undefined
    place.object = object
    for (const index of this.#indexes.values()) index.move(place, previous, object)
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
    const { namespace = '', name = '' } = object.metadata
    const places = this.#namespaces.get(namespace)
    const place = places?.get(name)
    if (places === undefined || place === undefined) return none
    this.#listed = undefined
    places.delete(name)
    if (places.size === 0) this.#namespaces.delete(namespace)
    for (const index of this.#indexes.values()) index.move(place, place.object, undefined)
    return [{ type: 'deleted', object, previous: place.object }]
  }

  /** Exactly these from now on. An object whose resourceVersion is unchanged stays the one it was. */
  replace(objects: readonly T[]): readonly Change<T>[] {
    const changes: Change<T>[] = []
    const kept = new Set(objects.map(keyOf))
    for (const object of this.list()) if (!kept.has(keyOf(object))) changes.push(...this.remove(object))
    for (const object of objects) {
      const known = this.#placeOf(object)?.object.metadata
      const { uid, resourceVersion } = object.metadata
      if (known !== undefined && known.uid === uid && known.resourceVersion === resourceVersion) continue
      changes.push(...this.put(object))
    }
    return changes
  }

  #index(name: string): Index<T> {
    const index = this.#indexes.get(name)
    if (index === undefined) throw new Error(`the cache has no index ${name}: it has ${[...this.#indexes.keys()]}`)
    return index
  }

  #placeOf({ metadata: { namespace = '', name = '' } }: T): Place<T> | undefined {
    return this.#namespaces.get(namespace)?.get(name)
  }

  #newPlace(object: T): Place<T> {
    const { namespace = '', name = '' } = object.metadata
    const place: Place<T> = { object }
    const places = this.#namespaces.get(namespace)
    if (places === undefined) this.#namespaces.set(namespace, new Map([[name, place]]))
    else places.set(name, place)
    return place
  }
}

/** Of up to so many places a value keeps a list, of more a set. */
const listLimit = 8

type Places<T> = Place<T> | readonly Place<T>[] | Set<Place<T>>

class Index<T extends ApiObject> {
  readonly #valuesOf: (object: T) => readonly string[]
  /** Most values of most indexes have one object or a few: a set around them would take several times their place. */
  readonly #places = new Map<string, Places<T>>()

  constructor(valuesOf: (object: T) => readonly string[]) {
    this.#valuesOf = valuesOf
  }

  find(value: string): readonly T[] {
    return objectsOf(all(this.#places.get(value)))
  }

  findPrefix(prefix: string): readonly T[] {
    const found = new Set<Place<T>>()
    for (const [value, places] of this.#places) {
      if (value.startsWith(prefix)) for (const place of all(places)) found.add(place)
    }
    return objectsOf(found)
  }

  move(place: Place<T>, previous: T | undefined, object: T | undefined): void {
    const before = previous === undefined ? none : this.#valuesOf(previous)
    const after = object === undefined ? none : this.#valuesOf(object)
    for (const value of before) if (!after.includes(value)) this.#take(value, place)
    for (const value of after) if (!before.includes(value)) this.#add(value, place)
  }

  #add(value: string, place: Place<T>): void {
    const found = this.#places.get(value)
    if (found instanceof Set) found.add(place)
    else this.#places.set(value, few([...all(found), place]) ?? new Set([...all(found), place]))
  }

  #take(value: string, place: Place<T>): void {
    const found = this.#places.get(value)
    if (found instanceof Set) {
      found.delete(place)
      // Not at the limit itself, or one that comes and goes would make it anew each time.
      if (found.size > listLimit / 2) return
    }
    const left = few([...all(found)].filter((one) => one !== place))
    if (left === undefined) this.#places.delete(value)
    else this.#places.set(value, left)
  }
}

function all<T>(places: Places<T> | undefined): Iterable<Place<T>> {
  if (places === undefined) return none
  return 'object' in places ? [places] : places
}

/** Undefined: there are none, or more than a few. As a copy, because a list that was pushed to has room for sixteen more. */
function few<T>(places: readonly Place<T>[]): Places<T> | undefined {
  if (places.length === 0 || places.length > listLimit) return undefined
  return places.length === 1 ? places[0] : places.slice()
}

function objectsOf<T>(places: Iterable<Place<T>>): readonly T[] {
  return Array.from(places, ({ object }) => object)
}
