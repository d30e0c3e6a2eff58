import { expect, test } from 'vitest'
import type { Goal } from './scenario.ts'
import { figure, summaryOf, table, verdictOf } from './statistics.ts'

test.each([
  [[3, 1, 2], { min: 1, median: 2, max: 3, spread: 1 }],
  [[4, 1, 2, 3], { min: 1, median: 2.5, max: 4, spread: 1.2 }],
  [[7], { min: 7, median: 7, max: 7, spread: 0 }],
  [[0, 0], { min: 0, median: 0, max: 0, spread: 0 }],
])('of %j: %j', (values, summary) => {
  expect(summaryOf(values)).toEqual(summary)
})

const less: Goal = { id: 'F1', better: 'less', must: 1000, moonshot: 300 }
const more: Goal = { id: 'F2', better: 'more', must: 3000, moonshot: 8000 }
test.each([
  [250, less, 'moonshot'],
  [1000, less, 'must'],
  [1001, less, 'MISSED'],
  [9000, more, 'moonshot'],
  [3000, more, 'must'],
  [100, more, 'MISSED'],
] as const)('%d of %j: %s', (median, goal, verdict) => {
  expect(verdictOf(median, goal)).toBe(verdict)
})

test.each([
  [0, '0'],
  [0.0123, '0.012'],
  [1.234, '1.23'],
  [45.67, '45.7'],
  [98765.4, '98765'],
  [Number.NaN, '-'],
])('%d is printed %s', (value, printed) => {
  expect(figure(value)).toBe(printed)
})

test('a table keeps its columns', () => {
  expect(
    table([
      ['metric', 'ms'],
      ['a', '1000'],
    ]),
  ).toBe('metric    ms\na       1000')
})
