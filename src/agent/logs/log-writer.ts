// Writing what a container says to its log file, line by line, and beginning a new file before one grows too large.
// Upstream: containerd's internal/cri/io/logger.go for the lines; pkg/kubelet/logs/container_log_manager.go for the files.

import {
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  fstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { rename } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { linePrefix, nanoTime, type StreamName } from './cri-line.ts'
import { inDirectory, logModes, openDirectoryBeneath, openFileIn } from './open-beneath.ts'
import { type ContainerLogPlace, rotatedName, rotatedNames } from './pod-log-place.ts'

export const writeLimits = {
  /** A longer line is written in parts. Upstream: containerd's max_container_log_line_size. */
  lineBytes: 16 * 1024,
  /** Upstream: containerLogMaxSize and containerLogMaxFiles of the kubelet. */
  fileBytes: 10 * 1024 * 1024,
  files: 5,
} as const

export type WriteLimits = { readonly [Name in keyof typeof writeLimits]: number }

export interface LogWriterOptions {
  readonly place: ContainerLogPlace
  /** Milliseconds since 1970; a fraction is kept. */
  readonly now: () => number
  readonly limits?: WriteLimits
  /** A line that could not be written is lost, never the container that wrote it: a disk may be full for a while. */
  readonly onLost: (error: unknown) => void
}

export class LogWriter {
  readonly #options: LogWriterOptions
  readonly #limits: WriteLimits
  readonly #directory: number
  #file: number
  #size: number
  /** The beginning of a line whose end has not come. */
  readonly #carry: Record<StreamName, Buffer> = { stdout: nothing, stderr: nothing }
  #compressing = Promise.resolve()
  #isClosed = false

  /** Goes on in a file that is there. Throws where none can be had. */
  constructor(options: LogWriterOptions) {
    const { podLogs, directories, file } = options.place
    this.#options = options
    this.#limits = options.limits ?? writeLimits
    this.#directory = openDirectoryBeneath(podLogs, directories, true)
    try {
      this.#file = openFileIn(this.#directory, file, appending)
    } catch (error) {
      closeSync(this.#directory)
      throw error
    }
    this.#size = fstatSync(this.#file).size
    // Of an earlier writer that was killed over it.
    for (const name of rotatedNames(file, this.#names())) if (name.endsWith('.tmp')) this.#remove(name)
  }

  write(stream: StreamName, chunk: Buffer): void {
    if (this.#isClosed) return
    const { lineBytes } = this.#limits
    const time = nanoTime(this.#options.now())
    const pieces: (string | Buffer)[] = []
    const carried = this.#carry[stream]
    let rest = carried.length === 0 ? chunk : Buffer.concat([carried, chunk])
    while (rest.length > 0) {
      const end = rest.indexOf(0x0a)
      const isPartial = end < 0 || end > lineBytes
      if (isPartial && rest.length <= lineBytes) break
      const content = rest.subarray(0, isPartial ? lineBytes : end)
      pieces.push(linePrefix(time, stream, isPartial), content, '\n')
      rest = rest.subarray(isPartial ? lineBytes : end + 1)
    }
    // Not a view: it would hold the whole chunk.
    this.#carry[stream] = rest.length === 0 ? nothing : Buffer.from(rest)
    this.#append(pieces)
  }

  /** Nothing more comes from this stream: a line that has no end is written without one. */
  end(stream: StreamName): void {
    const rest = this.#carry[stream]
    this.#carry[stream] = nothing
    if (rest.length === 0 || this.#isClosed) return
    this.#append([linePrefix(nanoTime(this.#options.now()), stream, true), rest, '\n'])
  }

  close(): void {
    if (this.#isClosed) return
    this.end('stdout')
    this.end('stderr')
    this.#isClosed = true
    closeSync(this.#file)
    void this.#compressing.finally(() => closeSync(this.#directory))
  }

  /** Resolves when rotated files are compressed: for tests. */
  get quiet(): Promise<void> {
    return this.#compressing
  }

  #append(pieces: readonly (string | Buffer)[]): void {
    if (pieces.length === 0) return
    const bytes = Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)))
    try {
      if (this.#size > 0 && this.#size + bytes.length > this.#limits.fileBytes) this.#rotate()
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written)
      this.#size += bytes.length
    } catch (error) {
      this.#options.onLost(error)
    }
  }

  #rotate(): void {
    const { file } = this.#options.place
    const older = this.#withoutExcess(rotatedNames(file, this.#names()))
    renameSync(inDirectory(this.#directory, file), inDirectory(this.#directory, this.#newName(older)))
    const next = openFileIn(this.#directory, file, appending)
    closeSync(this.#file)
    this.#file = next
    this.#size = 0
    // The one just rotated stays as it is, so that who follows it can finish.
    this.#compressing = this.#compressing.then(() => this.#compress(older)).catch(this.#options.onLost)
  }

  #names(): string[] {
    return readdirSync(`/proc/self/fd/${this.#directory}/`)
  }

  /** Together with the file that is written and the one just rotated there are never more than the limit. */
  #withoutExcess(names: readonly string[]): string[] {
    const whole = names.filter((name) => !name.endsWith('.tmp') && !names.includes(`${name}.gz`))
    const kept = whole.slice(whole.length - Math.min(whole.length, this.#limits.files - 2))
    for (const name of names) if (!kept.includes(name) && !name.endsWith('.tmp')) this.#remove(name)
    return kept
  }

  #remove(name: string): void {
    rmSync(inDirectory(this.#directory, name), { force: true })
  }

  /** Later than all there are: two files rotated within a second would have one name. */
  #newName(older: readonly string[]): string {
    const { file } = this.#options.place
    const last = older.at(-1)?.replace(/\.gz$/, '') ?? ''
    let atMs = this.#options.now()
    while (rotatedName(file, atMs) <= last) atMs += 1000
    return rotatedName(file, atMs)
  }

  async #compress(names: readonly string[]): Promise<void> {
    for (const name of names) {
      // Compressed before, or too old to be kept by the time its turn comes.
      if (name.endsWith('.gz') || !this.#names().includes(name)) continue
      const from = openFileIn(this.#directory, name, constants.O_RDONLY)
      const path = inDirectory(this.#directory, name)
      const to = openSync(`${path}.tmp`, newFile, logModes.file)
      await pipeline(createReadStream('', { fd: from }), createGzip({ level: 1 }), createWriteStream('', { fd: to }))
      await rename(`${path}.tmp`, `${path}.gz`)
      this.#remove(name)
    }
  }
}

const nothing = Buffer.alloc(0)
const appending = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
