import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type WatchEvent, watchEvents, watchLimits } from './watch.ts'

async function* chunked(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

async function read(chunks: readonly Uint8Array[]): Promise<WatchEvent[]> {
  const events: WatchEvent[] = []
  for await (const event of watchEvents(chunked(chunks))) events.push(event)
  return events
}

const events = [
  { type: 'ADDED', object: { metadata: { name: 'größe', annotations: { smile: '😀 \n "quoted"' } } } },
  { type: 'MODIFIED', object: { metadata: { name: 'b', labels: { 日本: '語' } } } },
  { type: 'BOOKMARK', object: { metadata: { resourceVersion: '7', creationTimestamp: null } } },
]
const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''))

test('W7.1 however the bytes are cut, also inside a character, the events are the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end))
      expect(await read(chunks)).toEqual(events)
    }),
  )
})

test('W7.3 an ERROR event rejects with its code and reason', async () => {
  const status = {
    kind: 'Status',
    status: 'Failure',
    message: 'too old resource version: 1 (9)',
    reason: 'Expired',
    code: 410,
  }
  const line = Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
  await expect(read([line])).rejects.toMatchObject({ reason: 'Expired', code: 410, message: status.message })
})

test('W16.3 an unknown type is passed over', async () => {
  expect(await read([Buffer.from('{"type":"NEWS","object":{}}\n'), bytes])).toEqual(events)
})

test('a line that is cut off, or is no JSON, is a broken answer and not an event', async () => {
  await expect(read([bytes.subarray(0, bytes.length - 5)])).rejects.toThrow(/middle of an event/)
  await expect(read([Buffer.from('<html>\n')])).rejects.toThrow(/not JSON/)
})

test('an endless line is refused, not gathered', async () => {
  const chunk = new Uint8Array(watchLimits.lineBytes / 2).fill(0x20)
  await expect(read([chunk, chunk, chunk])).rejects.toThrow(/longer than/)
})
