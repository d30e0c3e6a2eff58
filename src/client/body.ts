// Reading the body of an answer, whichever way it comes: whole, or piece by piece as a watch or a log.

import type { ApiBody, ByteSink } from '../api/wire.ts'
import { Unreachable } from './unreachable.ts'

export const bodyLimits = {
  /** What a streamed answer may run ahead of its reader before `write` says so. */
  bufferedBytes: 16 * 1024 * 1024,
} as const

/** The whole body. A streamed one is read to its end. */
export async function readBody(body: ApiBody): Promise<Buffer> {
  switch (body.kind) {
    case 'bytes':
      return Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.byteLength)
    case 'slices':
      return Buffer.concat(body.slices)
    case 'stream': {
      const chunks: Uint8Array[] = []
      for await (const chunk of readStream(body)) chunks.push(chunk)
      return Buffer.concat(chunks)
    }
    default:
      return body satisfies never
  }
}

/** The pieces of a body as they come. Aborting ends it as if the body had ended; a broken connection rejects. */
export async function* readStream(body: ApiBody, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  if (body.kind !== 'stream') {
    yield await readBody(body)
    return
  }
  const queue = new ChunkQueue()
  const stop = body.start(queue)
  const abort = () => queue.end()
  signal?.addEventListener('abort', abort)
  try {
    while (!signal?.aborted) {
      const chunk = await queue.next()
      if (chunk === undefined) return
      yield chunk
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    queue.end()
    stop()
  }
}

/** The reader's end of a stream: a bounded queue between who writes and who reads. */
class ChunkQueue implements ByteSink {
  #chunks: Uint8Array[] = []
  /** What was written before them, the oldest last. */
  #unread: Uint8Array[] = []
  #bytes = 0
  #state: 'open' | 'ended' | 'broken' = 'open'
  #wakeReader: (() => void) | undefined
  #drained: (() => void)[] = []

  write(chunk: Uint8Array): boolean {
    if (this.#state !== 'open') return false
    this.#chunks.push(chunk)
    this.#bytes += chunk.byteLength
    this.#wake()
    return this.#bytes <= bodyLimits.bufferedBytes
  }

  drained(): Promise<void> {
    if (this.#state !== 'open' || this.#bytes <= bodyLimits.bufferedBytes) return Promise.resolve()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  end(): void {
    this.#close('ended')
  }

  destroy(): void {
    this.#close('broken')
  }

  /** The next piece, as it was written; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0 && this.#unread.length === 0) {
      if (this.#state === 'broken') throw new Unreachable('the connection broke off in the middle of the answer')
      if (this.#state === 'ended') return undefined
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve
      })
    }
    if (this.#unread.length === 0) {
      this.#unread = this.#chunks.reverse()
      this.#chunks = []
    }
    const chunk = this.#unread.pop()!
    this.#bytes -= chunk.byteLength
    if (this.#bytes <= bodyLimits.bufferedBytes) this.#releaseWriters()
    return chunk
  }

  #close(state: 'ended' | 'broken'): void {
    if (this.#state !== 'open') return
    this.#state = state
    this.#wake()
    this.#releaseWriters()
  }

  #wake(): void {
    const wake = this.#wakeReader
    this.#wakeReader = undefined
    wake?.()
  }

  #releaseWriters(): void {
    for (const resolve of this.#drained.splice(0)) resolve()
  }
}
