import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isObject, type JsonObject, jsonClone, jsonEqual } from './json.ts'
import { jsonPatch } from './json-patch.ts'
import type { PatchFailure } from './patch-error.ts'

const applies: [name: string, target: unknown, operations: unknown[], result: unknown][] = [
  ['add a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
  ['add over a member', { a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
  ['add into a list', [1, 3], [{ op: 'add', path: '/1', value: 2 }], [1, 2, 3]],
  ['add at the end of a list', [1], [{ op: 'add', path: '/1', value: 2 }], [1, 2]],
  ['append', { l: [1] }, [{ op: 'add', path: '/l/-', value: [2] }], { l: [1, [2]] }],
  ['add null', {}, [{ op: 'add', path: '/a', value: null }], { a: null }],
  ['add the document', { a: 1 }, [{ op: 'add', path: '', value: [] }], []],
  ['remove a member', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
  ['remove an item', [1, 2, 3], [{ op: 'remove', path: '/1' }], [1, 3]],
  ['remove from the end', [1, 2, 3], [{ op: 'remove', path: '/-1' }], [1, 2]],
  ['replace', { a: [1, 2] }, [{ op: 'replace', path: '/a/0', value: 9 }], { a: [9, 2] }],
  ['replace what is not there', {}, [{ op: 'replace', path: '/a', value: 1 }], { a: 1 }],
  ['move', { a: { b: 1 }, c: {} }, [{ op: 'move', from: '/a/b', path: '/c/d' }], { a: {}, c: { d: 1 } }],
  ['move within a list', [1, 2, 3], [{ op: 'move', from: '/0', path: '/2' }], [2, 3, 1]],
  ['move onto itself', { a: 1 }, [{ op: 'move', from: '/a', path: '/a' }], { a: 1 }],
  ['copy', { a: { b: 1 } }, [{ op: 'copy', from: '/a', path: '/c' }], { a: { b: 1 }, c: { b: 1 } }],
  [
    'test ignores key order',
    { a: { b: 1, c: 2 } },
    [{ op: 'test', path: '/a', value: { c: 2, b: 1 } }],
    { a: { b: 1, c: 2 } },
  ],
  ['test: absent is null', {}, [{ op: 'test', path: '/a/b', value: null }], {}],
  [
    '~1 and ~0',
    { 'a/b': 1, 'm~n': 2 },
    [
      { op: 'remove', path: '/a~1b' },
      { op: 'remove', path: '/m~0n' },
    ],
    {},
  ],
  ['~01 is ~1', { '~1': 1 }, [{ op: 'remove', path: '/~01' }], {}],
  ['an empty key', { '': 1 }, [{ op: 'replace', path: '/', value: 2 }], { '': 2 }],
  ['the key constructor', { constructor: 1 }, [{ op: 'replace', path: '/constructor', value: 2 }], { constructor: 2 }],
]

test.each(applies)('W10.4 %s', (_, target, operations, result) => {
  const before = jsonClone(target)
  expect(jsonPatch(target, operations)).toEqual(result)
  expect(target).toEqual(before)
})

const refused: [name: string, target: unknown, operations: unknown, reason: PatchFailure, message: string][] = [
  [
    'no list',
    {},
    { op: 'add' },
    'malformed',
    'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
  ],
  ['no object', {}, ['add'], 'malformed', 'operation 0 is not an object'],
  ['no such operation', {}, [{ op: 'put', path: '/a' }], 'does not apply', 'operation 0 (put): no such operation'],
  ['no path', {}, [{ op: 'remove' }], 'does not apply', 'operation 0 (remove): needs a "path"'],
  ['no value', {}, [{ op: 'add', path: '/a' }], 'does not apply', 'operation 0 (add): needs a "value"'],
  [
    'no parent',
    {},
    [{ op: 'add', path: '/a/b', value: 1 }],
    'does not apply',
    'operation 0 (add): "/a" does not exist',
  ],
  [
    'a scalar parent',
    { a: 1 },
    [{ op: 'add', path: '/a/b', value: 1 }],
    'does not apply',
    'operation 0 (add): "/a" does not exist',
  ],
  ['remove nothing', {}, [{ op: 'remove', path: '/a' }], 'does not apply', 'operation 0 (remove): "/a" does not exist'],
  [
    'remove the inherited',
    {},
    [{ op: 'remove', path: '/toString' }],
    'does not apply',
    'operation 0 (remove): "/toString" does not exist',
  ],
  [
    'replace past the end',
    [1],
    [{ op: 'replace', path: '/-', value: 1 }],
    'does not apply',
    'operation 0 (replace): no index "-" in a list of 1',
  ],
  [
    'an index past the end',
    [1],
    [{ op: 'add', path: '/2', value: 1 }],
    'does not apply',
    'operation 0 (add): no index "2" in a list of 1',
  ],
  [
    'a leading zero',
    [1, 2],
    [{ op: 'remove', path: '/01' }],
    'does not apply',
    'operation 0 (remove): no index "01" in a list of 2',
  ],
  [
    'a failed test',
    { a: 1 },
    [
      { op: 'add', path: '/b', value: 1 },
      { op: 'test', path: '/a', value: '1' },
    ],
    'does not apply',
    'operation 1 (test): "/a" does not have the given value',
  ],
  [
    'into itself',
    { a: {} },
    [{ op: 'move', from: '/a', path: '/a/b' }],
    'does not apply',
    'operation 0 (move): "/a" cannot move into itself',
  ],
  [
    'copies of copies',
    { a: 'x'.repeat(1000) },
    Array.from({ length: 20 }, (_, i) => ({ op: 'copy', from: '', path: `/b${i}` })),
    'too large',
    'copies more than 3145728 bytes or too deep',
  ],
  [
    'too many',
    {},
    Array(10_001).fill({}),
    'too large',
    'The allowed maximum operations in a JSON patch is 10000, got 10001',
  ],
]

test.each(refused)('W10.4 refuses %s', (_, target, operations, reason, message) => {
  expect(() => jsonPatch(target, operations)).toThrow(expect.objectContaining({ reason }))
  expect(() => jsonPatch(target, operations)).toThrow(message)
})

test('W10.4 an operation never reaches a prototype', () => {
  const operations = [
    { op: 'add', path: '/__proto__', value: { polluted: 1 } },
    { op: 'add', path: '/a/__proto__', value: { polluted: 1 } },
    { op: 'add', path: '/__proto__/deeper', value: 1 },
  ]
  const result = jsonPatch({ a: {} }, operations)
  expect(JSON.stringify(result)).toBe('{"a":{"__proto__":{"polluted":1}},"__proto__":{"polluted":1,"deeper":1}}')
  expect(({} as JsonObject).polluted).toBeUndefined()
  expect(() => jsonPatch({}, [{ op: 'add', path: '/__proto__/polluted', value: 1 }])).toThrow('does not exist')
  expect(({} as JsonObject).polluted).toBeUndefined()
})

test('W10.4 the difference of two documents leads from one to the other', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (from, to) => {
      expect(jsonEqual(jsonPatch(from, difference('', from, to)), to)).toBe(true)
    }),
  )
})

test('W10.4 whatever is sent, the answer is a document or a reason', () => {
  const path = fc.constantFrom('', '/a', '/a/0', '/a/-', '/b/c', '/__proto__', 'a', '/a/-1')
  const op = fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'put')
  const operation = fc.record({ op, path, from: path, value: fc.jsonValue({ maxDepth: 2 }) }, { requiredKeys: ['op'] })
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 6 }), (operations) => {
      try {
        JSON.stringify(jsonPatch({ a: [1], b: {} }, operations))
      } catch (error) {
        expect(error).toMatchObject({ name: 'PatchError' })
      }
    }),
  )
})

function difference(path: string, from: unknown, to: unknown): object[] {
  if (jsonEqual(from, to)) return [{ op: 'test', path, value: from }]
  if (!isObject(from) || !isObject(to)) return [{ op: 'replace', path, value: to }]
  const operations: object[] = []
  const at = (key: string) => `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) operations.push({ op: 'remove', path: at(key) })
  for (const key of Object.keys(to)) {
    if (Object.hasOwn(from, key)) operations.push(...difference(at(key), from[key], to[key]))
    else operations.push({ op: 'add', path: at(key), value: to[key] })
  }
  return operations
}
