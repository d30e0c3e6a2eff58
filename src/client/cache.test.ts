import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ApiObject } from '../api/types.ts'
import { Cache, keyOf, splitKey } from './cache.ts'

interface Labelled extends ApiObject {
  metadata: { name: string; uid: string; resourceVersion: string; labels: Record<string, string> }
}
const object = (name: string, resourceVersion = '1', color = 'red', uid = `u-${name}`): Labelled => ({
  metadata: { name, uid, resourceVersion, labels: { color } },
})
const byColor = { color: (o: Labelled) => [o.metadata.labels.color ?? ''] }
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
})

test('keys go apart as they came together', () => {
  expect(splitKey('ns/name')).toEqual({ namespace: 'ns', name: 'name' })
  expect(splitKey('name')).toEqual({ namespace: undefined, name: 'name' })
})

test('an index always says what a search of the whole would', () => {
  const colors = ['red', 'blue', 'green']
  const act = fc.record({
    do: fc.constantFrom('put' as const, 'remove' as const),
    // More than the eight that are kept in a list.
    name: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'),
    color: fc.constantFrom('red', 'red', ...colors),
  })
  fc.assert(
    fc.property(fc.array(act, { maxLength: 120, size: 'max' }), (acts) => {
      const cache = new Cache<Labelled>(byColor)
      let version = 0
      for (const { do: what, name, color } of acts) cache[what](object(name, String(++version), color))
      for (const color of colors) {
        const searched = cache.list().filter((o) => o.metadata.labels.color === color)
        const found = cache.byIndex('color', color)
        expect(found).toHaveLength(searched.length)
        expect(new Set(found)).toEqual(new Set(searched))
      }
    }),
  )
})

test('an index added later knows what was there before', () => {
  const cache = new Cache<Labelled>()
  cache.put(object('a', '1', 'blue'))
  cache.addIndexes(byColor)
  expect(cache.byIndex('color', 'blue').map(keyOf)).toEqual(['a'])
})
