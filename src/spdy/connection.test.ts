import { duplexPair } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { type ClientStream, SpdyClient } from '../../test/spdy-client.ts'
import { SpdyConnection, type SpdyStream } from './connection.ts'
import { encodeFrame } from './frames.ts'
import { spdyLimits } from './limits.ts'

type Accept = (stream: SpdyStream) => string | undefined | Promise<void>

const clients: SpdyClient[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

/** Two ends of one connection: when one is gone, so is the other. */
function pair() {
  const [near, far] = duplexPair()
  near.once('close', () => far.destroy())
  far.once('close', () => near.destroy())
  return [near, far] as const
}

function world(accept: Accept = () => undefined) {
  const [near, far] = pair()
  let active = 0
  const streams: SpdyStream[] = []
  const connection = new SpdyConnection(near, {
    active: () => active++,
    accept: (stream) => {
      streams.push(stream)
      const answer = accept(stream)
      return typeof answer === 'string' ? answer : undefined
    },
  })
  const client = new SpdyClient(far)
  clients.push(client)
  return { connection, client, streams, over: connection.run(), active: () => active }
}

/** Writes back what comes, and ends when it ends. */
const echo: Accept = async ({ input, output }) => {
  for await (const chunk of input) if (!(await output.write(chunk))) return
  output.end()
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) await turn()
}

test('W12.7 a stream is opened, answered, written to and read from, and ends at both ends', async () => {
  const { client, streams, connection, active } = world(echo)
  const stream = await client.open({ StreamType: 'data', port: '80' })
  stream.write('hello ')
  stream.write('there', true)
  expect(await stream.whole()).toBe('hello there')
  expect(client.told).toEqual(['syn reply 1', 'data 1 hello ', 'data 1 there', 'data 1 . fin'])
  expect(streams[0]!.headers).toEqual({ streamtype: 'data', port: '80' })
  expect([connection.streams, active()]).toEqual([0, 4])
})

test('W12.7 a ping is answered, an answer to none is not', async () => {
  const { client } = world()
  client.send({ type: 'ping', id: 4 })
  client.send({ type: 'ping', id: 7 })
  client.send({ type: 'ping', id: 9 })
  await client.until(() => client.told.length === 2)
  expect(client.told).toEqual(['ping 7', 'ping 9'])
})

test('W12.7 what is not wanted is refused, and the others go on', async () => {
  const { client } = world((stream) => (stream.headers.streamtype === 'no' ? 'not wanted' : echo(stream)))
  const refused = await client.open({ streamtype: 'no' })
  const other = await client.open({ streamtype: 'yes' })
  refused.write('lost')
  other.write('heard', true)
  expect(await other.whole()).toBe('heard')
  expect(client.told.slice(0, 3)).toEqual(['syn reply 1', 'rst stream 1 (3)', 'syn reply 3'])
})

test('W12.7 a stream that begins with its end has nothing to say, and is answered', async () => {
  const { client } = world(echo)
  const stream = await client.open({}, true)
  expect(await stream.whole()).toBe('')
})

test('W12.7 a client that resets a stream ends both directions of it, and of no other', async () => {
  const { client, streams } = world()
  const [first, second] = [await client.open({ a: '1' }), await client.open({ a: '2' })]
  await client.until(() => client.told.length === 2)
  first.reset()
  second.write('x')
  await settle()
  expect(await streams[0]!.output.write(Buffer.from('x'))).toBe(false)
  expect(streams[0]!.input.isClosed).toBe(true)
  expect(await streams[1]!.output.write(Buffer.from('y'))).toBe(true)
})

test('a stream above the limit is refused, and there is room again when one has ended', async () => {
  const { client, connection } = world()
  for (let opened = 0; opened < spdyLimits.streams; opened++) await client.open({})
  const tooMany = await client.open({})
  await client.until(() => tooMany.wasReset)
  expect(client.told.at(-1)).toBe(`rst stream ${tooMany.id} (3)`)
  expect(connection.streams).toBe(spdyLimits.streams)
  client.send({ type: 'rst stream', stream: 1, status: 5 })
  const fits = await client.open({})
  await client.until(() => client.told.includes(`syn reply ${fits.id}`))
})

const malformed: [name: string, act: (client: SpdyClient) => unknown, why: string][] = [
  ['HTTP', (client) => client.write(Buffer.from('GET / HTTP/1.1\r\n\r\n')), 'a frame of 2115668 bytes'],
  ['a stream of the server’s', (client) => client.openAs(2, {}), 'stream 2 after stream 0'],
  ['a number twice', (client) => client.openAs(1, {}).then(() => client.openAs(1, {})), 'stream 1 after stream 1'],
  [
    'a number that goes back',
    (client) => client.openAs(5, {}).then(() => client.openAs(3, {})),
    'stream 3 after stream 5',
  ],
  [
    'headers that do not decompress',
    (client) => client.send({ type: 'syn stream', stream: 1, fin: false, headers: Buffer.from('no zlib') }),
    'headers do not decompress',
  ],
]
test.each(malformed)('W12.7 %s: the connection ends with GOAWAY, and says why', async (_name, act, why) => {
  const { client, over } = world()
  void act(client)
  expect(await over).toContain(why)
  expect(client.told.at(-1)).toMatch(/^go away after \d+ \(1\)$/)
})

