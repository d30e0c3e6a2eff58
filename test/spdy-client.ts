// The client's end of SPDY/3.1 as kubectl has it: it opens streams, writes, and remembers all it hears.

import { Duplex } from 'node:stream'
import { encodeFrame, type Frame, FrameReader } from '../src/spdy/frames.ts'
import { encodeHeaders, HeaderCoder, type Headers } from '../src/spdy/header-block.ts'

type Written = Parameters<typeof encodeFrame>[0]

export class SpdyClient {
  readonly #duplex: Duplex
  readonly #deflate = new HeaderCoder('deflate')
  #next = 1
  #wake: (() => void)[] = []
  readonly heard: Frame[] = []
  isOver = false

  constructor(duplex: Duplex) {
    this.#duplex = duplex
    const reader = new FrameReader()
    duplex.on('data', (chunk: Uint8Array) => {
      for (const frame of reader.read(chunk)) this.heard.push(copied(frame))
      this.#told()
    })
    const over = () => {
      this.isOver = true
      this.#deflate.close()
      this.#told()
    }
    duplex.on('error', () => {})
    // As Go's: who has nothing to read any more closes.
    duplex.on('end', () => {
      duplex.end()
      over()
    })
    duplex.on('close', over)
  }

  /** Resolves when it is true of what was heard. */
  async until(check: () => boolean): Promise<void> {
    while (!check()) {
      if (this.isOver) throw new Error(`the connection is over; heard: ${this.told.join(', ')}`)
      await new Promise<void>((resolve) => this.#wake.push(resolve))
    }
  }

  /** `syn reply 1`, `data 1 abc`, `data 1 . fin`, `rst stream 3 (3)`. */
  get told(): string[] {
    return this.heard.map(lineOf)
  }

  async over(): Promise<void> {
    while (!this.isOver) await new Promise<void>((resolve) => this.#wake.push(resolve))
  }

  async open(headers: Headers, fin = false): Promise<ClientStream> {
    const id = this.#next
    this.#next += 2
    await this.openAs(id, headers, fin)
    return new ClientStream(this, id)
  }

  /** With a number of one's own. */
  async openAs(id: number, headers: Headers, fin = false): Promise<void> {
    this.send({ type: 'syn stream', stream: id, fin, headers: await this.#deflate.code(encodeHeaders(headers)) })
  }

  /** False: the other end is slow. */
  send(frame: Written): boolean {
    return this.write(encodeFrame(frame))
  }

  write(bytes: Uint8Array): boolean {
    return this.#duplex.write(bytes)
  }

  /** Reads no more; `resume` goes on. */
  pause(): void {
    this.#duplex.pause()
  }

  resume(): void {
    this.#duplex.resume()
  }

  close(): void {
    this.#duplex.destroy()
  }

  #told(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}

export class ClientStream {
  readonly #client: SpdyClient
  readonly id: number

  constructor(client: SpdyClient, id: number) {
    this.#client = client
    this.id = id
  }

  write(data: string | Uint8Array, fin = false): boolean {
    return this.#client.send({ type: 'data', stream: this.id, fin, bytes: Buffer.from(data) })
  }

  end(): void {
    this.write('', true)
  }

  reset(): void {
    this.#client.send({ type: 'rst stream', stream: this.id, status: 5 })
  }

  /** Everything it was sent so far. */
  get bytes(): Buffer {
    const { heard } = this.#client
    return Buffer.concat(heard.flatMap((one) => (one.type === 'data' && one.stream === this.id ? [one.bytes] : [])))
  }

  get text(): string {
    return this.bytes.toString('utf8')
  }

  get hasEnded(): boolean {
    return this.#client.heard.some((one) => one.type === 'data' && one.stream === this.id && one.fin)
  }

  get wasReset(): boolean {
    return this.#client.heard.some((one) => one.type === 'rst stream' && one.stream === this.id)
  }

  /** Resolves with all of it. */
  async whole(): Promise<string> {
    await this.#client.until(() => this.hasEnded)
    return this.text
  }
}

/** What a reader gives is only good until the next piece comes. */
function copied(frame: Frame): Frame {
  return frame.type === 'data' ? { ...frame, bytes: Buffer.from(frame.bytes) } : frame
}

function lineOf(frame: Frame): string {
  switch (frame.type) {
    case 'data': {
      const text = Buffer.from(frame.bytes).toString('utf8')
      return `data ${frame.stream} ${text === '' ? '.' : text}${frame.fin ? ' fin' : ''}`
    }
    case 'rst stream':
      return `rst stream ${frame.stream} (${frame.status})`
    case 'go away':
      return `go away after ${frame.lastStream} (${frame.status})`
    case 'ping':
      return `ping ${frame.id}`
    case 'window update':
      return `window update ${frame.stream} ${frame.delta}`
    case 'settings':
    case 'other':
      return frame.type
    default:
      return `${frame.type} ${frame.stream}`
  }
}

/**
 * The inside of a WebSocket, from the client's end: what is written goes out as messages, what comes in is read. For
 * protocols with a slash in their name, which the library of ours does not let a client ask for.
 */
export function insideWebSocket(socket: Duplex): Duplex {
  let rest: Buffer = Buffer.alloc(0)
  const inside = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      socket.write(webSocketFrame(binaryMessage, chunk), () => done())
    },
    final(done) {
      socket.end(webSocketFrame(closeMessage, Buffer.alloc(0)), done)
    },
    destroy(error, done) {
      socket.destroy()
      done(error)
    },
  })
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    for (let length = frameLength(rest); length !== undefined && rest.length >= length; length = frameLength(rest)) {
      const opcode = rest[0]! & 0x0f
      if (opcode === closeMessage) inside.push(null)
      else inside.push(rest.subarray(length - payloadLength(rest), length))
      rest = rest.subarray(length)
    }
  })
  socket.on('close', () => inside.destroy())
  return inside
}

const [binaryMessage, closeMessage] = [2, 8]

/** RFC 6455, 5.2: a client masks; a mask of zeros changes nothing. */
function webSocketFrame(opcode: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(14)
  head.writeUInt8(0x80 | opcode)
  head.writeUInt8(0x80 | 127, 1)
  head.writeBigUInt64BE(BigInt(payload.length), 2)
  return Buffer.concat([head, payload])
}

/** Of what a server sends; undefined: not yet known. */
function frameLength(bytes: Buffer): number | undefined {
  return bytes.length < headLength(bytes) ? undefined : headLength(bytes) + payloadLength(bytes)
}

function headLength(bytes: Buffer): number {
  const short = (bytes[1] ?? 0) & 0x7f
  return bytes.length < 2 ? 10 : short === 127 ? 10 : short === 126 ? 4 : 2
}

function payloadLength(bytes: Buffer): number {
  const short = bytes[1]! & 0x7f
  return short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short
}
