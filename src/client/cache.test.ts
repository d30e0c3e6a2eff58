import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ApiObject } from '../api/types.ts'
import { Cache, type Change, keyOf, splitKey } from './cache.ts'

interface Labelled extends ApiObject {
  metadata: { name: string; uid: string; resourceVersion: string; labels: Record<string, string> }
}
const object = (name: string, resourceVersion = '1', color = 'red', uid = `u-${name}`): Labelled => ({
  metadata: { name, uid, resourceVersion, labels: { color } },
})
/** An object may have several colors. */
const byColor = { color: (o: Labelled) => (o.metadata.labels.color ?? '').split(' ') }
const told = (changes: readonly { type: string; object: ApiObject }[]) =>
  changes.map((change) => `${change.type} ${change.object.metadata.name}`)

test('a relist is told as what differs, and keeps what did not change', () => {
  const cache = new Cache<Labelled>(byColor)
  const [a, b, c] = [object('a'), object('b'), object('c')]
  cache.replace([a, b, c])
  const changes = cache.replace([object('a'), object('b', '2', 'blue'), object('d')])
  expect(told(changes)).toEqual(['deleted c', 'updated b', 'added d'])
  expect(cache.get('a')).toBe(a)
  expect(changes[1]!.previous).toBe(b)
  expect(cache.byIndex('color', 'blue').map(keyOf)).toEqual(['b'])
})

test('an object with another uid is another object', () => {
  const cache = new Cache<Labelled>()
  cache.put(object('a', '1', 'red', 'first'))
  const changes = cache.put(object('a', '9', 'red', 'second'))
  expect(changes.map(({ type, object }) => `${type} ${object.metadata.uid}`)).toEqual(['deleted first', 'added second'])
})

test('removing what is not there is told to nobody', () => {
  expect(new Cache<Labelled>().remove(object('a'))).toEqual([])
})

test('an index that does not exist is a mistake, not an empty answer', () => {
  expect(() => new Cache<Labelled>(byColor).byIndex('colour', 'red')).toThrow(/no index colour/)
  expect(() => new Cache<Labelled>(byColor).byIndexPrefix('colour', 'r')).toThrow(/no index colour/)
})

test('keys go apart as they came together', () => {
  expect(splitKey('ns/name')).toEqual({ namespace: 'ns', name: 'name' })
  expect(splitKey('name')).toEqual({ namespace: undefined, name: 'name' })
})

/** What a cache says, from a plain map and by searching it. */
class PlainCache {
  #objects = new Map<string, Labelled>()

  get(key: string): Labelled | undefined {
    return this.#objects.get(key)
  }

  found(color?: string): Set<Labelled> {
    return new Set([...this.#objects.values()].filter((o) => color === undefined || byColor.color(o).includes(color)))
  }

  put(object: Labelled): string[] {
    const previous = this.#objects.get(keyOf(object))
    this.#objects.set(keyOf(object), object)
    if (previous === undefined) return [`added ${version(object)}`]
    if (previous.metadata.uid !== object.metadata.uid)
      return [`deleted ${version(previous)}`, `added ${version(object)}`]
    return [`updated ${version(object)} after ${version(previous)}`]
  }

  remove(object: Labelled): string[] {
    const previous = this.#objects.get(keyOf(object))
    if (previous === undefined) return []
    this.#objects.delete(keyOf(object))
    return [`deleted ${version(object)} after ${version(previous)}`]
  }

  replace(objects: readonly Labelled[]): string[] {
    const kept = new Set(objects.map(keyOf))
    const gone = [...this.#objects.values()].filter((o) => !kept.has(keyOf(o)))
    const news = objects.filter((o) => this.get(keyOf(o))?.metadata.resourceVersion !== o.metadata.resourceVersion)
    return [...gone.map((o) => this.remove(o)), ...news.map((o) => this.put(o))].flat()
  }
}

const version = ({ metadata: { resourceVersion } }: Labelled) => resourceVersion

const places = fc.record({
  // Of names more than the eight that are kept in a list.
  name: fc.constantFrom(...'abcdefghijklmnopqrst'),
  namespace: fc.constantFrom(undefined, '', 'x', 'y'),
  color: fc.constantFrom('red', 'red', 'blue', 'green', 'red blue', ''),
  uid: fc.constantFrom('1', '1', '1', '2'),
})
type Place = typeof places extends fc.Arbitrary<infer P> ? P : never
const acts = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ do: fc.constant('put' as const), of: places }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('remove' as const), of: places }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('replace' as const), keep: fc.nat(4), of: places }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('index' as const) }) },
  ),
  { maxLength: 120, size: 'max' },
)

test('C16 after any history a compact cache says what a plain map and a search of it say, and tells the same changes', () => {
  fc.assert(
    fc.property(acts, fc.boolean(), (acts, indexedFirst) => {
      const cache = new Cache<Labelled>(indexedFirst ? byColor : {})
      const plain = new PlainCache()
      let count = 0
      const made = ({ name, namespace, color, uid }: Place): Labelled => {
        const one = object(name, String(++count), color, uid)
        return { metadata: { ...one.metadata, ...(namespace === undefined ? {} : { namespace }) } } as Labelled
      }
      for (const act of acts) {
        if (act.do === 'index') cache.addIndexes(byColor)
        else if (act.do === 'replace') {
          // Some stay as they were, the others are gone, and one is new.
          const listed = [...plain.found()].filter((_, i) => i % 5 < act.keep)
          const one = made(act.of)
          const objects = [...listed.filter((o) => keyOf(o) !== keyOf(one)), one]
          expect(toldWhole(cache.replace(objects)).sort()).toEqual(plain.replace(objects).sort())
        } else {
          const one = made(act.of)
          expect(toldWhole(cache[act.do](one))).toEqual(plain[act.do](one))
          expect(cache.get(keyOf(one))).toBe(plain.get(keyOf(one)))
        }
        expect(new Set(cache.list())).toEqual(plain.found())
      }
      cache.addIndexes(byColor)
      for (const color of ['red', 'blue', 'green', '']) {
        const found = cache.byIndex('color', color)
        expect(new Set(found)).toEqual(plain.found(color))
        expect(found).toHaveLength(plain.found(color).size)
      }
      const found = cache.byIndexPrefix('color', 'r')
      expect(new Set(found)).toEqual(plain.found('red'))
      expect(found).toHaveLength(plain.found('red').size)
      expect(cache.byIndexPrefix('color', '')).toHaveLength(plain.found().size)
    }),
    { numRuns: 60 },
  )
})

const toldWhole = (changes: readonly Change<Labelled>[]) =>
  changes.map(({ type, object, previous }) =>
    previous === undefined ? `${type} ${version(object)}` : `${type} ${version(object)} after ${version(previous)}`,
  )

test('an index added later knows what was there before', () => {
  const cache = new Cache<Labelled>()
  cache.put(object('a', '1', 'blue'))
  cache.addIndexes(byColor)
  expect(cache.byIndex('color', 'blue').map(keyOf)).toEqual(['a'])
})
