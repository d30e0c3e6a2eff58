import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { yamlText } from './yaml-text.ts'

// As kubectl 1.32 writes them: `kubectl annotate --local -f FILE -o yaml`.
const texts: [text: string, yaml: string][] = [
  ['plain', 'plain'],
  ['two words', 'two words'],
  ['yes', '"yes"'],
  ['yEs', 'yEs'],
  ['y', '"y"'],
  ['on', '"on"'],
  ['null', '"null"'],
  ['~', '"~"'],
  ['', '""'],
  ['1', '"1"'],
  ['012', '"012"'],
  ['08', '"08"'],
  ['0x1F', '"0x1F"'],
  ['1e3', '"1e3"'],
  ['1e400', '1e400'],
  ['.5', '".5"'],
  ['.', '.'],
  ['1.2.3', '1.2.3'],
  ['100m', '100m'],
  ['2026-01-02T03:04:05Z', '"2026-01-02T03:04:05Z"'],
  ['2026-13-02', '2026-13-02'],
  ['12:30', '"12:30"'],
  ['10.0.0.1/8', '10.0.0.1/8'],
  ['a: b', "'a: b'"],
  ['a:b', 'a:b'],
  ['a #b', "'a #b'"],
  ['#a', "'#a'"],
  ['- a', "'- a'"],
  ['-a', '-a'],
  ["it's", "it's"],
  ["'a'", "'''a'''"],
  ['"a"', '\'"a"\''],
  [' a', "' a'"],
  ['a\tb', '"a\\tb"'],
  ['\u001b[1m', '"\\e[1m"'],
  ['a\\b', 'a\\b'],
  ['<<', '<<'],
  ['é', 'é'],
  ['😀 x', '"\\U0001F600 x"'],
  ['a\nb', '|-\n  a\n  b'],
  ['a\n', '|\n  a'],
  ['a\n\n', '|+\n  a\n'],
  ['\na', '|2-\n\n  a'],
  ['a \nb', '"a \\nb"'],
  ['{}', "'{}'"],
  ['[x', "'[x'"],
  ['key=value', 'key=value'],
]

test.each(texts)('%j is written as %s', (text, yaml) => {
  expect(yamlText({ k: text })).toBe(`k: ${yaml}\n`)
})

test('a long text breaks at the first lone space after column 80', () => {
  const long =
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as it.'
  expect(yamlText({ a: { 'kubernetes.io/description': long } })).toBe(
    'a:\n  kubernetes.io/description: Contains a CA bundle that can be used to verify the kube-apiserver\n' +
      '    when using internal endpoints such as it.\n',
  )
  expect(yamlText({ a: 'x'.repeat(90) })).toBe(`a: ${'x'.repeat(90)}\n`)
})

test('lists stand under their key, not further in; empty ones stay on the line', () => {
  const value = { l: [1, 2.5, [], {}, [[1, 2], ['a']], [{ a: [{ b: 1 }], c: null }], null, true], m: { z: {}, y: [] } }
  expect(yamlText(value)).toBe(`l:
- 1
- 2.5
- []
- {}
- - - 1
    - 2
  - - a
- - a:
    - b: 1
    c: null
- null
- true
m:
  "y": []
  z: {}
`)
})

test('keys stand in natural order', () => {
  const keys = ['node-10', 'node-9', 'a.io/b10', 'a.io/b2', 'Z', 'a', '2', '10', 'a/b', 'a-b', 'a1']
  const text = yamlText(Object.fromEntries(keys.map((key) => [key, 0])))
  expect(text.match(/^[^:]+/gm)).toEqual([
    '"2"',
    '"10"',
    'Z',
    'a',
    'a-b',
    'a.io/b2',
    'a.io/b10',
    'a/b',
    'a1',
    'node-9',
    'node-10',
  ])
})

test('whatever is written reads back as it was', () => {
  const piece = fc.constantFrom(...' :#-\'"\n\t10._e/y[{,é~+word', 'lorem ipsum ', 'z'.repeat(30), 'true', '\\', '|')
  const text = fc
    .array(piece, { maxLength: 30 })
    .map((pieces) => pieces.join(''))
    // The library that reads takes a dot or an `e` without digits for a number; Kubernetes' own does not.
    .filter((text) => !/^[-+]?[\d_]*[._e]/.test(text))
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }))
  fc.assert(
    fc.property(value, (value) => {
      expect(parse(yamlText({ value }), { version: '1.1' })).toEqual({ value })
    }),
    { numRuns: 500 },
  )
})
