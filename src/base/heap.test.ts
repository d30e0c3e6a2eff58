import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Heap } from './heap.ts'

test('whatever goes in comes out sorted', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = new Heap<number>((a, b) => a < b)
      for (const number of numbers) heap.push(number)
      const out: number[] = []
      for (let next = heap.pop(); next !== undefined; next = heap.pop()) out.push(next)
      expect(out).toEqual(numbers.toSorted((a, b) => a - b))
      expect(heap.size).toBe(0)
    }),
  )
})

test('a heap that is filled and emptied in turns always gives the smallest', () => {
  const heap = new Heap<number>((a, b) => a < b)
  heap.push(5)
  heap.push(3)
  expect(heap.pop()).toBe(3)
  heap.push(1)
  expect(heap.peek()).toBe(1)
  expect([heap.pop(), heap.pop(), heap.pop()]).toEqual([1, 5, undefined])
})
