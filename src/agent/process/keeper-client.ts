// The agent's end of the line to its keeper: finds the one that is there or starts one, asks, and hears of ends. A
// keeper that dies is replaced, and the next one finds the containers again.

import { spawn } from 'node:child_process'
import { closeSync, constants, mkdirSync, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../base/clock.ts'
import { sleep } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { lineOf, lineReader } from './lines.ts'
import type { Answer, ExitFound, Order, RunName } from './orders.ts'

export interface KeeperClientOptions {
  /** The keeper's directory. */
  readonly directory: string
  /** Default: beside this file. */
  readonly program?: string | undefined
  readonly clock: Clock
  readonly log: Log
  readonly exited: (run: RunName, exit: ExitFound) => void
  /** There is a keeper again: what was heard before may have been missed since. */
  readonly connected: (client: KeeperClient) => void
}

export const clientLimits = {
  /** A keeper that was started answers within so long, or something is wrong with it. */
  startMs: 15_000,
  retryMs: 20,
  /** One order is given so often, should keepers go away over it. */
  tries: 3,
} as const

/** What the keeper answers where it could not do what it was asked. */
export class KeeperRefusal extends Error {
  override name = 'KeeperRefusal'
  readonly reason: string

  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}

class KeeperLost extends Error {
  override name = 'KeeperLost'
}

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

export class KeeperClient {
  readonly #options: KeeperClientOptions
  readonly #waiting = new Map<number, Waiting>()
  #socket: Promise<Socket> | undefined
  #asked = 0
  #isClosed = false

  constructor(options: KeeperClientOptions) {
    this.#options = options
  }

  /** A keeper that goes away meanwhile is replaced and asked again: every order may be given twice. */
  async ask(order: Order): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#askOnce(order)
      } catch (error) {
        if (!(error instanceof KeeperLost) || tries === clientLimits.tries || this.#isClosed) throw error
      }
    }
  }

  async #askOnce(order: Order): Promise<unknown> {
    const socket = await this.#connection()
    const ask = ++this.#asked
    return new Promise((resolve, reject) => {
      this.#waiting.set(ask, { resolve, reject })
      socket.write(lineOf({ ...order, ask }))
    })
  }

  /** A connection of its own, for a session. */
  async open(): Promise<Socket> {
    await this.#connection()
    return this.#connect()
  }

  async close(): Promise<void> {
    if (this.#socket !== undefined) {
      const socket = await this.#socket.catch(() => undefined)
      const patience = new AbortController()
      const left = this.ask({ do: 'leave' })
      await Promise.race([left, sleep(this.#options.clock, 1000, patience.signal)]).catch(() => {})
      patience.abort()
      this.#isClosed = true
      socket?.destroy()
    }
    this.#isClosed = true
  }

  #connection(): Promise<Socket> {
    if (this.#isClosed) return Promise.reject(new Error('the agent is being stopped'))
    if (this.#socket === undefined) {
      const connecting = this.#findOrStart().then((socket) => this.#hear(socket))
      this.#socket = connecting
      connecting.then(
        () => this.#options.connected(this),
        () => {
          this.#socket = undefined
        },
      )
    }
    return this.#socket
  }

  async #findOrStart(): Promise<Socket> {
    const { directory, clock, log } = this.#options
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const found = await this.#connect().catch(() => undefined)
    if (found !== undefined) return found
    log.info('keeper started', { directory })
    startKeeper(directory, this.#options.program)
    for (const untilMs = clock.monotonic() + clientLimits.startMs; clock.monotonic() < untilMs; ) {
      await sleep(clock, clientLimits.retryMs)
      const socket = await this.#connect().catch(() => undefined)
      if (socket !== undefined) return socket
    }
    throw new Error(
      `the keeper of containers did not answer within ${clientLimits.startMs} ms: see ${directory}/keeper.log`,
    )
  }

  #connect(): Promise<Socket> {
    // Through the open directory: the name of a socket may not be long.
    const open = openSync(this.#options.directory, constants.O_RDONLY | constants.O_DIRECTORY)
    return new Promise<Socket>((resolve, reject) => {
      const socket = connect(`/proc/self/fd/${open}/keeper.sock`)
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(socket)
      })
    }).finally(() => closeSync(open))
  }

  #hear(socket: Socket): Socket {
    const hear = lineReader((message) => this.#heard(message as Answer))
    socket.on('data', hear)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      this.#socket = undefined
      for (const { reject } of this.#waiting.values()) reject(new KeeperLost('the keeper of containers has gone away'))
      this.#waiting.clear()
      if (this.#isClosed) return
      this.#options.log.warn('keeper lost', {})
      this.#connection().catch((error) => this.#options.log.error('no keeper', { error: String(error) }))
    })
    return socket
  }

  #heard(answer: Answer): void {
    if ('told' in answer) {
      this.#options.exited(answer.run, answer.exit)
      return
    }
    const waiting = this.#waiting.get(answer.ask)
    this.#waiting.delete(answer.ask)
    if ('refusal' in answer) waiting?.reject(new KeeperRefusal(answer.refusal.reason, answer.refusal.message))
    else waiting?.resolve(answer.answer)
  }
}

/** In the sources a loader is needed, in what was built none. */
function startKeeper(directory: string, given: string | undefined): void {
  const own = import.meta.url.endsWith('.ts') ? './keeper.ts' : './keeper.js'
  const program = given ?? fileURLToPath(new URL(own, import.meta.url))
  const isSource = program.endsWith('.ts')
  const small = ['--max-semi-space-size=2', '--max-old-space-size=256']
  const child = spawn(process.execPath, [...small, ...(isSource ? ['--import', 'tsx'] : []), program, directory], {
    detached: true,
    stdio: 'ignore',
    env: { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', UV_THREADPOOL_SIZE: '1' },
  })
  child.on('error', () => {})
  child.unref()
}
