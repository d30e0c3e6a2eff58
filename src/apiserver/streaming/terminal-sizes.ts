// The sizes of a terminal as a client tells them: JSON, one after the other, cut anywhere. Only the newest counts, so
// whoever is slow to read them misses some and nothing is kept.

import type { TerminalSize } from '../../api/session.ts'

export class TerminalSizes implements AsyncIterable<TerminalSize> {
  readonly #limitBytes: number
  #text = ''
  #newest: TerminalSize | undefined
  #ended = false
  #wake: (() => void) | undefined

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  take(bytes: Uint8Array): void {
    this.#text += Buffer.from(bytes).toString('latin1')
    for (let end = this.#text.indexOf('}'); end >= 0; end = this.#text.indexOf('}')) {
      const size = sizeOf(this.#text.slice(0, end + 1))
      this.#text = this.#text.slice(end + 1)
      if (size === undefined) continue
      this.#newest = size
      this.#wake?.()
    }
    // What is no size and goes on without end is nothing we wait for.
    if (this.#text.length > this.#limitBytes) this.#text = ''
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TerminalSize, void, void> {
    for (;;) {
      const size = this.#newest
      this.#newest = undefined
      if (size !== undefined) yield size
      else if (this.#ended) return
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }
}

/** `{"Width":80,"Height":24}`. Undefined for anything else. */
function sizeOf(text: string): TerminalSize | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(text) as { Width?: unknown; Height?: unknown }
    return isSide(width) && isSide(height) ? { width, height } : undefined
  } catch {
    return undefined
  }
}

function isSide(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff
}
