import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isObject, type JsonObject, jsonEqual } from '../../base/json.ts'
import { mergePatch } from '../../base/merge-patch.ts'
import { threeWayPatch } from './three-way.ts'

const table: [name: string, original: JsonObject, modified: JsonObject, live: JsonObject, patch: JsonObject][] = [
  ['nothing to do', { a: 1 }, { a: 1 }, { a: 1 }, {}],
  ['what others set stays', { a: 1 }, { a: 1 }, { a: 1, b: 2 }, {}],
  ['a new field', {}, { a: 1 }, { b: 2 }, { a: 1 }],
  ['a changed field', { a: 1 }, { a: 2 }, { a: 1 }, { a: 2 }],
  ['drift is undone', { a: 1 }, { a: 1 }, { a: 3 }, { a: 1 }],
  ['a field that was ours and is no more', { a: 1, b: 2 }, { a: 1 }, { a: 1, b: 2 }, { b: null }],
  ['the same, and it is gone already', { a: 1, b: 2 }, { a: 1 }, { a: 1 }, {}],
  ['inside', { s: { a: 1, b: 2 } }, { s: { a: 1, c: 3 } }, { s: { a: 1, b: 2, d: 4 } }, { s: { b: null, c: 3 } }],
  ['null means absent', {}, { a: null, b: null }, { a: 1 }, { a: null }],
  ['a list with defaults filled in', { l: [{ n: 1 }] }, { l: [{ n: 1 }] }, { l: [{ n: 1, p: 'IfNotPresent' }] }, {}],
  ['a list that lost an item', { l: [1, 2] }, { l: [1] }, { l: [1, 2] }, { l: [1] }],
  ['a list somebody added to', { l: [1] }, { l: [1] }, { l: [1, 2] }, { l: [1] }],
  ['a field left a list item', { l: [{ n: 1, x: 1 }] }, { l: [{ n: 1 }] }, { l: [{ n: 1, x: 1 }] }, { l: [{ n: 1 }] }],
  ['never applied before', {}, { l: [{ n: 1 }] }, { l: [{ n: 1, d: 0 }] }, {}],
  ['another type', { a: {} }, { a: 'x' }, { a: {} }, { a: 'x' }],
]

test.each(table)('%s', (_name, original, modified, live, patch) => {
  expect(threeWayPatch(original, modified, live)).toEqual(patch)
})

const json = fc.letrec<{ value: unknown; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(0, 1, 'a', true),
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('value'), { maxKeys: 4, noNullPrototype: true }),
})).object

/** True when all that `wanted` says holds in `found`. */
function holds(wanted: unknown, found: unknown): boolean {
  if (Array.isArray(wanted) && Array.isArray(found)) {
    return wanted.length === found.length && wanted.every((item, at) => holds(item, found[at]))
  }
  if (!isObject(wanted)) return jsonEqual(wanted, found)
  return isObject(found) && Object.entries(wanted).every(([key, value]) => holds(value, found[key]))
}

test('after the patch the live object says all that the manifest says, and a second look finds nothing to do', () => {
  fc.assert(
    fc.property(json, json, json, (original, modified, live) => {
      const patched = mergePatch(live, threeWayPatch(original, modified, live)) as JsonObject
      expect(holds(modified, patched)).toBe(true)
      expect(threeWayPatch(modified, modified, patched)).toEqual({})
    }),
  )
})

test('what only others ever said is never touched', () => {
  fc.assert(
    fc.property(json, json, json, (original, modified, live) => {
      const patched = mergePatch(live, threeWayPatch(original, modified, live)) as JsonObject
      for (const key of Object.keys(live)) {
        if (original[key] === undefined && modified[key] === undefined) expect(patched[key]).toEqual(live[key])
      }
    }),
  )
})
