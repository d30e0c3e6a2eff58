// Writing to a socket (or to the WebSocket that stands for one) at the pace of whoever reads at the other end.

import type { Duplex } from 'node:stream'

export class Transport {
  readonly #duplex: Duplex
  #waiting: (() => void)[] = []
  #over = false

  constructor(duplex: Duplex) {
    this.#duplex = duplex
    duplex.on('drain', () => this.#wake())
    duplex.on('close', () => this.#end())
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

  #end(): void {
    this.#over = true
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
