// What a command of a simulated container reads and writes.

import type { ContainerStreams, TerminalSize } from '../../../api/session.ts'
import { type AbortSignalLike, type Clock, sleep } from '../../../base/clock.ts'

export interface Io {
  readonly stdin: AsyncIterable<Uint8Array>
  /** False: nobody reads any more. */
  write(text: string): Promise<boolean>
  writeBytes(bytes: Uint8Array): Promise<boolean>
  /** A line on stderr; on a terminal, which has one output, there. */
  error(line: string): Promise<boolean>
  readonly terminal: Terminal | undefined
  readonly variables: Map<string, string>
  readonly clock: Clock
  readonly gone: AbortSignalLike
}

/** How long a command waits to be told for the first time how large the terminal is. */
const firstSizeMs = 1000

export class Terminal {
  readonly #clock: Clock
  #size: TerminalSize | undefined
  #wake = () => {}

  constructor(clock: Clock, resizes: AsyncIterable<TerminalSize> | undefined) {
    this.#clock = clock
    if (resizes !== undefined) void this.#follow(resizes)
  }

  async size(): Promise<TerminalSize | undefined> {
    if (this.#size === undefined) {
      const told = new AbortController()
      this.#wake = () => told.abort()
      await sleep(this.#clock, firstSizeMs, told.signal)
    }
    return this.#size
  }

  async #follow(resizes: AsyncIterable<TerminalSize>): Promise<void> {
    for await (const size of resizes) {
      this.#size = size
      this.#wake()
    }
  }
}

export function ioOf(
  streams: ContainerStreams,
  wants: { readonly tty: boolean; readonly clock: Clock; readonly variables: Map<string, string> },
): Io {
  const { stdin, stdout, stderr, resizes, gone } = streams
  const { tty, clock, variables } = wants
  const to = async (output: ContainerStreams['stdout'], bytes: Uint8Array) => (await output?.write(bytes)) ?? true
  const encode = (text: string) => Buffer.from(tty ? text.replaceAll('\n', '\r\n') : text)
  return {
    stdin: stdin ?? nobody(),
    write: (text) => to(stdout, encode(text)),
    writeBytes: (bytes) => to(stdout, bytes),
    error: (line) => to(tty ? stdout : stderr, encode(`${line}\n`)),
    terminal: tty ? new Terminal(clock, resizes) : undefined,
    variables,
    clock,
    gone,
  }
}

async function* nobody(): AsyncGenerator<Uint8Array, void, void> {}
