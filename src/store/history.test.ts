import { expect, test } from 'vitest'
import { History } from './history.ts'
import type { StoreEvent } from './store.ts'

const event = (revision: number, size: number): StoreEvent => {
  const record = { key: `k${revision}`, revision, bytes: new Uint8Array(size) }
  return { collection: 'pods', type: 'created', revision, record, previous: undefined }
}

test('history is bounded by its bytes as well, but the newest event is always told', () => {
  const history = new History({ events: 1000, bytes: 100 })
  for (let revision = 2; revision <= 6; revision++) history.add(event(revision, 40))
  expect(history.after(3)).toBe('compacted')
  const kept = history.after(4)
  expect(kept === 'compacted' ? kept : kept.map(({ revision }) => revision)).toEqual([5, 6])
  history.add(event(7, 500))
  expect([history.after(5), history.after(6)]).toEqual(['compacted', [event(7, 500)]])
})

test('what is kept of a long life is no more than the limit', () => {
  const history = new History({ events: 100, bytes: 1_000_000 })
  for (let revision = 2; revision <= 10_001; revision++) history.add(event(revision, 1))
  expect(history.after(9_900)).toBe('compacted')
  expect(history.after(9_901)).toHaveLength(100)
  history.forget(10_000)
  expect([history.after(9_999), history.after(10_000)]).toEqual(['compacted', [event(10_001, 1)]])
  history.forget(10_001)
  expect(history.after(10_001)).toEqual([])
})
