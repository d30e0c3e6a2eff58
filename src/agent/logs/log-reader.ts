// Reading the log file of one run of a container, as it is asked for: its last lines, those since a moment, and what
// comes while it runs. Only the file that is written now is read, as by the kubelet; who follows goes on into the next.
// Upstream: staging/src/k8s.io/cri-client/pkg/logs/logs.go, ReadLogs.

import { close, constants, type FSWatcher, fstat, read, readdirSync, statSync, watch } from 'node:fs'
import { promisify } from 'node:util'
import { parseTime } from '../../api/time.ts'
import type { ByteSink } from '../../api/wire.ts'
import type { Cancel } from '../../base/clock.ts'
import type { ContainerLog, LogSelection } from '../runtime.ts'
import { parseLine, withNineDecimals } from './cri-line.ts'
import { inDirectory, openDirectoryBeneath, openFileIn } from './open-beneath.ts'
import { type ContainerLogPlace, rotatedNames } from './pod-log-place.ts'

const readAt = promisify(read)
const closeFile = promisify(close)
const statOf = promisify(fstat)

export const readLimits = {
  chunkBytes: 64 * 1024,
  /** A longer line is none that a container runtime has written, and is passed over. They cut at 16 KiB. */
  lineBytes: 1024 * 1024,
  /** So often it is looked again even if nothing was heard. Upstream: logForceCheckPeriod. */
  lookAgainMs: 1000,
} as const

export interface LogReaderOptions {
  readonly place: ContainerLogPlace
  /** Whether nothing more will come: the container has ended, and all it has written is in the file. */
  readonly hasEnded: () => boolean
  /** Calls once it has. Without it, a follower learns it within a second. */
  readonly onEnded?: (listener: () => void) => Cancel
}

/** The log of a container, in its file. */
export function logReader(options: LogReaderOptions): ContainerLog {
  return {
    read(selection, sink) {
      const reading = new Reading(options, selection, sink)
      reading.run().catch(() => sink.destroy())
      return () => reading.stop()
    },
  }
}

class Reading {
  readonly #options: LogReaderOptions
  readonly #selection: LogSelection
  readonly #sink: ByteSink
  #left: number
  #position = 0
  /** The beginning of a line whose end has not been read. */
  #carry: Buffer = Buffer.alloc(0)
  #isTooLong = false
  /** What is written next begins a line. */
  #isNewLine = true
  #isStopped = false
  #hasChanged = false
  #wake = () => {}

  constructor(options: LogReaderOptions, selection: LogSelection, sink: ByteSink) {
    this.#options = options
    this.#selection = selection
    this.#sink = sink
    this.#left = selection.limitBytes ?? Number.POSITIVE_INFINITY
  }

  stop(): void {
    this.#isStopped = true
    this.#wake()
  }

