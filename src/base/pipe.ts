// Bytes on their way from one who writes to one who reads, with room for only so many: a writer that is ahead waits.

/** The writing end of something that bytes go into. */
export interface ByteWriter {
  /** Resolves when there is room for more; false: nobody reads any more. */
  write(chunk: Uint8Array): Promise<boolean>
  /** Nothing more comes. */
  end(): void
}

export class Pipe implements ByteWriter, AsyncIterable<Uint8Array> {
  readonly #limitBytes: number
  #chunks: Uint8Array[] = []
  #bytes = 0
  #state: 'open' | 'ended' | 'closed' = 'open'
  #wakeReader: (() => void) | undefined
  #wakeWriters: (() => void)[] = []

  /** Whoever writes a chunk is let go on while less than this waits to be read. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** What waits to be read. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whoever writes waits. */
  get isFull(): boolean {
    return this.#bytes >= this.#limitBytes && !this.isClosed
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  async write(chunk: Uint8Array): Promise<boolean> {
    if (this.#state !== 'open') return false
    if (chunk.byteLength > 0) {
      this.#chunks.push(chunk)
      this.#bytes += chunk.byteLength
      this.#wakeReader?.()
    }
    while (this.isFull) {
      await new Promise<void>((resolve) => this.#wakeWriters.push(resolve))
    }
    return !this.isClosed
  }

  /** What was written can still be read, then it is over. */
  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    this.#wakeReader?.()
  }

  /** At once, for both ends: what was not read is gone. */
  close(): void {
    this.#state = 'closed'
    this.#chunks = []
    this.#bytes = 0
    this.#wakeReader?.()
    this.#wakeAllWriters()
  }

  /** For one reader. One that stops early closes the pipe. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift()
        if (chunk !== undefined) {
          this.#bytes -= chunk.byteLength
          if (this.#bytes < this.#limitBytes) this.#wakeAllWriters()
          yield chunk
        } else if (this.#state !== 'open') {
          return
        } else {
          await new Promise<void>((resolve) => {
            this.#wakeReader = resolve
          })
          this.#wakeReader = undefined
        }
      }
    } finally {
      this.close()
    }
  }

  #wakeAllWriters(): void {
    for (const wake of this.#wakeWriters.splice(0)) wake()
  }
}
