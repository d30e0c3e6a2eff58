// How far a writer may run ahead of a reader that counts (SPDY/3.1, section 2.6.8). Clients made of spdystream, and so
// every kubectl, never say how much they have room for: the windows are in force from the first word about them, and
// until then only the socket holds us back.

/** A client that counts begins with this, for each stream and for all of them together. */
const firstWindow = 64 * 1024

export class FlowControl {
  #inForce = false
  #initialWindow = firstWindow
  readonly #all = new Window()
  readonly #windows = new Map<number, Window>()
  #waiting: (() => void)[] = []

  open(stream: number): void {
    this.#windows.set(stream, new Window())
  }

  /** Whoever waits to write on it is let go on. */
  close(stream: number): void {
    this.#windows.delete(stream)
    this.#wake()
  }

  heardInitialWindow(bytes: number): void {
    this.#inForce = true
    this.#initialWindow = bytes
    this.#wake()
  }

  /** `stream` 0: all of them together. */
  heardUpdate(stream: number, delta: number): void {
    this.#inForce = true
    const window = stream === 0 ? this.#all : this.#windows.get(stream)
    if (window !== undefined) window.granted += delta
    this.#wake()
  }

  /** How much of `wanted` may be written now: at least one byte; undefined when the stream was closed meanwhile. */
  async take(stream: number, wanted: number): Promise<number | undefined> {
    for (;;) {
      const window = this.#windows.get(stream)
      if (window === undefined) return undefined
      const room = this.#inForce ? Math.min(this.#initialWindow + window.room, firstWindow + this.#all.room) : wanted
      if (room > 0) {
        const taken = Math.min(room, wanted)
        window.sent += taken
        this.#all.sent += taken
        return taken
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

class Window {
  sent = 0
  granted = 0

  /** Beside what there was at the beginning. */
  get room(): number {
    return this.granted - this.sent
  }
}
