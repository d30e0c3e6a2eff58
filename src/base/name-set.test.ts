import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NameSet } from './name-set.ts'

test('after any history the names come in order, each once', () => {
  const name = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz')
  const step = fc.record({ act: fc.constantFrom('add', 'delete', 'read'), name })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const set = new NameSet()
      const expected = new Set<string>()
      for (const { act, name } of steps) {
        if (act === 'add') {
          set.add(name)
          expected.add(name)
        } else if (act === 'delete') {
          set.delete(name)
          expected.delete(name)
        } else {
          expect(set.first(3)).toEqual([...expected].sort().slice(0, 3))
        }
      }
      expect([...set]).toEqual([...expected].sort())
      expect(set.size).toBe(expected.size)
    }),
  )
})

test('the first none are none', () => {
  const set = new NameSet()
  set.add('a')
  expect(set.first(0)).toEqual([])
  expect(set.first(-1)).toEqual([])
})
