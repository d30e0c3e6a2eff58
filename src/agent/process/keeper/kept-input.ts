// What a container reads from whoever is attached to it: the writing end of a named pipe.

import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'

export class KeptInput {
  readonly #socket: Socket
  readonly #once: boolean

  /** `once`: what it reads ends when the first who is attached goes. */
  constructor(pipe: string, once: boolean) {
    // Both ends, or it could not be opened before the container has it open.
    const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK)
    this.#socket = new Socket({ fd, readable: false, writable: true })
    this.#socket.on('error', () => this.close())
    this.#once = once
  }

  /** False: it is not read as fast as it is written. */
  write(chunk: Buffer): boolean {
    return this.#socket.destroyed || this.#socket.write(chunk)
  }

  onceDrained(act: () => void): void {
    this.#socket.once('drain', act)
  }

  /** Whoever was attached has gone. */
  leave(): void {
    if (this.#once) this.close()
  }

  close(): void {
    this.#socket.destroy()
  }
}
