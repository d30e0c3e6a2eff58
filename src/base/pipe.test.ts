import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pipe } from './pipe.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)

async function readAll(pipe: Pipe): Promise<number[]> {
  const all: number[] = []
  for await (const chunk of pipe) all.push(...chunk)
  return all
}

/** What has become of a promise by now. */
async function now<T>(promise: Promise<T>): Promise<T | 'waits'> {
  const turns = async () => {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    return 'waits' as const
  }
  return Promise.race([promise, turns()])
}

test('what is written is read, in order, however it was cut', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 20 })),
      fc.integer({ min: 1, max: 30 }),
      async (all, limit) => {
        const pipe = new Pipe(limit)
        const writing = (async () => {
          for (const chunk of all) expect(await pipe.write(chunk)).toBe(true)
          pipe.end()
        })()
        expect(await readAll(pipe)).toEqual(all.flatMap((chunk) => [...chunk]))
        await writing
        expect(pipe.bytes).toBe(0)
      },
    ),
  ))

test('a writer that is ahead waits, and holds the limit and one piece at most', async () => {
  const pipe = new Pipe(4)
  expect(await now(pipe.write(bytes(1, 2, 3)))).toBe(true)
  const second = pipe.write(bytes(4, 5, 6))
  expect([await now(second), pipe.isFull, pipe.bytes]).toEqual(['waits', true, 6])
  const reader = pipe[Symbol.asyncIterator]()
  expect((await reader.next()).value).toEqual(bytes(1, 2, 3))
  expect([await now(second), pipe.isFull]).toEqual([true, false])
})

test('after its end nothing more goes in, and what is in can be read', async () => {
  const pipe = new Pipe(10)
  await pipe.write(bytes(1))
  pipe.end()
  expect(await pipe.write(bytes(2))).toBe(false)
  expect(await readAll(pipe)).toEqual([1])
})

test('closed at once: who writes and who reads are told, what is in is gone', async () => {
  const [written, read] = [new Pipe(1), new Pipe(1)]
  const writing = written.write(bytes(1, 2))
  const reading = readAll(read)
  expect([await now(writing), await now(reading)]).toEqual(['waits', 'waits'])
  written.close()
  read.close()
  expect([await writing, await reading]).toEqual([false, []])
  expect([await readAll(written), written.bytes, written.isClosed]).toEqual([[], 0, true])
})

test('a reader that stops early closes it', async () => {
  const pipe = new Pipe(1)
  void pipe.write(bytes(1))
  const waiting = pipe.write(bytes(2))
  for await (const _ of pipe) break
  expect(await waiting).toBe(false)
  expect(await pipe.write(bytes(3))).toBe(false)
})

test('nothing is no chunk: a reader goes on waiting', async () => {
  const pipe = new Pipe(10)
  const next = pipe[Symbol.asyncIterator]().next()
  await pipe.write(bytes())
  expect(await now(next)).toBe('waits')
  await pipe.write(bytes(7))
  expect((await next).value).toEqual(bytes(7))
})
