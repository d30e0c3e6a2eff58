import { expect, test } from 'vitest'
import { differenceTo } from './screen-text.ts'

const table: [expected: string, seen: string, fits: boolean][] = [
  ['a  b', 'a    b\n', true],
  ['a b', 'a c', false],
  ['fluentd-<suffix> <age>', 'fluentd-x2xvb   12s', true],
  ['fluentd-<suffix> <age>', 'fluentd-aeiou   12s', false],
  ['NAME\n...\nlast', 'NAME\none\ntwo\nlast', true],
  ['NAME\n...\nlast', 'NAME\nlast', true],
  ['NAME\nlast', 'NAME\none\nlast', false],
  ['<none>', '<none>', true],
  ['a.b', 'axb', false],
]
test.each(table)('%s against %s', (expected, seen, fits) => {
  expect(differenceTo(expected, seen) === undefined).toBe(fits)
})
