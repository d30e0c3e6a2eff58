// Named pipes for what containers write. A pipe with a name can be opened again by the keeper that comes after one that
// was killed; the container, which holds both ends, only waits meanwhile. They are made many at a time, because making
// them takes a process: Node has no way of its own.

import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export const pipeLimits = {
  /** Made at a time. */
  batch: 64,
  /** Fewer left: more are made. */
  low: 16,
} as const

export class PipePool {
  readonly #directory: string
  #free: string[] = []
  #made = 0
  #making: Promise<void> | undefined

  constructor(keeper: string) {
    this.#directory = join(keeper, 'pipes')
    rmSync(this.#directory, { recursive: true, force: true })
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
  }

  /** Gives a pipe this path. */
  async take(path: string): Promise<void> {
    while (this.#free.length === 0) await this.#more()
    renameSync(this.#free.pop()!, path)
    if (this.#free.length < pipeLimits.low) void this.#more().catch(() => {})
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** How many lie ready: for tests. */
  get ready(): number {
    return readdirSync(this.#directory).length
  }

  #more(): Promise<void> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined
    })
    return this.#making
  }

  async #make(): Promise<void> {
    const paths = Array.from({ length: pipeLimits.batch }, () => join(this.#directory, String(this.#made++)))
    await new Promise<void>((resolve, reject) => {
      execFile('mkfifo', ['-m', '600', ...paths], (error) => (error === null ? resolve() : reject(error)))
    })
    this.#free.push(...paths)
  }
}
