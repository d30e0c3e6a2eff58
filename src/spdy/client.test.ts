// The client's end, held against the server's: what one writes the other reads, whoever is slow, and however it ends.
import { duplexPair } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { SpdyConnection, type SpdyStream } from './connection.ts'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

function joined(accept: (stream: SpdyStream) => string | undefined) {
  const [near, far] = duplexPair()
  near.once('close', () => far.destroy())
  far.once('close', () => near.destroy())
  const server = new SpdyConnection(far, { accept })
  const client = new SpdyConnection(near, {})
  const over = client.run()
  void server.run().catch(() => {})
  ends.push(() => near.destroy())
  return { client, server, over }
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = []
  for await (const chunk of chunks) read.push(chunk)
  return Buffer.concat(read).toString()
}

test('several streams at once, each with its own words and its own end', async () => {
  const { client } = joined((stream) => {
    void textOf(stream.input).then(async (text) => {
      await stream.output.write(Buffer.from(`${stream.headers.streamtype} heard ${text}`))
      stream.output.end()
    })
    return undefined
  })
  const streams = await Promise.all(['a', 'b', 'c'].map((streamtype) => client.open({ streamtype })))
  for (const [index, stream] of streams.entries()) {
    await stream.output.write(Buffer.from(`word ${index}`))
    stream.output.end()
  }
  expect(await Promise.all(streams.map(({ input }) => textOf(input)))).toEqual([
    'a heard word 0',
    'b heard word 1',
    'c heard word 2',
  ])
  expect(client.streams).toBe(0)
})

test('what was said before a reset and the end of the connection can still be read', async () => {
  const { client, server, over } = joined((stream) => {
    void stream.output.write(Buffer.from('last words')).then(() => {
      stream.reset()
      server.close()
    })
    return undefined
  })
  const stream = await client.open({ streamtype: 'stdout' })
  await over
  await turn()
  expect(await textOf(stream.input)).toBe('last words')
})

test('a stream that is refused, or opened when all is over, is over', async () => {
  const { client } = joined(() => 'not wanted')
  expect(await textOf((await client.open({})).input)).toBe('')
  const broken = joined(() => undefined)
  broken.server.close()
  await broken.over
  const late = await broken.client.open({})
  expect(await textOf(late.input)).toBe('')
  expect(await late.output.write(Buffer.from('x'))).toBe(false)
})
