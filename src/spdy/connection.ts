// One end of a SPDY/3.1 connection: streams that the client opens, over a socket or over the WebSocket that stands for
// one. One frame is taken at a time: while a stream has no room, the connection waits, and the other end with it.

import type { Duplex } from 'node:stream'
import { type ByteWriter, Pipe } from '../base/pipe.ts'
import { FlowControl } from './flow.ts'
import { encodeFrame, type Frame, FrameReader, resets, SpdyError } from './frames.ts'
import { decodeHeaders, encodeHeaders, HeaderCoder, type Headers } from './header-block.ts'
import { spdyLimits } from './limits.ts'
import { Transport } from './transport.ts'

export interface SpdyStream {
  readonly id: number
  readonly headers: Headers
  /** What the other end sends; ends when it has no more to say. */
  readonly input: Pipe
  readonly output: ByteWriter
  /** Both directions end at once. */
  reset(): void
}

export interface SpdyOptions {
  /** A stream has been opened and answered. A text: it is not wanted, and why. Undefined: this is the client's end. */
  readonly accept?: (stream: SpdyStream) => string | undefined
  /** Data has come or gone. */
  readonly active?: () => void
}

/** What was read is told to clients that count, in portions of this. */
const updateBytes = 16 * 1024

export class SpdyConnection {
  readonly #duplex: Duplex
  readonly #options: SpdyOptions
  readonly #transport: Transport
  readonly #inflate = new HeaderCoder('inflate')
  readonly #deflate = new HeaderCoder('deflate')
  readonly #flow = new FlowControl()
  readonly #streams = new Map<number, Stream>()
  #lastStream = 0
  #nextStream = 1
  #opening: Promise<unknown> = Promise.resolve()
  #unacknowledged = 0

  constructor(duplex: Duplex, options: SpdyOptions) {
    this.#duplex = duplex
    this.#options = options
    this.#transport = new Transport(duplex)
    // Also while a stream has no room and nothing is read: whoever waits for it is let go.
    duplex.once('close', () => this.#letGo())
  }

  /** Open now. */
  get streams(): number {
    return this.#streams.size
  }

  /** The client's end opens one. It is over at once where the connection is. */
  async open(headers: Headers): Promise<SpdyStream> {
    const id = this.#nextStream
    this.#nextStream += 2
    const stream = this.#newStream(id, headers)
    // One after the other: compression goes on from block to block.
    this.#opening = this.#opening.then(async () => {
      const block = await this.#deflate.code(encodeHeaders(headers))
      await this.#send({ type: 'syn stream', stream: id, fin: false, headers: block })
    })
    await this.#opening.catch(() => stream.over())
    return stream
  }

  /** Resolves when the connection is over, whoever ended it; a text says what the other end did wrong. */
  async run(): Promise<string | undefined> {
    try {
      const reader = new FrameReader()
      // Who has sent what we do not take is still told so.
      for await (const chunk of this.#duplex.iterator({ destroyOnReturn: false })) {
        for (const frame of reader.read(chunk as Uint8Array)) await this.#take(frame)
      }
    } catch (error) {
      // Otherwise the connection broke off.
      if (!this.#transport.isOver) {
        if (!(error instanceof SpdyError)) throw error
        this.#letGo()
        this.close(resets.protocolError)
        await this.#transport.over()
        return error.message
      }
    } finally {
      this.#letGo()
      this.#duplex.destroy()
    }
    return undefined
  }

  /**
   * Says goodbye, lets what was written go out, and closes when the client does: a socket that is closed while something
   * of its client is unread takes back what the client has not read.
   */
  close(status = 0): void {
    this.#transport.end(encodeFrame({ type: 'go away', lastStream: this.#lastStream, status }))
  }

  async #take(frame: Frame): Promise<void> {
    switch (frame.type) {
      case 'syn stream':
        return this.#open(frame.stream, frame.fin, decodeHeaders(await this.#inflate.code(frame.headers)))
      case 'data':
        return this.#data(frame.stream, frame.bytes, frame.fin)
      case 'rst stream':
        this.#streams.get(frame.stream)?.over()
        return
      case 'ping':
        // A client's own are odd, a server's even; others would be answers to ours, and we ask none.
        if ((frame.id % 2 === 1) === (this.#options.accept !== undefined)) await this.#send(frame)
        return
      case 'headers':
      case 'syn reply':
        // Of no use to anybody here, but the compression goes on with them.
        await this.#inflate.code(frame.headers)
        if (frame.fin) this.#streams.get(frame.stream)?.inputEnded()
        return
      case 'settings':
        if (frame.initialWindow !== undefined) this.#flow.heardInitialWindow(frame.initialWindow)
        return
      case 'window update':
        this.#flow.heardUpdate(frame.stream, frame.delta)
        return
      case 'go away':
      case 'other':
        return
      default:
        return frame satisfies never
    }
  }

  async #open(id: number, fin: boolean, headers: Headers): Promise<void> {
    const { accept } = this.#options
    if (accept === undefined) throw new SpdyError(`stream ${id} opened by a server`)
    if (id % 2 === 0 || id <= this.#lastStream) throw new SpdyError(`stream ${id} after stream ${this.#lastStream}`)
    this.#lastStream = id
    if (this.#streams.size >= spdyLimits.streams) {
      await this.#send({ type: 'rst stream', stream: id, status: resets.refusedStream })
      return
    }
    const stream = this.#newStream(id, headers)
    if (fin) stream.inputEnded()
    const none = await this.#deflate.code(encodeHeaders({}))
    await this.#send({ type: 'syn reply', stream: id, fin: false, headers: none })
    if (accept(stream) !== undefined) stream.reset(resets.refusedStream)
  }

  #newStream(id: number, headers: Headers): Stream {
    this.#flow.open(id)
    const stream = new Stream(id, headers, {
      active: () => this.#options.active?.(),
      room: (wanted) => this.#flow.take(id, wanted),
      send: (frame) => this.#send(frame),
      // A server of Kubernetes ends its streams by a reset, right after the last words.
      keepsUnread: this.#options.accept === undefined,
      forget: () => {
        this.#streams.delete(id)
        this.#flow.close(id)
      },
    })
    this.#streams.set(id, stream)
    return stream
  }

  async #data(id: number, bytes: Uint8Array, fin: boolean): Promise<void> {
    if (bytes.byteLength > 0) this.#options.active?.()
    const stream = this.#streams.get(id)
    // One that is gone: the client wrote before it heard of it.
    if (stream !== undefined) {
      await stream.input.write(bytes)
      if (fin) stream.inputEnded()
    }
    await this.#acknowledge(stream, bytes.byteLength)
  }

  async #acknowledge(stream: Stream | undefined, bytes: number): Promise<void> {
    this.#unacknowledged += bytes
    if (this.#unacknowledged >= updateBytes) {
      await this.#send({ type: 'window update', stream: 0, delta: this.#unacknowledged })
      this.#unacknowledged = 0
    }
    if (stream === undefined) return
    stream.unacknowledged += bytes
    if (stream.unacknowledged < updateBytes || stream.isOver) return
    await this.#send({ type: 'window update', stream: stream.id, delta: stream.unacknowledged })
    stream.unacknowledged = 0
  }

  #send(frame: Parameters<typeof encodeFrame>[0]): Promise<boolean> {
    return this.#transport.write(encodeFrame(frame))
  }

  #letGo(): void {
    for (const stream of [...this.#streams.values()]) stream.over()
    this.#inflate.close()
    this.#deflate.close()
  }
}

