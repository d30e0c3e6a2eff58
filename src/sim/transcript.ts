// What a run did, in lines that people read, and in a fingerprint that holds every byte: two runs of one seed are the
// same run exactly when their fingerprints are.

import { createHash } from 'node:crypto'

export interface Line {
  /** Since the start of the run. */
  readonly ms: number
  readonly who: string
  readonly what: string
}

export class Transcript {
  readonly #lines: Line[] = []
  readonly #hash = createHash('sha256')
  readonly #sinceStartMs: () => number

  readonly #tellsAll: boolean

  /** `tellsAll`: requests and log lines are shown as well. */
  constructor(sinceStartMs: () => number, tellsAll = false) {
    this.#sinceStartMs = sinceStartMs
    this.#tellsAll = tellsAll
  }

  get lines(): readonly Line[] {
    return this.#lines
  }

  say(who: string, what: string): void {
    const line = { ms: this.#sinceStartMs(), who, what }
    this.#lines.push(line)
    this.#hash.update(printLine(line, 3))
  }

  /** Counts for the fingerprint, and is not shown. */
  note(...parts: readonly (string | Uint8Array)[]): void {
    this.#hash.update(`\n${this.#sinceStartMs()} `)
    for (const part of parts) this.#hash.update(part)
    if (!this.#tellsAll) return
    const what = parts.filter((part) => typeof part === 'string').join('')
    this.#lines.push({ ms: this.#sinceStartMs(), who: '', what })
  }

  /** Once, at the end. */
  fingerprint(): string {
    return this.#hash.copy().digest('hex').slice(0, 16)
  }
}

/** `+1.2s agent c     logger-x7 Running, Ready` */
export function printLine({ ms, who, what }: Line, digits = 1): string {
  return `${`+${(ms / 1000).toFixed(digits)}s`.padEnd(digits + 5)} ${who.padEnd(12)} ${what}`
}
