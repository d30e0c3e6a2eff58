import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonical, milliValue, quantityProblem } from './quantity.ts'

const table: [text: string, canonical: string, milli: bigint][] = [
  ['0', '0', 0n],
  ['1', '1', 1000n],
  ['0.1', '100m', 100n],
  ['0.5', '500m', 500n],
  ['.5', '500m', 500n],
  ['5.', '5', 5000n],
  ['1000m', '1', 1000n],
  ['1500m', '1500m', 1500n],
  ['+2', '2', 2000n],
  ['-1.5', '-1500m', -1500n],
  ['1e3', '1e3', 1_000_000n],
  ['1E3', '1e3', 1_000_000n],
  ['2e-3', '2e-3', 2n],
  ['100000', '100k', 100_000_000n],
  ['123456', '123456', 123_456_000n],
  ['1024Ki', '1Mi', 1_048_576_000n],
  ['1.5Gi', '1536Mi', 1_610_612_736_000n],
  ['1Ki', '1Ki', 1_024_000n],
  ['0.5Ki', '512', 512_000n],
  ['0.1Mi', '104857600m', 104_857_600n],
  ['1Ei', '1Ei', 1_152_921_504_606_846_976_000n],
  ['1n', '1n', 1n],
  ['5e-10', '1e-9', 1n],
  ['1e30', '9223372036854775807', 9_223_372_036_854_775_807_000n],
]

test.each(table)('W14.5 the quantity %s is written %s', (text, written, milli) => {
  expect(canonical(text)).toBe(written)
  expect(milliValue(text)).toBe(milli)
  expect(quantityProblem(text)).toBeUndefined()
})

test.each(['', 'x', '1.2.3', '1 Gi', '1gi', '--1', 'Gi', '.', '1e', '1ki'])('%j is no quantity', (text) => {
  expect(milliValue(text)).toBeUndefined()
  expect(canonical(text)).toBe(text)
  expect(quantityProblem(text)).toMatch(/^quantities must match/)
})

const amounts = fc.tuple(
  fc.bigInt({ min: 0n, max: 10n ** 6n }),
  fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'e-3'),
)

test('the canonical form means the same, and is its own canonical form', () =>
  fc.assert(
    fc.property(amounts, ([number, suffix]) => {
      const written = canonical(`${number}${suffix}`)
      expect(milliValue(written)).toBe(milliValue(`${number}${suffix}`))
      expect(canonical(written)).toBe(written)
    }),
  ))
