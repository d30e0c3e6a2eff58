import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonClone, jsonEqual, setKey } from './json.ts'

const keyed = (key: string, value: unknown) => {
  const object = {}
  setKey(object, key, value)
  return object
}

test.each(['__proto__', 'constructor', 'toString'])('the key %s is data like any other', (key) => {
  expect(jsonEqual(keyed(key, {}), {})).toBe(false)
  expect(jsonEqual({}, keyed(key, { a: 1 }))).toBe(false)
  expect(jsonEqual(keyed(key, { a: 1 }), keyed(key, { a: 1 }))).toBe(true)
  expect(Object.keys(jsonClone(keyed(key, 1)))).toEqual([key])
})

test('equality is symmetric, and a clone is equal', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      expect(jsonEqual(a, b)).toBe(jsonEqual(b, a))
      expect(jsonEqual(a, jsonClone(a))).toBe(true)
    }),
  )
})
