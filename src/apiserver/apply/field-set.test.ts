import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareElements, elementOf, fieldElement, keyElement, pathText, valueElement } from './element.ts'
import {
  difference,
  differenceBelow,
  emptySet,
  equalSets,
  type FieldSet,
  fromFieldsV1,
  intersection,
  isEmptySet,
  pathsOf,
  setOfPaths,
  toFieldsV1,
  union,
} from './field-set.ts'

const element = fc.oneof(
  fc.constantFrom('a', 'b', '.', '__proto__', 'x/y').map(fieldElement),
  fc.constantFrom('a', 'b').map((name) => keyElement({ name })),
  fc.constantFrom(80, 443).map((containerPort) => keyElement({ protocol: 'TCP', containerPort })),
  fc.constantFrom('v', 1).map(valueElement),
)
const sets: fc.Arbitrary<FieldSet> = fc
  .array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 8 })
  .map(setOfPaths)

test('W13.3 FieldsV1 says all there is to say about a set', () => {
  fc.assert(
    fc.property(sets, (set) => {
      const read = fromFieldsV1(JSON.parse(JSON.stringify(toFieldsV1(set))))
      expect(equalSets(read!, set)).toBe(true)
      expect(equalSets(setOfPaths(pathsOf(set)), set)).toBe(true)
    }),
  )
})

test('W13.7 the algebra of sets', () => {
  fc.assert(
    fc.property(sets, sets, sets, (a, b, c) => {
      expect(equalSets(union(a, b), union(b, a))).toBe(true)
      expect(equalSets(intersection(a, b), intersection(b, a))).toBe(true)
      expect(equalSets(union(intersection(a, b), difference(a, b)), a)).toBe(true)
      expect(isEmptySet(intersection(difference(a, b), b))).toBe(true)
      expect(equalSets(difference(difference(a, b), c), difference(a, union(b, c)))).toBe(true)
      expect(isEmptySet(difference(differenceBelow(a, b), difference(a, b)))).toBe(true)
      expect(isEmptySet(difference(a, a))).toBe(true)
      expect(union(a, emptySet)).toBe(a)
    }),
  )
})

test('W13.3 the written form: order, `.`, keys', () => {
  const path = (...names: string[]) => names.map(fieldElement)
  const item = keyElement({ protocol: 'TCP', containerPort: 80 })
  const set = setOfPaths([
    path('spec', 'b'),
    path('spec', 'a'),
    path('metadata', 'labels'),
    path('metadata', 'labels', 'app'),
    [...path('ports'), item, ...path('name')],
    [...path('ports'), keyElement({ containerPort: 9, protocol: 'TCP' })],
    [...path('finalizers'), valueElement('x/y')],
  ])
  expect(JSON.stringify(toFieldsV1(set))).toBe(
    JSON.stringify({
      'f:finalizers': { 'v:"x/y"': {} },
      'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
      'f:ports': {
        'k:{"containerPort":9,"protocol":"TCP"}': {},
        'k:{"containerPort":80,"protocol":"TCP"}': { 'f:name': {} },
      },
      'f:spec': { 'f:a': {}, 'f:b': {} },
    }),
  )
})

test.each([
  ['f:name', '.name'],
  ['f:app.kubernetes.io/name', '.app.kubernetes.io/name'],
  ['k:{"name":"main"}', '[name="main"]'],
  ['k:{"containerPort":80,"protocol":"TCP"}', '[containerPort=80,protocol="TCP"]'],
  ['v:"x"', '[="x"]'],
  ['i:0', '[0]'],
])('W13.9 %s is shown as %s', (element, text) => {
  expect(elementOf(element)).toBe(element)
  expect(pathText([element])).toBe(text)
})

test('a key in another form is the same key', () => {
  expect(elementOf('k:{ "protocol": "TCP", "containerPort": 80 }')).toBe('k:{"containerPort":80,"protocol":"TCP"}')
})

test.each([['x:1'], ['k:[]'], ['k:{'], ['v:'], ['i:x'], ['']])('%j is no element', (text) => {
  expect(elementOf(text)).toBeUndefined()
  expect(fromFieldsV1({ [text]: {} })).toBeUndefined()
})

test('fields come before keys, keys before values, values before indexes', () => {
  const elements = ['i:0', 'v:"a"', 'k:{"name":"b"}', 'k:{"name":"a"}', 'f:b', 'f:a']
  expect(elements.sort(compareElements)).toEqual(['f:a', 'f:b', 'k:{"name":"a"}', 'k:{"name":"b"}', 'v:"a"', 'i:0'])
})
