// A watch on its way: pieces in order, each after its own delay, until one end, the other, or fate closes it.

import type { ByteSink } from '../api/wire.ts'
import type { Cancel } from '../base/clock.ts'
import { type ChunkFate, type Exchange, type Faults, goneEvent } from './exchange.ts'
import type { Scheduler } from './scheduler.ts'

export const streamLimits = {
  /** What may be on its way before the server is told that its reader is slow. Ours are small, so that it happens. */
  pieces: 200,
} as const

type Piece = { readonly bytes: Uint8Array } | { readonly end: 'clean' | 'broken' }

/** The server's end is `sink`; the client's is set when it starts to read. */
export class Stream {
  readonly exchange: Exchange
  readonly #scheduler: Scheduler
  readonly #faults: Faults
  readonly #onLine: (line: Uint8Array) => void
  #pieces: (Piece & { readonly atMs: number })[] = []
  #client: ByteSink | undefined
  #stopServer: (() => void) | undefined
  #serverIsDone = false
  #isOver = false
  #cancelPump: Cancel | undefined
  #frozenUntilMs = 0
  #lines = 0
  #lastAtMs = 0

  constructor(exchange: Exchange, scheduler: Scheduler, faults: Faults, onLine: (line: Uint8Array) => void) {
    this.exchange = exchange
    this.#scheduler = scheduler
    this.#faults = faults
    this.#onLine = onLine
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** The server begins to write, as it does when the headers are out. */
  open(start: (sink: ByteSink) => () => void): void {
    if (this.#faults.opened?.(this.exchange) === 'gone') {
      this.#put({ bytes: goneEvent }, 0)
      this.#put({ end: 'clean' }, 0)
      this.#serverIsDone = true
      return
    }
    this.#stopServer = start({
      write: (chunk) => this.#write(chunk),
      drained: () => Promise.resolve(),
      end: () => this.#finish('clean'),
      destroy: () => this.#finish('broken'),
    })
    if (this.#serverIsDone) this.#leaveServer()
  }

  /** The client begins to read; returns its way to stop. */
  read(client: ByteSink): () => void {
    // Reset while the headers were on their way.
    if (this.#isOver) this.#scheduler.arrives(0, () => client.destroy(), this.exchange.from)
    this.#client = client
    this.#pump()
    return () => this.#over()
  }

  /** Nothing comes through until then, though the connection stands. */
  freeze(untilMs: number): void {
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, untilMs)
  }

  thaw(): void {
    this.#frozenUntilMs = 0
    this.#cancelPump?.()
    this.#cancelPump = undefined
    this.#pump()
  }

  /** The connection is reset: what is on its way is lost. */
  break(): void {
    if (this.#isOver) return
    const client = this.#client
    this.#over()
    client?.destroy()
  }

  #write(chunk: Uint8Array): boolean {
    if (this.#isOver || this.#serverIsDone) return false
    this.#onLine(chunk)
    const fate = this.#faults.chunk(this.exchange, chunk, ++this.#lines)
    for (let i = 0; i < (fate.times ?? 1); i++) this.#putCut(chunk, fate)
    switch (fate.after) {
      case 'break':
        this.#finish('broken')
        break
      case 'gone':
        this.#put({ bytes: goneEvent }, fate.ms)
        this.#finish('clean')
        break
      case 'end':
        this.#finish('clean')
        break
      case undefined:
        break
      default:
        fate.after satisfies never
    }
    return this.#pieces.length < streamLimits.pieces
  }

  #putCut(chunk: Uint8Array, { ms, cutAt }: ChunkFate): void {
    if (cutAt === undefined) {
      this.#put({ bytes: chunk }, ms)
      return
    }
    this.#put({ bytes: chunk.subarray(0, cutAt) }, ms)
    this.#put({ bytes: chunk.subarray(cutAt) }, ms)
  }

  #finish(end: 'clean' | 'broken'): void {
    if (this.#serverIsDone) return
    this.#serverIsDone = true
    this.#put({ end }, 0)
    this.#leaveServer()
  }

  #put(piece: Piece, ms: number): void {
    const atMs = Math.max(this.#lastAtMs, this.#scheduler.now() + ms)
    this.#lastAtMs = atMs
    this.#pieces.push({ ...piece, atMs })
    this.#pump()
  }

  /** One piece at a time is under way, so that they stay in order whatever happens to the reader. */
  #pump(): void {
    const next = this.#pieces[0]
    if (next === undefined || this.#client === undefined || this.#cancelPump !== undefined || this.#isOver) return
    const atMs = Math.max(next.atMs, this.#frozenUntilMs)
    const deliver = () => {
      this.#cancelPump = undefined
      if (this.#isOver) return
      if (this.#frozenUntilMs > this.#scheduler.now()) return this.#pump()
      this.#pieces.shift()
      this.#deliver(next)
      this.#pump()
    }
    this.#cancelPump = this.#scheduler.arrives(atMs - this.#scheduler.now(), deliver, this.exchange.from)
  }

  #deliver(piece: Piece): void {
    const client = this.#client!
    if ('bytes' in piece) {
      client.write(piece.bytes)
      return
    }
    this.#over()
    if (piece.end === 'clean') client.end()
    else client.destroy()
  }

  #over(): void {
    this.#isOver = true
    this.#pieces = []
    this.#leaveServer()
  }

  #leaveServer(): void {
    const stop = this.#stopServer
    this.#stopServer = undefined
    this.#serverIsDone = true
    stop?.()
  }
}
