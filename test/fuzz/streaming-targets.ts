// What a client of exec, attach and port-forward can send once its connection has been taken over.
import { duplexPair } from 'node:stream'
import fc from 'fast-check'
import { expect } from 'vitest'
import { base64, binary } from '../../src/apiserver/streaming/channels.ts'
import { TerminalSizes } from '../../src/apiserver/streaming/terminal-sizes.ts'
import { SpdyConnection, type SpdyStream } from '../../src/spdy/connection.ts'
import { encodeFrame, type Frame, FrameReader, SpdyError } from '../../src/spdy/frames.ts'
import { decodeHeaders, encodeHeaders, HeaderCoder } from '../../src/spdy/header-block.ts'
import type { Target } from './targets.ts'

/** A frame, its number and its headers in a form that a file can hold. */
type Said =
  | { readonly say: 'stream'; readonly stream: number; readonly fin: boolean; readonly headers: Record<string, string> }
  | { readonly say: 'data'; readonly stream: number; readonly fin: boolean; readonly hex: string }
  | { readonly say: 'number'; readonly type: 'rst' | 'ping' | 'window' | 'settings' | 'go away'; readonly at: number[] }
  | { readonly say: 'bytes'; readonly hex: string }

const hex = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('hex'))
const stream = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(1, 3, 5) },
  { weight: 1, arbitrary: fc.nat(0x7fffffff) },
)
const number = fc.oneof(fc.nat(0x7fffffff), fc.constantFrom(0, 1, 3, 65536))
const said: fc.Arbitrary<Said> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      say: fc.constant('stream' as const),
      stream,
      fin: fc.boolean(),
      headers: fc.dictionary(fc.constantFrom('streamtype', 'port', 'requestid', '__proto__', ''), fc.string()),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ say: fc.constant('data' as const), stream, fin: fc.boolean(), hex: hex(60) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      say: fc.constant('number' as const),
      type: fc.constantFrom(
        'rst' as const,
        'ping' as const,
        'window' as const,
        'settings' as const,
        'go away' as const,
      ),
      at: fc.tuple(stream, number),
    }),
  },
  { weight: 1, arbitrary: fc.record({ say: fc.constant('bytes' as const), hex: hex(30) }) },
)

export const streamingTargets: Readonly<Record<string, Target>> = {
  'frames of SPDY': {
    inputs: fc.tuple(fc.array(said, { maxLength: 8 }), fc.array(fc.nat(20))),
    check: async (input) => {
      const [all, cuts] = input as [Said[], number[]]
      const whole = await written(all, (block) => block)
      expect(framesIn(pieces(whole, cuts))).toEqual(framesIn([whole]))
    },
  },

  'block of headers': {
    inputs: fc.oneof(
      hex(60),
      fc.dictionary(fc.string(), fc.string()).map((headers) => Buffer.from(encodeHeaders(headers)).toString('hex')),
    ),
    check: (input) => {
      try {
        JSON.stringify(decodeHeaders(Buffer.from(input as string, 'hex')))
      } catch (error) {
        if (!(error instanceof SpdyError)) throw error
      }
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    },
  },

  'connection of SPDY': {
    inputs: fc.tuple(fc.array(said, { maxLength: 20 }), fc.array(fc.nat(50)), fc.boolean()),
    check: async (input) => {
      const [all, cuts, echoes] = input as [Said[], number[], boolean]
      const [near, far] = duplexPair()
      const connection = new SpdyConnection(near, {
        accept: (opened) => {
          void (echoes ? echo(opened) : Promise.resolve())
          return opened.headers.port === '1' ? 'not wanted' : undefined
        },
      })
      const over = connection.run()
      far.resume()
      // As a socket: one end that closes closes the other.
      far.on('end', () => far.end())
      for (const piece of pieces(await compressed(all), cuts)) if (!far.destroyed) far.write(piece)
      far.end()
      // Rejects where a fault of ours ended it.
      await over
      expect(connection.streams).toBe(0)
      far.destroy()
    },
  },

  'message of a WebSocket': {
    inputs: fc.oneof(
      hex(40),
      fc.base64String().map((text) => Buffer.from(`0${text}`).toString('hex')),
    ),
    check: (input) => {
      const message = Buffer.from(input as string, 'hex')
      if (message.length === 0) return
      for (const codec of [binary, base64]) {
        const decoded = codec.decode(message)
        if (decoded === undefined) continue
        const { channel, bytes } = decoded
        if (channel < 0 || channel > 9) continue
        expect(codec.decode(Buffer.from(codec.encode(channel, bytes)))).toEqual({ channel, bytes })
      }
    },
  },

  'sizes of a terminal': {
    inputs: fc.array(
      fc.oneof(
        fc.string(),
        fc.constantFrom('{"Width":', '80', ',"Height":', '24}', '}', '{', '\n', '"__proto__":{}', '1e9', '-1'),
      ),
      { maxLength: 12 },
    ),
    check: async (input) => {
      const sizes = new TerminalSizes(100)
      for (const text of input as string[]) sizes.take(Buffer.from(text))
      sizes.end()
      for await (const { width, height } of sizes) {
        expect([width, height].every((side) => Number.isInteger(side) && side >= 0 && side <= 0xffff)).toBe(true)
      }
    },
  },
}

async function echo({ input, output }: SpdyStream): Promise<void> {
  for await (const chunk of input) if (!(await output.write(chunk))) return
  output.end()
}

async function compressed(all: readonly Said[]): Promise<Buffer> {
  const deflate = new HeaderCoder('deflate')
  const whole = await written(all, (block) => deflate.code(block))
  deflate.close()
  return whole
}

async function written(all: readonly Said[], compress: Compress): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for (const one of all) parts.push(await bytesOf(one, compress))
  return Buffer.concat(parts)
}

type Compress = (block: Uint8Array) => Uint8Array | Promise<Uint8Array>

async function bytesOf(one: Said, compress: Compress): Promise<Uint8Array> {
  switch (one.say) {
    case 'stream': {
      const headers = await compress(encodeHeaders(one.headers))
      return encodeFrame({ type: 'syn stream', stream: one.stream, fin: one.fin, headers })
    }
    case 'data':
      return encodeFrame({ type: 'data', stream: one.stream, fin: one.fin, bytes: Buffer.from(one.hex, 'hex') })
    case 'number':
      return encodeFrame(frameOf(one.type, one.at))
    case 'bytes':
      return Buffer.from(one.hex, 'hex')
    default:
      return one satisfies never
  }
}

function frameOf(type: (Said & { say: 'number' })['type'], [at = 0, value = 0]: number[]) {
  switch (type) {
    case 'rst':
      return { type: 'rst stream', stream: at, status: value } as const
    case 'ping':
      return { type: 'ping', id: value } as const
    case 'window':
      return { type: 'window update', stream: at, delta: value } as const
    case 'settings':
      return { type: 'settings', initialWindow: value } as const
    case 'go away':
      return { type: 'go away', lastStream: at, status: value } as const
    default:
      return type satisfies never
  }
}

/** Every frame, and what ended it. */
function framesIn(chunks: readonly Buffer[]): unknown[] {
  const reader = new FrameReader()
  const found: (Frame | string)[] = []
  try {
    for (const chunk of chunks) for (const frame of reader.read(chunk)) found.push(frame)
  } catch (error) {
    if (!(error instanceof SpdyError)) throw error
    found.push(error.message)
  }
  return found
}

function pieces(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const found: Buffer[] = []
  let at = 0
  for (const cut of cuts) {
    found.push(whole.subarray(at, at + cut))
    at += cut
  }
  return [...found, whole.subarray(at)]
}
