// Logs that the container runtime writes are rotated from here: a full file is renamed, and the runtime is told to begin
// a new one. Upstream: pkg/kubelet/logs/container_log_manager.go.

import { constants, createReadStream, createWriteStream } from 'node:fs'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Cancel, Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { type ContainerLogPlace, rotatedName, rotatedNames } from '../logs/pod-log-place.ts'
import { type CriClient, isNotFound } from './client.ts'

export const rotationLimits = {
  /** Upstream: containerLogMaxSize, containerLogMaxFiles and containerLogMonitorInterval of the kubelet. */
  fileBytes: 10 * 1024 * 1024,
  files: 5,
  periodMs: 10_000,
} as const

export type RotationLimits = { readonly [Name in keyof typeof rotationLimits]: number }

export interface LogRotationOptions {
  readonly cri: CriClient
  readonly clock: Clock
  readonly log: Log
  readonly limits?: RotationLimits | undefined
}

export class LogRotation {
  readonly #options: LogRotationOptions
  readonly #limits: RotationLimits
  /** By container. */
  readonly #kept = new Map<string, ContainerLogPlace>()
  #cancel: Cancel | undefined
  #isClosed = false

  constructor(options: LogRotationOptions) {
    this.#options = options
    this.#limits = options.limits ?? rotationLimits
  }

  keep(containerId: string, place: ContainerLogPlace): void {
    this.#kept.set(containerId, place)
    this.#lookLater()
  }

  leave(containerId: string): void {
    this.#kept.delete(containerId)
  }

  close(): void {
    this.#isClosed = true
    this.#cancel?.()
  }

  #lookLater(): void {
    if (this.#isClosed || this.#cancel !== undefined || this.#kept.size === 0) return
    this.#cancel = this.#options.clock.after(this.#limits.periodMs, () => {
      void this.#look().finally(() => {
        this.#cancel = undefined
        this.#lookLater()
      })
    })
  }

  async #look(): Promise<void> {
    for (const [containerId, place] of this.#kept) {
      if (this.#isClosed) return
      try {
        await this.#rotate(containerId, place)
      } catch (error) {
        this.#options.log.warn('log not rotated', { container: containerId, error: String(error) })
      }
    }
  }

  async #rotate(containerId: string, { podLogs, directories, file }: ContainerLogPlace): Promise<void> {
    const { cri, clock } = this.#options
    const directory = join(podLogs, ...directories)
    const path = join(directory, file)
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    )
    if (size < this.#limits.fileBytes) return
    const older = await withoutExcess(directory, file, this.#limits.files)
    for (const name of older) if (!name.endsWith('.gz')) await compress(join(directory, name))
    const rotated = join(directory, rotatedName(file, clock.now()))
    await rename(path, rotated)
    try {
      await cri.call('reopenContainerLog', { containerId })
    } catch (error) {
      // It goes on writing into the file it has: that one keeps its name, and is looked at again.
      await rename(rotated, path)
      if (!isNotFound(error)) throw error
    }
  }
}

/** With the file that is written and the one about to be rotated there are never more than `files`. */
async function withoutExcess(directory: string, file: string, files: number): Promise<string[]> {
  const names = rotatedNames(file, await readdir(directory))
  // A compression that was cut off, and what it had already compressed.
  const whole = names.filter((name) => !name.endsWith('.tmp') && !names.includes(`${name}.gz`))
  const kept = whole.slice(Math.max(0, whole.length - (files - 2)))
  for (const name of names) if (!kept.includes(name)) await rm(join(directory, name), { force: true })
  return kept
}

async function compress(path: string): Promise<void> {
  const from = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  const to = await open(`${path}.tmp`, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o640)
  await pipeline(createReadStream('', { fd: from }), createGzip({ level: 1 }), createWriteStream('', { fd: to }))
  await rename(`${path}.tmp`, `${path}.gz`)
  await rm(path, { force: true })
}
