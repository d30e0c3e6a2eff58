import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TerminalSize } from '../../api/session.ts'
import { TerminalSizes } from './terminal-sizes.ts'

const limit = 4096

async function all(sizes: TerminalSizes): Promise<TerminalSize[]> {
  const found: TerminalSize[] = []
  for await (const size of sizes) found.push(size)
  return found
}

/** Only the newest is kept, so whoever asks for all of them reads after each. */
async function newest(text: string): Promise<TerminalSize | undefined> {
  const sizes = new TerminalSizes(limit)
  sizes.take(Buffer.from(text))
  sizes.end()
  return (await all(sizes)).at(-1)
}

const table: [text: string, size: TerminalSize | undefined][] = [
  ['{"Width":80,"Height":24}', { width: 80, height: 24 }],
  ['{"Width":80,"Height":24}\n', { width: 80, height: 24 }],
  ['{"Height":0,"Width":65535}', { width: 65535, height: 0 }],
  ['{"Width":80,"Height":24}{"Width":100,"Height":30}', { width: 100, height: 30 }],
  ['{"Width":80,"Height":24} nonsense } {"Width":100,"Height":30}', { width: 100, height: 30 }],
  ['{"Width":80,"Height":24}{"Width":1', { width: 80, height: 24 }],
  ['{"Width":65536,"Height":24}', undefined],
  ['{"Width":-1,"Height":24}', undefined],
  ['{"Width":1.5,"Height":24}', undefined],
  ['{"Width":"80","Height":24}', undefined],
  ['{"Width":80}', undefined],
  ['{"width":80,"height":24}', undefined],
  ['null}', undefined],
  ['', undefined],
]
test.each(table)('W12.5 %j', async (text, size) => {
  expect(await newest(text)).toEqual(size)
})

test('W12.5 however it was cut', () =>
  fc.assert(
    fc.asyncProperty(
      fc.nat(0xffff),
      fc.nat(0xffff),
      fc.array(fc.integer({ min: 1, max: 9 })),
      async (width, height, cuts) => {
        const text = Buffer.from(JSON.stringify({ Width: width, Height: height }))
        const sizes = new TerminalSizes(limit)
        let at = 0
        for (const cut of cuts) {
          sizes.take(text.subarray(at, at + cut))
          at += cut
        }
        sizes.take(text.subarray(at))
        sizes.end()
        expect(await all(sizes)).toEqual([{ width, height }])
      },
    ),
  ))

test('W12.5 who is slow to read gets the newest, who waits each as it comes', async () => {
  const sizes = new TerminalSizes(limit)
  const say = (width: number) => sizes.take(Buffer.from(JSON.stringify({ Width: width, Height: 1 })))
  const reader = sizes[Symbol.asyncIterator]()
  const first = reader.next()
  say(1)
  expect((await first).value).toEqual({ width: 1, height: 1 })
  say(2)
  say(3)
  expect((await reader.next()).value).toEqual({ width: 3, height: 1 })
  const last = reader.next()
  sizes.end()
  expect((await last).done).toBe(true)
})

test('what never becomes a size is not kept', async () => {
  const sizes = new TerminalSizes(100)
  for (let sent = 0; sent < 1000; sent++) sizes.take(Buffer.alloc(1000, '{'))
  sizes.take(Buffer.from('{"Width":80,"Height":24}'))
  sizes.end()
  expect(await all(sizes)).toEqual([{ width: 80, height: 24 }])
})
