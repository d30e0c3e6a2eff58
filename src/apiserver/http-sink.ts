// The writing end of one answer, HTTP/1.1 or HTTP/2: how far it may run ahead of its reader, and what happens when
// either side goes away. Made when the request arrives, so that a reader who leaves early is noticed.

import type { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { constants, type Http2ServerResponse } from 'node:http2'
import type { ByteSink } from '../api/wire.ts'
import type { ListenLimits } from './listen-limits.ts'

export type HttpResponse = ServerResponse | Http2ServerResponse

export class HttpSink implements ByteSink {
  readonly #response: HttpResponse
  readonly #writeChunk: (chunk: Uint8Array) => boolean
  readonly #limits: ListenLimits
  #state: 'open' | 'ended' | 'over' = 'open'
  /** Node's own buffer is full: 'drain' will come. */
  #full = false
  #stopWriter: (() => void) | undefined
  #waiting: (() => void)[] = []
  #stall: NodeJS.Timeout | undefined

  constructor(response: HttpResponse, limits: ListenLimits) {
    this.#response = response
    this.#writeChunk = 'stream' in response ? (chunk) => response.write(chunk) : (chunk) => response.write(chunk)
    this.#limits = limits
    const events: EventEmitter = response
    events.on('drain', () => {
      this.#full = false
      this.#wake()
    })
    events.on('close', () => this.#over())
    // A connection that breaks off is told by 'close' too; nobody else needs to hear of it.
    events.on('error', () => {})
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** How to stop whoever writes a stream: called once, when the answer is over, however it ended. */
  stopWith(stop: () => void): void {
    if (this.#state === 'open') this.#stopWriter = stop
    else stop()
  }

  write(chunk: Uint8Array): boolean {
    if (this.#state !== 'open') return false
    this.#full = !this.#writeChunk(chunk)
    return this.#response.writableLength <= this.#limits.streamBufferBytes
  }

  drained(): Promise<void> {
    if (this.#state !== 'open' || !this.#full) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** For a body that has an end: writes, and waits until the reader has taken it. False: the reader is gone. */
  async writeAndWait(chunk: Uint8Array): Promise<boolean> {
    this.write(chunk)
    if (this.#full) {
      this.#cutOffWhenStalled()
      await this.drained()
      clearTimeout(this.#stall)
    }
    return this.#state === 'open'
  }

  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    this.#cutOffWhenStalled()
    this.#response.end()
    this.#wake()
  }

  destroy(): void {
    if (this.#state === 'over') return
    const response = this.#response
    this.#over()
    // HTTP/2 resets the one stream; HTTP/1.1 can say "incomplete" only by closing the connection.
    if ('stream' in response) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    else response.destroy()
  }

  /** Stops whoever writes, then ends the answer cleanly: the server closes. Only for streams. */
  finishStream(): void {
    if (this.#stopWriter === undefined) return
    this.#stop()
    this.end()
  }

  #cutOffWhenStalled(): void {
    clearTimeout(this.#stall)
    this.#stall = setTimeout(() => this.destroy(), this.#limits.stallMs)
  }

  #over(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    clearTimeout(this.#stall)
    this.#wake()
    this.#stop()
  }

  #stop(): void {
    const stop = this.#stopWriter
    this.#stopWriter = undefined
    stop?.()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
