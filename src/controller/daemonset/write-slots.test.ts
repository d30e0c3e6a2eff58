import { expect, test } from 'vitest'
import { WriteSlots } from './write-slots.ts'

/** Writes that last until they are told to end, and the order in which they began. */
function bench(width: number) {
  const slots = new WriteSlots(width)
  const begun: string[] = []
  const ends: (() => void)[] = []
  return {
    begun,
    write(of: string, isUrgent = false): Promise<void> {
      const act = () => {
        begun.push(of)
        return new Promise<void>((end) => ends.push(end))
      }
      return slots.run(of, act, isUrgent)
    },
    async end(count = 1): Promise<void> {
      for (const end of ends.splice(0, count)) end()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

test('A5 one with much to write does not hold up one with little: they take turns', async () => {
  const it = bench(2)
  for (let i = 0; i < 6; i++) void it.write('big')
  expect(it.begun).toEqual(['big', 'big'])
  void it.write('small')
  void it.write('other')
  void it.write('other')
  await it.end(2)
  // Of those that wait each has one write in a round.
  expect(it.begun.slice(2)).toEqual(['big', 'small'])
  for (let i = 0; i < 3; i++) await it.end(2)
  expect(it.begun.slice(4)).toEqual(['other', 'big', 'other', 'big', 'big'])
})

test('A5 what is urgent goes first', async () => {
  const it = bench(1)
  for (let i = 0; i < 3; i++) void it.write('big')
  void it.write('big: a node has joined', true)
  await it.end()
  expect(it.begun).toEqual(['big', 'big: a node has joined'])
})

test('a write that fails gives its place back, and fails whoever asked for it', async () => {
  const slots = new WriteSlots(1)
  const failure = slots.run('a', () => Promise.reject(new Error('refused')))
  const next = slots.run('b', () => Promise.resolve('done'))
  await expect(failure).rejects.toThrow('refused')
  expect(await next).toBe('done')
  expect(await slots.run('c', () => Promise.resolve('again'))).toBe('again')
})
