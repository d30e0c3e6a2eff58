import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeFrame, type Frame, FrameReader, SpdyError } from './frames.ts'

type Written = Parameters<typeof encodeFrame>[0]

const hex = (frame: Written) => Buffer.from(encodeFrame(frame)).toString('hex')
const read = (...chunks: (string | Uint8Array)[]): Frame[] => {
  const reader = new FrameReader()
  return chunks.flatMap((chunk) => [...reader.read(typeof chunk === 'string' ? Buffer.from(chunk, 'hex') : chunk)])
}
const bytes = (text: string) => Buffer.from(text, 'hex')

/** From the figures of section 2.6 of the protocol's draft 3.1. */
const table: [name: string, frame: Written, bytes: string][] = [
  ['data', { type: 'data', stream: 5, fin: false, bytes: bytes('616263') }, '00000005 00 000003 616263'],
  ['data, the last', { type: 'data', stream: 1, fin: true, bytes: bytes('') }, '00000001 01 000000'],
  [
    'SYN_STREAM',
    { type: 'syn stream', stream: 3, fin: false, headers: bytes('ff') },
    '80030001 00 00000b 00000003 00000000 0000 ff',
  ],
  ['SYN_REPLY', { type: 'syn reply', stream: 3, fin: false, headers: bytes('ff') }, '80030002 00 000005 00000003 ff'],
  ['RST_STREAM', { type: 'rst stream', stream: 3, status: 5 }, '80030003 00 000008 00000003 00000005'],
  ['SETTINGS', { type: 'settings', initialWindow: 65536 }, '80030004 00 00000c 00000001 00000007 00010000'],
  ['SETTINGS of nothing', { type: 'settings', initialWindow: undefined }, '80030004 00 000004 00000000'],
  ['PING', { type: 'ping', id: 7 }, '80030006 00 000004 00000007'],
  ['GOAWAY', { type: 'go away', lastStream: 9, status: 1 }, '80030007 00 000008 00000009 00000001'],
  ['HEADERS', { type: 'headers', stream: 3, fin: true, headers: bytes('00') }, '80030008 01 000005 00000003 00'],
  ['WINDOW_UPDATE', { type: 'window update', stream: 0, delta: 16384 }, '80030009 00 000008 00000000 00004000'],
]

describe.each(table)('W12.7 %s', (_name, frame, text) => {
  const wire = text.replaceAll(' ', '')
  test('is written as the protocol says, and read again', () => {
    expect(hex(frame)).toBe(wire)
    expect(read(wire)).toEqual([frame])
  })
})

/** The highest bit of an id is reserved: whoever sets it means the same stream. */
test('W12.7 reserved bits are passed over', () => {
  expect(read('80030003000000088000000300000005')).toEqual([{ type: 'rst stream', stream: 3, status: 5 }])
  expect(read('80030009000000088000000380000005')).toEqual([{ type: 'window update', stream: 3, delta: 5 }])
})

const frames = fc.oneof(
  fc.record({
    type: fc.constant('data' as const),
    stream: fc.nat(0x7fffffff),
    fin: fc.boolean(),
    bytes: fc.uint8Array({ maxLength: 50 }).map((some) => Buffer.from(some)),
  }),
  fc.record({
    type: fc.constantFrom('syn stream' as const, 'syn reply' as const, 'headers' as const),
    stream: fc.nat(0x7fffffff),
    fin: fc.boolean(),
    headers: fc.uint8Array({ maxLength: 50 }).map((some) => Buffer.from(some)),
  }),
  fc.record({ type: fc.constant('rst stream' as const), stream: fc.nat(0x7fffffff), status: fc.nat(20) }),
  fc.record({ type: fc.constant('settings' as const), initialWindow: fc.option(fc.nat(), { nil: undefined }) }),
  fc.record({ type: fc.constant('ping' as const), id: fc.nat(0xffffffff) }),
  fc.record({ type: fc.constant('go away' as const), lastStream: fc.nat(0x7fffffff), status: fc.nat(11) }),
  fc.record({ type: fc.constant('window update' as const), stream: fc.nat(0x7fffffff), delta: fc.nat(0x7fffffff) }),
)

test('W12.7 whatever is written is read again, however it was cut on its way', () =>
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 8 }), fc.array(fc.nat(30)), (written, cuts) => {
      const whole = Buffer.concat(written.map((frame) => encodeFrame(frame)))
      const pieces: Uint8Array[] = []
      let at = 0
      for (const cut of cuts) {
        pieces.push(whole.subarray(at, at + cut))
        at += cut
      }
      expect(read(...pieces, whole.subarray(at))).toEqual(written)
    }),
  ))

const wrong: [name: string, bytes: string, message: string][] = [
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n').toString('hex'), 'a frame of 2115668 bytes: the limit is 1048576'],
  ['SPDY/2', '8002000600000004 00000001', 'a frame of SPDY/2: this is SPDY/3'],
  ['a data frame above the limit', '00000001 00 100001', 'a frame of 1048577 bytes: the limit is 1048576'],
  ['a control frame above the limit', '80030001 00 010001', 'a frame of 65537 bytes: the limit is 65536'],
  ['SYN_STREAM without its fields', '80030001 00 000004 00000003', 'a control frame of type 1 is too short'],
  ['SYN_REPLY of nothing', '80030002 00 000000', 'a control frame of type 2 is too short'],
  ['RST_STREAM without its status', '80030003 00 000004 00000003', 'a control frame of type 3 is too short'],
  ['SETTINGS with fewer than it says', '80030004 00 000004 00000001', 'a control frame of type 4 is too short'],
  ['SETTINGS with four thousand million', '80030004 00 000004 ffffffff', 'settings of 4294967295 entries'],
  ['PING of nothing', '80030006 00 000000', 'a control frame of type 6 is too short'],
  ['GOAWAY without its status', '80030007 00 000004 00000001', 'a control frame of type 7 is too short'],
  ['WINDOW_UPDATE of nothing', '80030009 00 000000', 'a control frame of type 9 is too short'],
]
test.each(wrong)('W12.7 refused: %s', (_name, text, message) => {
  expect(() => read(text.replaceAll(' ', ''))).toThrow(new SpdyError(message))
})

test('W12.7 a type that nobody knows is passed over, and so are the settings nobody asked for', () => {
  expect(read('8003000a0000000412345678', '80030006000000040000000180030004')).toEqual([
    { type: 'other', number: 10 },
    { type: 'ping', id: 1 },
  ])
  const settings = '8003000400000014 00000002 00000004 00000064 01000007 00000010'.replaceAll(' ', '')
  expect(read(settings)).toEqual([{ type: 'settings', initialWindow: 16 }])
})

test('a large frame byte by byte costs what it is long', () => {
  const reader = new FrameReader()
  const bytes = Buffer.alloc(256 * 1024, 'x')
  const frame = encodeFrame({ type: 'data', stream: 1, fin: false, bytes })
  const found: Frame[] = []
  const { user } = process.cpuUsage()
  for (let at = 0; at < frame.length; at++) found.push(...reader.read(frame.subarray(at, at + 1)))
  // Copying what has come with each byte would be 34 gigabytes.
  expect(process.cpuUsage().user - user, 'microseconds').toBeLessThan(1_000_000)
  expect(found.map((one) => one.type === 'data' && bytes.equals(one.bytes))).toEqual([true])
})
