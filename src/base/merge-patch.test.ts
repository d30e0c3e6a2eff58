import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isObject, type JsonObject, jsonClone, jsonEqual, setKey } from './json.ts'
import { mergePatch } from './merge-patch.ts'

/** The table of RFC 7386, appendix A. */
const table: [target: unknown, patch: unknown, result: unknown][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
]

test.each(table)('W10.5 %j patched with %j is %j', (target, patch, result) => {
  const before = jsonClone(target)
  expect(mergePatch(target, patch)).toEqual(result)
  expect(target).toEqual(before)
})

const noNulls = fc.jsonValue({ maxDepth: 3 }).map(withoutNulls)
const objects = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), noNulls)

test('W10.5 a patch applied twice is a patch applied once', () => {
  fc.assert(
    fc.property(objects, fc.dictionary(fc.string(), fc.jsonValue()), (target, patch) => {
      const once = mergePatch(target, patch)
      expect(jsonEqual(mergePatch(once, patch), once)).toBe(true)
    }),
  )
})

test('W10.5 the difference of two objects leads from one to the other', () => {
  fc.assert(
    fc.property(objects, objects, (from, to) => {
      expect(jsonEqual(mergePatch(from, difference(from, to)), to)).toBe(true)
    }),
  )
})

test('W10.5 a patch never reaches a prototype', () => {
  mergePatch(
    { a: {} },
    JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1},"constructor":{"x":1}}}'),
  )
  expect(({} as JsonObject).polluted).toBeUndefined()
  expect((Object as unknown as JsonObject).x).toBeUndefined()
})

test('a patch nested without end is refused, not walked', () => {
  const depth = 100_000
  const deep = JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`) as unknown
  expect(() => mergePatch({}, deep)).toThrow('100000 levels deep, the limit is 500')
})

function difference(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {}
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) setKey(patch, key, null)
  for (const key of Object.keys(to)) {
    const [left, right] = [Object.hasOwn(from, key) ? from[key] : undefined, to[key]]
    if (jsonEqual(left, right)) continue
    setKey(patch, key, isObject(left) && isObject(right) ? difference(left, right) : right)
  }
  return patch
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value ?? 0
  const kept: JsonObject = {}
  for (const key of Object.keys(value)) setKey(kept, key, withoutNulls(value[key]))
  return kept
}
