// What a container writes, on its way from two named pipes to its log and to whoever is attached.

import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { StreamName } from '../../logs/cri-line.ts'
import { LogWriter } from '../../logs/log-writer.ts'
import type { ContainerLogPlace } from '../../logs/pod-log-place.ts'

export const outputLimits = {
  /** What is written before the end is waited for so long, then the end is told. */
  lastOutputMs: 2_000,
  /** Of what is written to stderr at first, so much is kept: there a wrapper says why it failed. */
  firstBytes: 2_048,
} as const

export type HearOutput = (stream: StreamName, chunk: Buffer) => void

export interface KeptOutputOptions {
  readonly place: ContainerLogPlace
  readonly now: () => number
  readonly warn: (event: string, error: unknown) => void
}

export class KeptOutput {
  readonly #options: KeptOutputOptions
  readonly #log: LogWriter
  readonly #listeners = new Set<HearOutput>()
  readonly #ends: Promise<void>[] = []
  #firstErrors = ''
  #hasLost = false

  /** Throws where the log cannot be opened. */
  constructor(options: KeptOutputOptions) {
    this.#options = options
    this.#log = new LogWriter({ ...options, onLost: (error) => this.#lost(error) })
  }

  /** What stderr began with. */
  get firstErrors(): string {
    return this.#firstErrors
  }

  /** Reads a pipe from now on. */
  listen(stream: StreamName, pipe: string): void {
    let fd: number
    try {
      fd = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
    } catch (error) {
      this.#options.warn(`open ${pipe}`, error)
      return
    }
    const socket = new Socket({ fd, readable: true, writable: false })
    socket.on('data', (chunk: Buffer) => this.#take(stream, chunk))
    socket.on('error', (error) => this.#options.warn(`read ${pipe}`, error))
    this.#ends.push(new Promise((resolve) => socket.once('close', () => resolve())))
  }

  hear(listener: HearOutput): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when nobody has the pipes open any more, or has had time enough. */
  async end(): Promise<void> {
    const late = new AbortController()
    const waited = wait(outputLimits.lastOutputMs, undefined, { signal: late.signal }).catch(() => {})
    await Promise.race([Promise.all(this.#ends), waited])
    late.abort()
  }

  close(): void {
    this.#log.close()
  }

  #take(stream: StreamName, chunk: Buffer): void {
    const room = outputLimits.firstBytes - this.#firstErrors.length
    if (stream === 'stderr' && room > 0) this.#firstErrors += chunk.toString('utf8').slice(0, room)
    this.#log.write(stream, chunk)
    for (const listener of this.#listeners) listener(stream, chunk)
  }

  #lost(error: unknown): void {
    if (!this.#hasLost) this.#options.warn(`write the log in ${this.#options.place.directories.join('/')}`, error)
    this.#hasLost = true
  }
}
