import { expect, test } from 'vitest'
import { VirtualClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { startLoop } from './loop.ts'
import { WorkQueue } from './queue.ts'

function world() {
  const clock = new VirtualClock()
  const queue = new WorkQueue({ clock })
  return { clock, queue }
}

test('a key waits once, however often it is added, and keys come in order', async () => {
  const { queue } = world()
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key)
  expect([await queue.take(), await queue.take(), queue.length]).toEqual(['a', 'b', 0])
})

test('a key in work is not handed to a second worker, but comes again afterwards', async () => {
  const { queue } = world()
  queue.add('a')
  await queue.take()
  queue.add('a')
  queue.add('a')
  expect(queue.length).toBe(0)
  queue.done('a')
  expect(await queue.take()).toBe('a')
  queue.done('a')
  expect(queue.idle).toBe(true)
})

test('of several delays the earliest holds, and there is only one visit', async () => {
  const { clock, queue } = world()
  queue.addAfter('a', 1000)
  queue.addAfter('a', 300)
  queue.addAfter('a', 500)
  queue.addAfter('b', 400)
  clock.advance(299)
  expect(queue.length).toBe(0)
  clock.advance(1)
  expect(await queue.take()).toBe('a')
  queue.done('a')
  clock.advance(1000)
  expect([await queue.take(), queue.length]).toEqual(['b', 0])
})

test('waits double from 5 ms to 1000 s, and forgetting begins anew', () => {
  const { clock, queue } = world()
  const waits: number[] = []
  for (let i = 0; i < 20; i++) {
    queue.retry('a')
    waits.push(clock.untilNext()!)
    clock.advance(clock.untilNext()!)
    void queue.take()
    queue.done('a')
  }
  expect(waits.slice(0, 4)).toEqual([5, 10, 20, 40])
  expect(waits.at(-1)).toBe(1_000_000)
  queue.forget('a')
  queue.retry('a')
  expect(clock.untilNext()).toBe(5)
})

test('a stopped queue answers its takers, drops what waits, and waits for what is in work', async () => {
  const { clock, queue } = world()
  queue.add('held')
  await queue.take()
  queue.add('waiting')
  queue.addAfter('later', 10)
  let stopped = false
  const stop = queue.stop().then(() => {
    stopped = true
  })
  clock.advance(100)
  expect([await queue.take(), stopped]).toEqual([undefined, false])
  queue.done('held')
  await stop
  expect(stopped).toBe(true)
})

test('a loop works on different keys side by side, on one key one at a time, and again on what failed', async () => {
  const { clock, queue } = world()
  const began: string[] = []
  const release = new Map<string, () => void>()
  let failing = true
  const work = async (key: string) => {
    began.push(key)
    await new Promise<void>((resolve) => release.set(key, resolve))
    if (key === 'b' && failing) throw new Error('not yet')
  }
  const loop = startLoop({ queue, workers: 2, log: silentLog, work })
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve()
  }
  for (const key of ['a', 'b', 'c']) queue.add(key)
  await settle()
  expect(began).toEqual(['a', 'b'])
  queue.add('a')
  release.get('b')!()
  await settle()
  expect(began).toEqual(['a', 'b', 'c'])
  failing = false
  clock.advance(5)
  release.get('a')!()
  await settle()
  expect(began.slice(3)).toEqual(['b'])
  const stop = loop.stop()
  release.get('b')!()
  release.get('c')!()
  await stop
  expect(began).toHaveLength(4)
})

test('A5 an urgent key is taken before those that wait, and a worker can see that its key has become urgent', async () => {
  const queue = new WorkQueue({ clock: new VirtualClock() })
  for (const key of ['a', 'b', 'c']) queue.add(key)
  queue.add('c', 'urgent')
  queue.add('d', 'urgent')
  queue.add('c')
  expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['c', 'd', 'a'])
  queue.add('a', 'urgent')
  queue.add('c')
  expect([queue.isUrgent('a'), queue.isUrgent('c'), queue.length]).toEqual([true, false, 1])
  queue.done('c')
  queue.done('a')
  expect(queue.isUrgent('a')).toBe(false)
  expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['a', 'b', 'c'])
})
