// Headers of SPDY/3.1: names and values with their lengths, compressed by one zlib stream for each direction that goes
// on as long as the connection does. SPDY Protocol, draft 3.1, section 2.6.10.

import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib'
import { headerDictionary } from './dictionary.ts'
import { SpdyError } from './frames.ts'
import { spdyLimits } from './limits.ts'

/** Lower-case names. Of a header that came more than once, the first. */
export type Headers = Readonly<Record<string, string>>

export function encodeHeaders(headers: Headers): Uint8Array {
  const parts: Uint8Array[] = []
  const add = (number: number, text = '') => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(number)
    parts.push(bytes, Buffer.from(text))
  }
  add(Object.keys(headers).length)
  for (const [name, value] of Object.entries(headers)) {
    add(Buffer.byteLength(name), name)
    add(Buffer.byteLength(value), value)
  }
  return Buffer.concat(parts)
}

export function decodeHeaders(block: Uint8Array): Headers {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
  let at = 0
  const number = () => {
    if (at + 4 > bytes.length) throw new SpdyError('a block of headers is too short')
    at += 4
    return bytes.readUInt32BE(at - 4)
  }
  const text = () => {
    const length = number()
    if (at + length > bytes.length) throw new SpdyError('a header is longer than its block')
    at += length
    return bytes.toString('utf8', at - length, at)
  }
  const headers = new Map<string, string>()
  for (let left = number(); left > 0; left--) {
    const name = text().toLowerCase()
    const value = text()
    if (!headers.has(name)) headers.set(name, value.split('\0')[0]!)
  }
  return Object.fromEntries(headers)
}

/** One direction of compression; blocks must be given to it in their order, one at a time. */
export class HeaderCoder {
  readonly #zlib: Inflate | Deflate
  readonly #limitBytes: number
  #chunks: Uint8Array[] = []
  #bytes = 0
  #fail: ((error: Error) => void) | undefined

  constructor(does: 'inflate' | 'deflate', limitBytes: number = spdyLimits.headerBytes) {
    const options = { dictionary: headerDictionary, flush: constants.Z_SYNC_FLUSH, chunkSize: 4096 }
    this.#zlib = does === 'inflate' ? createInflate(options) : createDeflate(options)
    this.#limitBytes = limitBytes
    this.#zlib.on('data', (chunk: Uint8Array) => {
      this.#bytes += chunk.byteLength
      if (this.#bytes > this.#limitBytes) this.#zlib.destroy(new SpdyError(`headers above ${this.#limitBytes} bytes`))
      else this.#chunks.push(chunk)
    })
    this.#zlib.on('error', (error) => {
      this.#fail?.(error instanceof SpdyError ? error : new SpdyError(`headers do not decompress: ${error.message}`))
    })
    this.#zlib.on('close', () => this.#fail?.(new SpdyError('the connection is over')))
  }

  /** Rejects with SpdyError. */
  code(block: Uint8Array): Promise<Uint8Array> {
    this.#chunks = []
    this.#bytes = 0
    return new Promise((resolve, reject) => {
      if (this.#zlib.destroyed) return reject(new SpdyError('the connection is over'))
      this.#fail = reject
      this.#zlib.write(block, () => {
        // Called all the same; 'error' or 'close' says why.
        if (this.#zlib.destroyed) return
        this.#fail = undefined
        resolve(Buffer.concat(this.#chunks))
      })
    })
  }

  close(): void {
    this.#zlib.destroy()
  }
}
