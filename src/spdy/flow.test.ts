import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FlowControl } from './flow.ts'

const firstWindow = 64 * 1024

async function now<T>(promise: Promise<T>): Promise<T | 'waits'> {
  return Promise.race([promise, new Promise<'waits'>((resolve) => setImmediate(() => resolve('waits')))])
}

test('W12.7 a client that never counts is written to without end, as kubectl', async () => {
  const flow = new FlowControl()
  flow.open(1)
  for (let sent = 0; sent < 10; sent++) expect(await now(flow.take(1, firstWindow))).toBe(firstWindow)
})

test('W12.7 from its first word on the windows count, with what was sent before', async () => {
  const flow = new FlowControl()
  flow.open(1)
  await flow.take(1, 60_000)
  flow.heardUpdate(1, 1)
  expect(await now(flow.take(1, 10_000))).toBe(firstWindow - 60_000)
  const waiting = flow.take(1, 10_000)
  expect(await now(waiting)).toBe('waits')
  flow.heardUpdate(1, 100)
  expect(await now(waiting)).toBe('waits')
  flow.heardUpdate(0, 50)
  expect(await now(waiting)).toBe(50)
})

test('W12.7 one stream without room does not keep the others, all of them together do', async () => {
  const flow = new FlowControl()
  for (const stream of [1, 3]) flow.open(stream)
  flow.heardInitialWindow(1000)
  expect(await now(flow.take(1, 2000))).toBe(1000)
  expect(await now(flow.take(1, 1))).toBe('waits')
  expect(await now(flow.take(3, 400))).toBe(400)
  flow.heardInitialWindow(10 * firstWindow)
  expect(await now(flow.take(3, firstWindow))).toBe(firstWindow - 1400)
  expect(await now(flow.take(3, 1))).toBe('waits')
})

test('W12.7 a smaller window than what is under way already: nothing until it is made up for', async () => {
  const flow = new FlowControl()
  flow.open(1)
  flow.heardInitialWindow(1000)
  await flow.take(1, 1000)
  flow.heardInitialWindow(100)
  const waiting = flow.take(1, 10)
  flow.heardUpdate(1, 900)
  expect(await now(waiting)).toBe('waits')
  flow.heardUpdate(1, 1)
  expect(await now(waiting)).toBe(1)
})

test('W12.7 whoever waits on a stream that is closed is let go', async () => {
  const flow = new FlowControl()
  flow.open(1)
  flow.heardInitialWindow(0)
  const waiting = flow.take(1, 10)
  expect(await now(waiting)).toBe('waits')
  flow.close(1)
  expect(await waiting).toBeUndefined()
  expect(await flow.take(1, 10)).toBeUndefined()
})

const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('take' as const),
      stream: fc.constantFrom(1, 3),
      bytes: fc.integer({ min: 1, max: 50_000 }),
    }),
    fc.record({ do: fc.constant('grant' as const), stream: fc.constantFrom(0, 1, 3), bytes: fc.nat(50_000) }),
  ),
)

test('W12.7 nobody sends more than was granted, and nobody waits while there is room', () =>
  fc.assert(
    fc.asyncProperty(fc.nat(100_000), steps, async (initial, all) => {
      const flow = new FlowControl()
      for (const stream of [1, 3]) flow.open(stream)
      flow.heardInitialWindow(initial)
      const room = new Map([
        [0, firstWindow],
        [1, initial],
        [3, initial],
      ])
      const add = (stream: number, bytes: number) => room.set(stream, room.get(stream)! + bytes)
      for (const step of all) {
        if (step.do === 'grant') {
          flow.heardUpdate(step.stream, step.bytes)
          add(step.stream, step.bytes)
          continue
        }
        const free = Math.min(step.bytes, room.get(0)!, room.get(step.stream)!)
        // One that waits would go on at any later step: here it is let go at once.
        if (free <= 0) continue
        expect(await flow.take(step.stream, step.bytes)).toBe(free)
        add(0, -free)
        add(step.stream, -free)
      }
    }),
  ))
