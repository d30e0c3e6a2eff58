// Writing to a socket (or to the WebSocket that stands for one) at the pace of whoever reads at the other end.

import type { Duplex } from 'node:stream'
import { spdyLimits } from './limits.ts'

export class Transport {
  readonly #duplex: Duplex
  #waiting: (() => void)[] = []
  #over = false

  constructor(duplex: Duplex) {
    this.#duplex = duplex
    duplex.on('drain', () => this.#wake())
    duplex.on('close', () => this.#closed())
    // A connection that breaks off is told by 'close' too.
    duplex.on('error', () => {})
  }

  get isOver(): boolean {
    return this.#over || this.#duplex.destroyed
  }

  /** Resolves when the other end has taken what was written before; false: it is gone. */
  async write(bytes: Uint8Array): Promise<boolean> {
    if (this.isOver || this.#duplex.writableEnded) return false
    if (!this.#duplex.write(bytes)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return !this.isOver
  }

  /** The last word. What still comes is passed over, until the other end closes or has had its time. */
  end(bytes: Uint8Array): void {
    if (this.isOver || this.#duplex.writableEnded) return
    this.#duplex.end(bytes)
    const timer = setTimeout(() => this.#duplex.destroy(), spdyLimits.goodbyeMs)
    this.#duplex.once('close', () => clearTimeout(timer))
  }

  /** Resolves when it is over; nothing is read any more. */
  over(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isOver) return resolve()
      this.#duplex.once('close', resolve)
      this.#duplex.resume()
    })
  }

  #closed(): void {
    this.#over = true
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
