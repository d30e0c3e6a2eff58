import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareText } from '../base/sorted.ts'
import { SortedRecords } from './sorted-records.ts'

const record = (key: string, revision = 1) => ({ key, revision, bytes: new Uint8Array() })

test('any keys, set and deleted in any order, read like a sorted list of them', () => {
  // Enough keys that chunks are cut in two, and enough deletions that some of them empty.
  const key = fc.nat(20_000).map((n) => `k${n}`)
  const acts = fc.array(fc.record({ key, gone: fc.boolean() }), { minLength: 2_000, maxLength: 4_000, size: 'max' })
  fc.assert(
    fc.property(acts, fc.array(key, { maxLength: 20 }), fc.boolean(), (acts, bounds, emptied) => {
      const records = new SortedRecords()
      const expected = new Map<string, number>()
      acts.forEach(({ key, gone }, revision) => {
        if (gone) {
          records.delete(key)
          expected.delete(key)
        } else {
          records.set(record(key, revision))
          expected.set(key, revision)
        }
      })
      if (emptied) {
        for (const key of [...expected.keys()].filter((key) => key > 'k13' && key < 'k9')) {
          records.delete(key)
          expected.delete(key)
        }
      }
      const keys = [...expected.keys()].sort(compareText)
      expect(records.size).toBe(keys.length)
      expect(records.slice(0, keys.length).map(({ key, revision }) => `${key}@${revision}`)).toEqual(
        keys.map((key) => `${key}@${expected.get(key)}`),
      )
      for (const bound of ['', 'a', 'z', ...bounds]) {
        const rank = keys.filter((key) => key < bound).length
        expect(records.rank(bound)).toBe(rank)
        expect(records.slice(rank, rank + 3).map(({ key }) => key)).toEqual(keys.slice(rank, rank + 3))
        expect(records.get(bound)?.revision).toBe(expected.get(bound))
      }
    }),
    { numRuns: 20 },
  )
})