describe('whoever waits is let go when the connection is over', () => {
  const endings: [name: string, end: (parts: Pick<ReturnType<typeof world>, 'client' | 'connection'>) => void][] = [
    ['the client has vanished', ({ client }) => client.close()],
    ['the server closes it', ({ connection }) => connection.close()],
    ['the client sends what is no SPDY', ({ client }) => client.write(Buffer.alloc(20, 0x7f))],
  ]
  test.each(endings)('%s', async (_name, end) => {
    const { client, connection, streams, over } = world()
    await client.open({})
    await client.until(() => client.told.length === 1)
    const [stream] = streams
    const read = (async () => {
      for await (const _ of stream!.input);
      return 'over'
    })()
    end({ client, connection })
    client.resume()
    expect(await read).toBe('over')
    client.close()
    await over
    expect([await stream!.output.write(Buffer.from('x')), connection.streams]).toEqual([false, 0])
  })

  test('while its input is full and nobody reads it', async () => {
    const [near, far] = pair()
    const connection = new SpdyConnection(near, { accept: () => undefined })
    const over = connection.run()
    const client = new SpdyClient(far)
    const stream = await client.open({})
    for (let sent = 0; sent < 2 * spdyLimits.streamBytes; sent += 32 * 1024) stream.write(Buffer.alloc(32 * 1024))
    await settle()
    // The server stops, or has waited for long enough.
    near.destroy()
    expect(await over).toBeUndefined()
    client.close()
  })
})

test('a reader in the container that does not read holds its client, not the memory', async () => {
  const { client, streams } = world()
  const stream = await client.open({})
  await client.until(() => client.told.length === 1)
  const piece = Buffer.alloc(64 * 1024)
  let sent = 0
  while (stream.write(piece) || sent < 4 * spdyLimits.streamBytes) {
    sent += piece.length
    await settle()
  }
  expect(streams[0]!.input.bytes).toBeLessThanOrEqual(spdyLimits.streamBytes + piece.length)
  let read = 0
  for await (const chunk of streams[0]!.input) {
    read += chunk.length
    if (read === sent + piece.length) break
  }
  expect(read).toBe(sent + piece.length)
})

test('W12.7 what was read is told to clients that count', async () => {
  const { client, streams } = world()
  const stream = await client.open({})
  await client.until(() => client.told.length === 1)
  void (async () => {
    for await (const _ of streams[0]!.input);
  })()
  for (let pieces = 0; pieces < 4; pieces++) stream.write(Buffer.alloc(10_000))
  await client.until(() => client.told.length === 5)
  expect(client.told.slice(1)).toEqual([
    'window update 0 20000',
    'window update 1 20000',
    'window update 0 20000',
    'window update 1 20000',
  ])
})

test('W12.7 a client that counts is never sent more than it has room for', async () => {
  const { client, streams } = world()
  client.send({ type: 'settings', initialWindow: 1000 })
  const stream = await client.open({})
  await client.until(() => client.told.length === 1)
  let written = false
  const writing = streams[0]!.output.write(Buffer.alloc(2500)).then(() => {
    written = true
  })
  await settle()
  expect([stream.bytes.length, written]).toEqual([1000, false])
  client.send({ type: 'window update', stream: 1, delta: 1500 })
  await writing
  expect(stream.bytes.length).toBe(2500)
})

test('a client that reads nothing is written to no further than its connection has room', async () => {
  const { client, streams } = world()
  await client.open({})
  await client.until(() => client.told.length === 1)
  client.pause()
  let written = 0
  void (async () => {
    for (; await streams[0]!.output.write(Buffer.alloc(32 * 1024)); await turn()) written++
  })()
  await settle()
  const before = written
  await settle()
  expect([written, before < 8]).toEqual([before, true])
  client.resume()
  await settle()
  expect(written).toBeGreaterThan(before)
})

test('W12.7 whatever is said on any number of streams comes back on the same one, however it was cut', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(3), fc.uint8Array({ maxLength: 60 })), { maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      async (said, cut) => {
        const { client, over } = world(echo)
        const streams: ClientStream[] = []
        for (let opened = 0; opened < 4; opened++) streams.push(await client.open({}))
        const all = Buffer.concat(
          said.map(([which, bytes]) =>
            encodeFrame({ type: 'data', stream: streams[which]!.id, fin: false, bytes: Buffer.from(bytes) }),
          ),
        )
        for (let at = 0; at < all.length; at += cut) client.write(all.subarray(at, at + cut))
        for (const stream of streams) stream.end()
        for (const [index, stream] of streams.entries()) {
          await stream.whole()
          const own = said.filter(([which]) => which === index).map(([, bytes]) => bytes)
          expect(stream.bytes).toEqual(Buffer.concat(own))
        }
        client.close()
        await over
      },
    ),
    { numRuns: 50 },
  ))
