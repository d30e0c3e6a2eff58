import { expect, test } from 'vitest'
import { inParallel } from './in-parallel.ts'

const items = (count: number) => Array.from({ length: count }, (_, i) => i)

test('side by side up to a width, and the first failure is told when all that began is done', async () => {
  let open = 0
  let widest = 0
  const done: number[] = []
  const work = inParallel(items(10), 3, async (item) => {
    widest = Math.max(widest, ++open)
    await Promise.resolve()
    open--
    if (item === 4) throw new Error('four')
    done.push(item)
  })
  await expect(work).rejects.toThrow('four')
  expect([widest, open]).toEqual([3, 0])
  expect(done.length).toBeLessThan(10)
})
