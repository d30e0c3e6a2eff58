import { expect, test } from 'vitest'
import { parseDuration } from './durations.ts'

test.each([
  ['30s', 30_000],
  ['1m30s', 90_000],
  ['2h', 7_200_000],
  ['1.5s', 1500],
  ['250ms', 250],
  ['10', 10_000],
  ['0', 0],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each(['', 's', '5x', '1m 30s', '-1s', 'soon'])('%j is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow(/30s, 1m30s or 2h/)
})
