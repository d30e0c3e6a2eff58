import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatMicroTime, formatTime, parseTime } from './time.ts'

const noon = Date.UTC(2026, 0, 1, 12)

const read: [text: string | null | undefined, ms: number | undefined][] = [
  ['2026-01-01T12:00:00Z', noon],
  ['2026-01-01T12:00:00.5Z', noon + 500],
  ['2026-01-01T12:00:00.123456Z', noon + 123],
  ['2026-01-01T14:00:00+02:00', noon],
  ['2026-01-01T06:30:00-05:30', noon],
  ['0001-01-01T00:00:00Z', -62135596800000],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ['2026-02-29T00:00:00Z', undefined],
  ['2026-13-01T00:00:00Z', undefined],
  ['2026-01-01T24:00:00Z', undefined],
  ['2026-01-01T12:60:00Z', undefined],
  ['2026-01-01 12:00:00Z', undefined],
  ['2026-01-01T12:00:00', undefined],
  ['2026-01-01', undefined],
  ['', undefined],
  [null, undefined],
  [undefined, undefined],
]

test.each(read)('the time %j is %j', (text, ms) => expect(parseTime(text)).toBe(ms))

test('W9.4 a time is written in whole seconds, W14.4 a lease has six decimals', () => {
  expect(formatTime(noon + 999)).toBe('2026-01-01T12:00:00Z')
  expect(formatMicroTime(noon + 999)).toBe('2026-01-01T12:00:00.999000Z')
})

test('what is written can be read', () =>
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4102444800000 }), (ms) => {
      expect(parseTime(formatTime(ms))).toBe(Math.floor(ms / 1000) * 1000)
      expect(parseTime(formatMicroTime(ms))).toBe(ms)
    }),
  ))

test('the short way through a plain time leads where the long one does, also through nonsense', () => {
  const two = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'))
  fc.assert(
    fc.property(two(99), two(99), two(14), two(33), two(25), two(61), two(61), (century, year, month, ...rest) => {
      const [day, hour, minute, second] = rest
      const text = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}`
      expect(parseTime(`${text}Z`)).toBe(parseTime(`${text}.0Z`))
    }),
    { numRuns: 1000 },
  )
})
