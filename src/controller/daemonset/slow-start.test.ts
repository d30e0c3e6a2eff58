import { expect, test } from 'vitest'
import { slowStart } from './slow-start.ts'

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
