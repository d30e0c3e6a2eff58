import { expect, test } from 'vitest'
import { scaledValue } from './int-or-string.ts'

const table: [value: number | string, total: number, up: number, down: number][] = [
  [3, 10, 3, 3],
  ['30%', 10, 3, 3],
  ['25%', 10, 3, 2],
  ['1%', 1, 1, 0],
  ['0%', 10, 0, 0],
  ['100%', 7, 7, 7],
  ['29%', 100, 29, 29],
  ['7%', 100, 7, 7],
]

test.each(table)('R5.2 %j of %d is %d, or %d rounded down', (value, total, up, down) => {
  expect(scaledValue(value, total, true)).toBe(up)
  expect(scaledValue(value, total, false)).toBe(down)
})

test.each(['', '5', 'x%', '1.5%', '%'])('%j is no percentage', (value) => {
  expect(() => scaledValue(value, 10, true)).toThrow('string is not a percentage')
})
