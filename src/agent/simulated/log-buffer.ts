// The log of one run of a simulated container: the last lines that were written, within bounds, for readers that come
// later and for those that follow.

import type { ByteSink } from '../../api/wire.ts'
import type { ContainerLog, LogSelection } from '../runtime.ts'

export const logLimits = {
  /** Older lines are forgotten. A real kubelet keeps 10 MiB on disk. */
  bytes: 64 * 1024,
} as const

interface Line {
  readonly atMs: number
  readonly text: string
}

export class LogBuffer implements ContainerLog {
  readonly #lines: Line[] = []
  #bytes = 0
  /** Lines forgotten: the first one kept has this number. */
  #first = 0
  #ended = false
  #wake: Set<() => void> | undefined

  write(atMs: number, text: string): void {
    if (this.#ended) return
    this.#lines.push({ atMs, text })
    this.#bytes += sizeOf(text)
    while (this.#bytes > logLimits.bytes && this.#lines.length > 1) {
      this.#bytes -= sizeOf(this.#lines.shift()!.text)
      this.#first++
    }
    this.#wakeReaders()
  }

  /** Nothing more will come: whoever follows is done. */
  end(): void {
    this.#ended = true
    this.#wakeReaders()
  }

  read(selection: LogSelection, sink: ByteSink): () => void {
    const stop = new AbortController()
    void this.#pump(selection, sink, stop.signal)
    return () => {
      stop.abort()
      this.#wakeReaders()
    }
  }

  async #pump(selection: LogSelection, sink: ByteSink, signal: AbortSignal): Promise<void> {
    let next = this.#beginning(selection)
    let left = selection.limitBytes ?? Number.POSITIVE_INFINITY
    while (!signal.aborted) {
      const line = this.#lines[Math.max(0, next - this.#first)]
      if (line === undefined) {
        if (this.#ended || !selection.follow) return sink.end()
        await this.#more()
        continue
      }
      next = Math.max(next, this.#first) + 1
      const bytes = Buffer.from(selection.timestamps ? `${nanoTime(line.atMs)} ${line.text}\n` : `${line.text}\n`)
      const piece = bytes.length > left ? bytes.subarray(0, left) : bytes
      left -= piece.length
      const isTaken = sink.write(piece)
      if (left <= 0) return sink.end()
      if (!isTaken) await sink.drained()
    }
  }

  /** The number of the first line that is selected. */
  #beginning({ tailLines, sinceMs }: LogSelection): number {
    const end = this.#first + this.#lines.length
    let from = this.#first
    if (sinceMs !== undefined) {
      const at = this.#lines.findIndex((line) => line.atMs >= sinceMs)
      from = at < 0 ? end : this.#first + at
    }
    return tailLines === undefined ? from : Math.max(from, end - tailLines)
  }

  #more(): Promise<void> {
    this.#wake ??= new Set()
    return new Promise((resolve) => this.#wake!.add(resolve))
  }

  #wakeReaders(): void {
    if (this.#wake === undefined) return
    const waiting = this.#wake
    this.#wake = undefined
    for (const wake of waiting) wake()
  }
}

function sizeOf(text: string): number {
  return text.length + 1
}

/** RFC 3339 with nine decimals. Our clocks count milliseconds. */
function nanoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000000Z`
}
