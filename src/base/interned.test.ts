import { expect, test } from 'vitest'
import { Interned, internedLimits } from './interned.ts'

test('equal values become one, others stay themselves', () => {
  const interned = new Interned()
  const a = { app: 'logger' }
  expect(interned.value(a)).toBe(a)
  expect(interned.value({ app: 'logger' })).toBe(a)
  expect(interned.value({ app: 'other' })).toEqual({ app: 'other' })
  expect(interned.value(undefined)).toBeUndefined()
  expect(interned.text('n1')).toBe('n1')
  expect(interned.text('n1')).toBe('n1')
  expect(interned.text(undefined)).toBeUndefined()
})

test('what was known is forgotten at the limit, and everything stays equal to what it was', () => {
  const interned = new Interned()
  const first = { of: 0 }
  interned.value(first)
  for (let i = 1; i < internedLimits.values; i++) interned.value({ of: i })
  expect(interned.value({ of: 0 })).toBe(first)
  interned.value({ of: internedLimits.values })
  expect(interned.value({ of: 0 })).not.toBe(first)
  expect(interned.value({ of: 0 })).toEqual(first)
  for (let i = 0; i <= internedLimits.texts; i++) expect(interned.text(`n${i}`)).toBe(`n${i}`)
})
