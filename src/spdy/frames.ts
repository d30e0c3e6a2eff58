// Frames of SPDY/3.1: bytes to frames, however they were cut, and back. Headers stay compressed here: their compression
// goes on from frame to frame and belongs to the connection. SPDY Protocol, draft 3.1, section 2.6.

import { spdyLimits } from './limits.ts'

export type Frame =
  | { readonly type: 'data'; readonly stream: number; readonly fin: boolean; readonly bytes: Uint8Array }
  | { readonly type: 'syn stream'; readonly stream: number; readonly fin: boolean; readonly headers: Uint8Array }
  | { readonly type: 'syn reply'; readonly stream: number; readonly fin: boolean; readonly headers: Uint8Array }
  | { readonly type: 'headers'; readonly stream: number; readonly fin: boolean; readonly headers: Uint8Array }
  | { readonly type: 'rst stream'; readonly stream: number; readonly status: number }
  | { readonly type: 'settings'; readonly initialWindow: number | undefined }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'go away'; readonly lastStream: number; readonly status: number }
  | { readonly type: 'window update'; readonly stream: number; readonly delta: number }
  /** Of a type that nobody here knows: passed over, as the protocol asks. */
  | { readonly type: 'other'; readonly number: number }

export const resets = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5, internalError: 6 } as const

/** What came is no SPDY, or more than we take: the connection ends. */
export class SpdyError extends Error {
  override name = 'SpdyError'
}

const headerBytes = 8
const version = 3
const fin = 0x01
const settingsInitialWindow = 7
const control = { synStream: 1, synReply: 2, rst: 3, settings: 4, ping: 6, goAway: 7, headers: 8, window: 9 } as const

export class FrameReader {
  /** What has come of a frame that is not whole. */
  #chunks: Buffer[] = []
  #bytes = 0
  /** How much of it there must be before it is worth looking again. */
  #awaited = headerBytes;

  /** Whole frames as soon as they are there. Throws SpdyError; nothing can be read after that. */
  *read(chunk: Uint8Array): Generator<Frame, void, void> {
    this.#chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    this.#bytes += chunk.byteLength
    if (this.#bytes < this.#awaited) return
    let bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    for (;;) {
      this.#awaited = bytes.length < headerBytes ? headerBytes : headerBytes + payloadBytes(bytes)
      if (bytes.length < this.#awaited) break
      const payload = bytes.subarray(headerBytes, this.#awaited)
      const isControl = (bytes[0]! & 0x80) !== 0
      yield isControl ? controlFrame(bytes, payload) : dataFrame(bytes, payload)
      bytes = bytes.subarray(this.#awaited)
    }
    this.#chunks = [bytes]
    this.#bytes = bytes.length
  }
}

/** As the head of a frame says. */
function payloadBytes(head: Buffer): number {
  const length = head.readUIntBE(5, 3)
  const limit = (head[0]! & 0x80) !== 0 ? spdyLimits.controlBytes : spdyLimits.frameBytes
  if (length > limit) throw new SpdyError(`a frame of ${length} bytes: the limit is ${limit}`)
  return length
}

function dataFrame(head: Buffer, bytes: Buffer): Frame {
  return { type: 'data', stream: head.readUInt32BE(0) & 0x7fffffff, fin: (head[4]! & fin) !== 0, bytes }
}

function controlFrame(head: Buffer, payload: Buffer): Frame {
  const speaks = head.readUInt16BE(0) & 0x7fff
  if (speaks !== version) throw new SpdyError(`a frame of SPDY/${speaks}: this is SPDY/${version}`)
  const number = head.readUInt16BE(2)
  const isLast = (head[4]! & fin) !== 0
  const word = (at: number): number => {
    if (payload.length < at + 4) throw new SpdyError(`a control frame of type ${number} is too short`)
    return payload.readUInt32BE(at)
  }
  const id = (at: number) => word(at) & 0x7fffffff
  switch (number) {
    case control.synStream:
      word(6)
      return { type: 'syn stream', stream: id(0), fin: isLast, headers: payload.subarray(10) }
    case control.synReply:
      return { type: 'syn reply', stream: id(0), fin: isLast, headers: payload.subarray(4) }
    case control.headers:
      return { type: 'headers', stream: id(0), fin: isLast, headers: payload.subarray(4) }
    case control.rst:
      return { type: 'rst stream', stream: id(0), status: word(4) }
    case control.settings:
      return { type: 'settings', initialWindow: initialWindowOf(word) }
    case control.ping:
      return { type: 'ping', id: word(0) }
    case control.goAway:
      return { type: 'go away', lastStream: id(0), status: word(4) }
    case control.window:
      return { type: 'window update', stream: id(0), delta: id(4) }
    default:
      return { type: 'other', number }
  }
}

function initialWindowOf(word: (at: number) => number): number | undefined {
  const count = word(0)
  if (count > spdyLimits.controlBytes / 8) throw new SpdyError(`settings of ${count} entries`)
  let found: number | undefined
  for (let at = 4; at < 4 + count * 8; at += 8) {
    const value = word(at + 4)
    if ((word(at) & 0xffffff) === settingsInitialWindow) found = value
  }
  return found
}

export function encodeFrame(frame: Exclude<Frame, { type: 'other' }>): Uint8Array {
  switch (frame.type) {
    case 'data': {
      const head = Buffer.alloc(headerBytes)
      head.writeUInt32BE(frame.stream)
      head.writeUInt8(frame.fin ? fin : 0, 4)
      head.writeUIntBE(frame.bytes.byteLength, 5, 3)
      return Buffer.concat([head, frame.bytes])
    }
    case 'syn stream':
      // No associated stream, the highest priority, no slot.
      return encodeControl(control.synStream, frame.fin, [frame.stream, 0], Buffer.concat([noPriority, frame.headers]))
    case 'syn reply':
      return encodeControl(control.synReply, frame.fin, [frame.stream], frame.headers)
    case 'headers':
      return encodeControl(control.headers, frame.fin, [frame.stream], frame.headers)
    case 'rst stream':
      return encodeControl(control.rst, false, [frame.stream, frame.status])
    case 'settings':
      return encodeControl(
        control.settings,
        false,
        frame.initialWindow === undefined ? [0] : [1, settingsInitialWindow, frame.initialWindow],
      )
    case 'ping':
      return encodeControl(control.ping, false, [frame.id])
    case 'go away':
      return encodeControl(control.goAway, false, [frame.lastStream, frame.status])
    case 'window update':
      return encodeControl(control.window, false, [frame.stream, frame.delta])
    default:
      return frame satisfies never
  }
}

const noPriority = Buffer.alloc(2)

function encodeControl(type: number, last: boolean, words: readonly number[], rest?: Uint8Array): Uint8Array {
  const head = Buffer.alloc(headerBytes + words.length * 4)
  head.writeUInt16BE(0x8000 | version)
  head.writeUInt16BE(type, 2)
  head.writeUInt8(last ? fin : 0, 4)
  head.writeUIntBE(words.length * 4 + (rest?.byteLength ?? 0), 5, 3)
  for (const [i, word] of words.entries()) head.writeUInt32BE(word, headerBytes + i * 4)
  return rest === undefined ? head : Buffer.concat([head, rest])
}