  readonly #changed = () => {
    this.#hasChanged = true
    this.#wake()
  }

  async run(): Promise<void> {
    const { podLogs, directories, file: name } = this.#options.place
    let directory: number
    try {
      directory = openDirectoryBeneath(podLogs, directories)
    } catch {
      // Removed, or never written: nothing can be read.
      return this.#sink.end()
    }
    let file: number | undefined
    let watcher: FSWatcher | undefined
    let deafen: Cancel | undefined
    try {
      file = opened(directory, name)
      if (file === undefined) return this.#sink.end()
      const { size } = await statOf(file)
      this.#position = await startOfTail(file, size, this.#selection.tailLines)
      if (!this.#selection.follow) {
        await this.#readUntil(file, size)
        await this.#finishLine()
      } else {
        watcher = this.#watch(directory)
        deafen = this.#options.onEnded?.(this.#changed)
        let next: number | undefined = file
        while (next !== undefined) {
          if (next !== file) {
            await closeFile(file)
            file = next
            this.#position = 0
          }
          next = await this.#follow(directory, file)
        }
      }
      this.#sink.end()
    } finally {
      watcher?.close()
      deafen?.()
      if (file !== undefined) await closeFile(file)
      await closeFile(directory)
    }
  }

  get #isOver(): boolean {
    return this.#isStopped || this.#left <= 0
  }

  /** Until the file has ended for good. The file that goes on from there, if there is one. */
  async #follow(directory: number, file: number): Promise<number | undefined> {
    for (;;) {
      // What is known before the last bytes are read is true after them.
      this.#hasChanged = false
      const hasEnded = this.#options.hasEnded()
      const { ino } = await statOf(file)
      const next = successor(directory, this.#options.place.file, ino)
      await this.#readUntil(file, Number.POSITIVE_INFINITY)
      if (this.#isOver) return undefined
      if (next !== undefined) {
        await this.#finishLine()
        const successorFile = opened(directory, next)
        if (successorFile !== undefined) return successorFile
      } else if (hasEnded) {
        await this.#finishLine()
        return undefined
      }
      await this.#change()
    }
  }

  #watch(directory: number): FSWatcher | undefined {
    try {
      const watcher = watch(`/proc/self/fd/${directory}/`, { persistent: false }, this.#changed)
      watcher.on('error', () => watcher.close())
      return watcher
    } catch {
      // No more of them are to be had on this machine: it is looked again from time to time.
      return undefined
    }
  }

  #change(): Promise<void> {
    if (this.#isOver || this.#hasChanged) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake(), readLimits.lookAgainMs)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = () => {}
        resolve()
      }
    })
  }

  async #readUntil(file: number, end: number): Promise<void> {
    while (!this.#isOver && this.#position < end) {
      const length = Math.min(readLimits.chunkBytes, end - this.#position)
      const { bytesRead, buffer } = await readAt(file, Buffer.allocUnsafe(length), 0, length, this.#position)
      if (bytesRead === 0) return
      this.#position += bytesRead
      await this.#take(buffer.subarray(0, bytesRead))
    }
  }

  async #take(bytes: Buffer): Promise<void> {
    const pieces: Buffer[] = []
    let from = 0
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, from)) {
      const line = bytes.subarray(from, at)
      from = at + 1
      if (!this.#isTooLong) this.#line(this.#carry.length === 0 ? line : Buffer.concat([this.#carry, line]), pieces)
      this.#carry = Buffer.alloc(0)
      this.#isTooLong = false
    }
    if (from < bytes.length && !this.#isTooLong) {
      this.#carry = Buffer.concat([this.#carry, bytes.subarray(from)])
      if (this.#carry.length > readLimits.lineBytes) {
        this.#carry = Buffer.alloc(0)
        this.#isTooLong = true
      }
    }
    await this.#write(pieces)
  }

  /** A line without an end, at the end of the file. */
  async #finishLine(): Promise<void> {
    if (this.#carry.length === 0 || this.#isOver) return
    const pieces: Buffer[] = []
    this.#line(this.#carry, pieces)
    this.#carry = Buffer.alloc(0)
    await this.#write(pieces)
  }

  #line(bytes: Buffer, pieces: Buffer[]): void {
    const line = bytes.length > readLimits.lineBytes ? undefined : parseLine(bytes)
    if (line === undefined) return
    const { timestamps, sinceMs } = this.#selection
    if (sinceMs !== undefined && parseTime(line.time)! < sinceMs) return
    if (timestamps && this.#isNewLine) pieces.push(Buffer.from(`${withNineDecimals(line.time)} `))
    pieces.push(line.content)
    if (!line.isPartial) pieces.push(endOfLine)
    this.#isNewLine = !line.isPartial
  }

  async #write(pieces: readonly Buffer[]): Promise<void> {
    if (pieces.length === 0) return
    const whole = Buffer.concat(pieces)
    const bytes = whole.length > this.#left ? whole.subarray(0, this.#left) : whole
    this.#left -= bytes.length
    if (!this.#sink.write(bytes)) await this.#sink.drained()
  }
}

const endOfLine = Buffer.from('\n')

function opened(directory: number, name: string): number | undefined {
  try {
    return openFileIn(directory, name, constants.O_RDONLY)
  } catch {
    return undefined
  }
}

/**
 * The name of the file that goes on where this one has ended; undefined while it is the one that is written. A reader
 * that is so far behind that its file has been compressed goes on in the newest, and misses what lies between.
 */
function successor(directory: number, name: string, ino: number): string | undefined {
  if (inodeOf(directory, name) === ino) return undefined
  const names = [...rotatedNames(name, readdirSync(`/proc/self/fd/${directory}/`)), name]
  const mine = names.findIndex((other) => inodeOf(directory, other) === ino)
  const next = mine < 0 ? name : names[mine + 1]!
  // Between renaming one and making the next there is none yet.
  return inodeOf(directory, next) === undefined ? undefined : next
}

function inodeOf(directory: number, name: string): number | undefined {
  return statSync(inDirectory(directory, name), { throwIfNoEntry: false })?.ino
}

/** Where the last lines begin. */
async function startOfTail(file: number, size: number, tailLines: number | undefined): Promise<number> {
  if (tailLines === undefined) return 0
  if (tailLines === 0) return size
  let found = 0
  const chunk = Buffer.allocUnsafe(Math.min(size, readLimits.chunkBytes))
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunk.length)
    const { bytesRead } = await readAt(file, chunk, 0, end - start, start)
    for (let i = bytesRead - 1; i >= 0; i--) {
      // The end of the last line is not the beginning of another.
      if (chunk[i] !== 0x0a || start + i === size - 1) continue
      if (++found === tailLines) return start + i + 1
    }
    end = start
  }
  return 0
}
