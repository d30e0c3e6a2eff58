import { expect, test } from 'vitest'
import { inParallel, slowStart } from './slow-start.ts'

const items = (count: number) => Array.from({ length: count }, (_, i) => i)

async function batches(count: number, fails: (item: number) => boolean): Promise<number[]> {
  const sizes: number[] = []
  let open = 0
  await slowStart(items(count), async (item) => {
    if (open++ === 0) sizes.push(0)
    sizes[sizes.length - 1]!++
    await Promise.resolve()
    open--
    return !fails(item)
  })
  return sizes
}

test.each([
  [250, [1, 2, 4, 8, 16, 32, 64, 123]],
  [5, [1, 2, 2]],
  [0, []],
])('R4.18 batches of %i', async (count, sizes) => {
  expect(await batches(count, () => false)).toEqual(sizes)
})

test('R4.18 SimpleDaemonSetPodCreateErrors: 100 wanted, 10 allowed: 15 tried', async () => {
  let made = 0
  const tried = await slowStart(items(100), async () => ++made <= 10)
  expect(tried).toBe(15)
})

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