interface StreamParts {
  readonly active: () => void
  readonly room: (wanted: number) => Promise<number | undefined>
  readonly send: (frame: Parameters<typeof encodeFrame>[0]) => Promise<boolean>
  /** What has come can still be read when it is over. */
  readonly keepsUnread: boolean
  /** Both directions are over. */
  readonly forget: () => void
}

class Stream implements SpdyStream {
  readonly id: number
  readonly headers: Headers
  readonly input = new Pipe(spdyLimits.streamBytes)
  readonly output: ByteWriter
  readonly #parts: StreamParts
  unacknowledged = 0
  #inputOver = false
  #outputOver = false
  #isOver = false

  constructor(id: number, headers: Headers, parts: StreamParts) {
    this.id = id
    this.headers = headers
    this.#parts = parts
    this.output = { write: (chunk) => this.#write(chunk), end: () => this.#endOutput() }
  }

  get isOver(): boolean {
    return this.#isOver
  }

  inputEnded(): void {
    this.#inputOver = true
    this.input.end()
    if (this.#outputOver) this.#forget()
  }

  reset(status: number = resets.cancel): void {
    if (this.#isOver) return
    this.over()
    void this.#parts.send({ type: 'rst stream', stream: this.id, status })
  }

  over(): void {
    this.#outputOver = true
    if (this.#parts.keepsUnread) this.input.end()
    else this.input.close()
    this.#forget()
  }

  async #write(chunk: Uint8Array): Promise<boolean> {
    for (let at = 0; at < chunk.byteLength; ) {
      if (this.#outputOver) return false
      const size = await this.#parts.room(Math.min(spdyLimits.writeBytes, chunk.byteLength - at))
      if (size === undefined || this.#outputOver) return false
      this.#parts.active()
      const bytes = chunk.subarray(at, at + size)
      if (!(await this.#parts.send({ type: 'data', stream: this.id, fin: false, bytes }))) return false
      at += size
    }
    return !this.#outputOver
  }

  #endOutput(): void {
    if (this.#outputOver) return
    this.#outputOver = true
    void this.#parts.send({ type: 'data', stream: this.id, fin: true, bytes: nothing })
    if (this.#inputOver) this.#forget()
  }

  /** What was read is still there for its reader. */
  #forget(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#parts.forget()
  }
}

const nothing = new Uint8Array()
