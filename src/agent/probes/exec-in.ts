// A command inside a container, for a probe or a hook: how it ended, and the beginning of what it wrote.

import type { Clock } from '../../base/clock.ts'
import type { ByteWriter } from '../../base/pipe.ts'
import type { ContainerPlace, RuntimeSessions } from '../runtime.ts'

export interface ExecEnd {
  /** Undefined: it took too long, and was cut off. */
  readonly exitCode: number | undefined
  readonly output: string
}

export const execLimits = {
  /** What is kept of its output. Upstream: probe/exec/exec.go, maxReadLength. */
  outputBytes: 10 << 10,
} as const

/** Rejects with an Error where it could not be run at all. `timeoutMs` infinite: as long as it takes. */
export async function execIn(
  sessions: RuntimeSessions | undefined,
  place: ContainerPlace,
  command: readonly string[],
  { clock, timeoutMs, signal }: { readonly clock: Clock; readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<ExecEnd> {
  if (sessions === undefined) throw new Error('exec is not supported by the runtime of this pod')
  const gone = new AbortController()
  const abort = () => gone.abort()
  signal?.addEventListener('abort', abort, { once: true })
  const output = new Beginning(execLimits.outputBytes)
  let isLate = false
  let giveUp = () => {}
  // A runtime may take its time to end what was cut off: nobody waits for that.
  const tooLate = new Promise<'late'>((resolve) => {
    giveUp = () => resolve('late')
  })
  const cancel = Number.isFinite(timeoutMs)
    ? clock.after(timeoutMs, () => {
        isLate = true
        gone.abort()
        giveUp()
      })
    : () => {}
  try {
    const running = sessions.exec(place, command, {
      stdin: undefined,
      stdout: output,
      stderr: output,
      resizes: undefined,
      gone: gone.signal,
    })
    running.catch(() => {})
    const end = await Promise.race([running, tooLate])
    if (isLate || end === 'late') return { exitCode: undefined, output: output.text }
    if (end.ended === 'failure') throw new Error(end.message)
    return { exitCode: end.exitCode, output: output.text }
  } finally {
    cancel()
    signal?.removeEventListener('abort', abort)
  }
}

/** Takes everything, keeps the beginning. */
class Beginning implements ByteWriter {
  readonly #limit: number
  readonly #chunks: Uint8Array[] = []
  #bytes = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  async write(chunk: Uint8Array): Promise<boolean> {
    const kept = chunk.slice(0, this.#limit - this.#bytes)
    this.#bytes += kept.byteLength
    if (kept.byteLength > 0) this.#chunks.push(kept)
    return true
  }

  end(): void {}

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}
