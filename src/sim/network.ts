// What lies between the processes and the server: every request is a message that takes its time, may be lost, doubled,
// refused or cut off, and every watch a connection that may break. What happens to each is `faults` to decide.

import type { ApiBody, ApiRequest, ApiResponse, Send } from '../api/wire.ts'
import { Unreachable } from '../client/unreachable.ts'
import { describe, type Exchange, type Fate, type Faults, kindOf } from './exchange.ts'
import type { SimProcess } from './process.ts'
import type { Scheduler } from './scheduler.ts'
import { Stream } from './stream.ts'

/** The server as the network sees it; undefined while there is none. */
export interface Endpoint {
  readonly handle: Send
  readonly process: SimProcess
}

export interface NetworkOptions {
  readonly scheduler: Scheduler
  readonly faults: Faults
  readonly server: () => Endpoint | undefined
  /** A process dies by fate. */
  readonly kill: (process: SimProcess, why: string) => void
  /** A request reaches the server. */
  readonly onDelivery?: (exchange: Exchange) => void
  /** The server has answered; the client may never hear of it. */
  readonly onAnswer?: (exchange: Exchange, response: ApiResponse) => void
  readonly onLine?: (exchange: Exchange, line: Uint8Array) => void
}

interface Waiting {
  readonly exchange: Exchange
  readonly refuse: (why: string) => void
}

export class Network {
  readonly #options: NetworkOptions
  readonly #atServer = new Set<Waiting>()
  readonly #streams = new Set<Stream>()
  #requests = 0
  #current: Exchange | undefined

  constructor(options: NetworkOptions) {
    this.#options = options
    options.scheduler.onQuiet(() => {
      this.#current = undefined
    })
  }

  /** The request the server works on at this very moment: who writes what it writes now. */
  get current(): Exchange | undefined {
    return this.#current
  }

  /** Requests that the server has not answered. */
  get pending(): readonly Exchange[] {
    return [...this.#atServer].map(({ exchange }) => exchange)
  }

  get streams(): ReadonlySet<Stream> {
    return this.#streams
  }

  get requests(): number {
    return this.#requests
  }

  sendOf(from: SimProcess, who: string): Send {
    return (request) => this.#send({ id: ++this.#requests, from, who, request, kind: kindOf(request) })
  }

  /** The server died: nobody who waits for it gets an answer. */
  serverDied(): void {
    for (const { refuse } of this.#atServer) refuse('connection reset')
    this.#atServer.clear()
    for (const stream of this.#streams) stream.break()
    this.#streams.clear()
  }

  processDied(process: SimProcess): void {
    this.breakStreams((stream) => stream.exchange.from === process)
  }

  breakStreams(which: (stream: Stream) => boolean): void {
    for (const stream of [...this.#streams]) {
      if (!which(stream)) continue
      stream.break()
      this.#streams.delete(stream)
    }
  }

  #send(exchange: Exchange): Promise<ApiResponse> {
    const { from } = exchange
    // A dead process waits for ever, and is forgotten with all that waits in it.
    if (!from.alive) return new Promise(() => {})
    const { scheduler, faults, kill } = this.#options
    const fate = faults.exchange(exchange)
    if (fate.dies === 'before') {
      kill(from, `before ${describe(exchange)}`)
      return new Promise(() => {})
    }
    return new Promise((resolve, reject) => {
      let isAnswered = false
      const answered = (act: () => void) => {
        if (isAnswered) return
        isAnswered = true
        act()
        if (fate.dies === 'answered') scheduler.after(0, () => from.alive && kill(from, 'when it had its answer'))
      }
      const back = (response: ApiResponse) =>
        scheduler.arrives(fate.backMs, () => answered(() => resolve(response)), from)
      const refuse = (why: string) => {
        const error = new Unreachable(`${exchange.request.method} ${exchange.request.path}: ${why}`)
        scheduler.arrives(fate.backMs, () => answered(() => reject(error)), from)
      }
      if (fate.lost !== undefined) {
        const giveUp = () => answered(() => reject(new Unreachable(`${exchange.request.path}: no answer`)))
        scheduler.arrives(fate.givesUpAfterMs ?? 60_000, giveUp, from)
      }
      if (fate.answeredBy !== undefined) back(fate.answeredBy)
      else if (fate.lost !== 'request')
        scheduler.arrives(fate.thereMs, () => this.#deliver(exchange, fate, back, refuse))
      if (fate.againAfterMs !== undefined) {
        const unheard = () => {}
        const again = () => this.#deliver({ ...exchange, isRepeat: true }, fate, unheard, unheard)
        scheduler.arrives(fate.thereMs + fate.againAfterMs, again)
      }
    })
  }

  #deliver(exchange: Exchange, fate: Fate, back: (response: ApiResponse) => void, refuse: (why: string) => void): void {
    const { server, onDelivery } = this.#options
    const endpoint = server()
    if (endpoint === undefined) {
      refuse('connection refused')
      return
    }
    const waiting = { exchange, refuse }
    this.#atServer.add(waiting)
    this.#current = exchange
    onDelivery?.(exchange)
    void endpoint.handle(copyOf(fate.rewritten ?? exchange.request)).then((response) => {
      if (!this.#atServer.delete(waiting)) return
      this.#answer(exchange, fate, response, back)
    })
  }

  #answer(exchange: Exchange, fate: Fate, response: ApiResponse, back: (response: ApiResponse) => void): void {
    this.#options.onAnswer?.(exchange, response)
    if (fate.dies === 'done') {
      this.#options.kill(exchange.from, `after ${describe(exchange)}, before its answer`)
      return
    }
    if (fate.lost === 'answer') return
    const { body } = response
    if (body.kind === 'stream') back({ ...response, body: this.#streamOf(exchange, body) })
    else back(fate.truncated === true ? truncated(response) : response)
  }

  #streamOf(exchange: Exchange, body: ApiBody & { kind: 'stream' }): ApiBody {
    const { scheduler, faults, onLine } = this.#options
    const stream = new Stream(exchange, scheduler, faults, (line) => onLine?.(exchange, line))
    for (const other of this.#streams) if (other.isOver) this.#streams.delete(other)
    this.#streams.add(stream)
    stream.open(body.start)
    return { kind: 'stream', start: (sink) => stream.read(sink) }
  }
}

/** A second delivery must not meet what the first one did to it. */
function copyOf(request: ApiRequest): ApiRequest {
  return { ...request, body: new Uint8Array(request.body) }
}

function truncated(response: ApiResponse): ApiResponse {
  const { body } = response
  if (body.kind === 'stream') return response
  const bytes = body.kind === 'bytes' ? body.bytes : Buffer.concat(body.slices)
  return { ...response, body: { kind: 'bytes', bytes: bytes.subarray(0, Math.floor(bytes.length / 2)) } }
}
