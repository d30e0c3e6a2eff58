// Lines out of the bytes that come, and on a terminal what its driver does for a person: echo, backspace, Ctrl-C, Ctrl-D.

import type { Io } from './io.ts'

export const lineLimits = {
  characters: 4096,
} as const

const ctrlC = '\u0003'
const ctrlD = '\u0004'
const ctrlU = '\u0015'

export class LineReader {
  readonly #io: Io
  readonly #input: AsyncIterator<Uint8Array>
  #waiting = ''
  #ended = false

  constructor(io: Io) {
    this.#io = io
    this.#input = io.stdin[Symbol.asyncIterator]()
  }

  /** What a command of a line reads: what comes after the line. */
  get rest(): AsyncIterable<Uint8Array> {
    const more = () => this.#more()
    const isTerminal = this.#io.terminal !== undefined
    return {
      async *[Symbol.asyncIterator]() {
        for (let text = await more(); text !== undefined; text = await more()) {
          const end = isTerminal ? text.search(endsInput) : -1
          if (end >= 0) return
          yield Buffer.from(text, 'latin1')
        }
      },
    }
  }

  /** Undefined: there is no further line. */
  async next(): Promise<string | undefined> {
    let line = ''
    for (;;) {
      const text = await this.#more()
      if (text === undefined) return line === '' ? undefined : decoded(line)
      for (const [at, character] of [...text].entries()) {
        const kept = () => {
          this.#waiting = text.slice(at + 1)
        }
        if (character === '\r' || character === '\n') {
          kept()
          await this.#echo('\n')
          return decoded(line)
        }
        if (this.#io.terminal === undefined) {
          if (line.length < lineLimits.characters) line += character
        } else if (character === ctrlD && line === '') {
          kept()
          await this.#echo('\n')
          return undefined
        } else if (character === ctrlC) {
          kept()
          await this.#echo('^C\n')
          return ''
        } else {
          line = await this.#typed(line, character)
        }
      }
    }
  }

  async #typed(line: string, character: string): Promise<string> {
    if (character === '\u007f' || character === '\b') {
      if (line !== '') await this.#echo('\b \b')
      return line.slice(0, -1)
    }
    if (character === ctrlU) {
      await this.#echo('\b \b'.repeat(line.length))
      return ''
    }
    // Arrows and the like: this is no editor.
    if (character < ' ' || line.length >= lineLimits.characters) return line
    await this.#io.writeBytes(Buffer.from(character, 'latin1'))
    return line + character
  }

  async #echo(text: string): Promise<void> {
    if (this.#io.terminal !== undefined) await this.#io.write(text)
  }

  /** Bytes as latin1, so that none is lost where a character was cut. */
  async #more(): Promise<string | undefined> {
    if (this.#waiting !== '') {
      const text = this.#waiting
      this.#waiting = ''
      return text
    }
    if (this.#ended) return undefined
    const { done, value } = await this.#input.next()
    if (done !== true) return Buffer.from(value).toString('latin1')
    this.#ended = true
    return undefined
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what Ctrl-C and Ctrl-D send
const endsInput = /[\u0003\u0004]/

function decoded(line: string): string {
  return Buffer.from(line, 'latin1').toString('utf8')
}
