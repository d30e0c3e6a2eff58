// One run of a container, kept: its processes, its output on the way to the log, its end. It is either started here or
// found again by the record an earlier keeper has left.

import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, closeSync, constants, mkdirSync, openSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { removeContainerLog } from '../../logs/pod-log-place.ts'
import {
  bootId,
  childrenOf,
  environmentOf,
  identityOf,
  lives,
  type ProcessIdentity,
  signalProcess,
} from '../machine-process.ts'
import type { ExitFound, RunName, StartOrder } from '../orders.ts'
import { type RunRecord, readStatus, removeRun, runDirectory, runFiles, writeRecord } from '../run-records.ts'
import { killCgroups, makeCgroups, removeCgroups, wasOutOfMemory } from './cgroups.ts'
import { innerScript, wrapperFiles } from './inner-script.ts'
import { KeptInput } from './kept-input.ts'
import { KeptOutput } from './kept-output.ts'
import { hasOwnProcesses, isIn, killTree } from './kill-tree.ts'
import type { PipePool } from './pipes.ts'

export interface KeptParts {
  readonly keeper: string
  readonly pipes: PipePool
  readonly now: () => number
  readonly warn: (event: string, error: unknown) => void
  readonly ended: (run: KeptRun, exit: ExitFound) => void
}

/** Why a container could not be started. */
export class StartRefused extends Error {
  override name = 'StartRefused'
}

export const keptLimits = {
  /** How often it is looked whether a container that somebody else started still runs. */
  lookMs: 200,
  /** A process that was killed is waited for so many times 5 ms. */
  endTries: 2_000,
} as const

/** How a process that was killed, or of whose end nothing is known, is told of. */
const killed = 137

export class KeptRun {
  readonly #parts: KeptParts
  #record: RunRecord
  readonly #output: KeptOutput
  #wrapper: ChildProcess | undefined
  /** Undefined where it reads nothing. */
  #input: KeptInput | undefined
  #killAt: { readonly atMs: number; readonly timer: NodeJS.Timeout } | undefined
  #finishing: Promise<void> | undefined

  private constructor(parts: KeptParts, record: RunRecord) {
    this.#parts = parts
    this.#record = record
    this.#output = new KeptOutput({ place: record.logs, now: parts.now, warn: parts.warn })
  }

  /** Resolves once the command runs. */
  static async start(parts: KeptParts, order: StartOrder): Promise<KeptRun> {
    const { run, mode, logs } = order
    const cgroups = order.cgroups.map(({ path, oomFile }) => ({ path, oomFile }))
    const startedAtMs = Math.floor(parts.now())
    const fixed = { run, mode, logs, startedAtMs, boot: bootId(), cgroups }
    removeRun(parts.keeper, run)
    writeRecord(parts.keeper, { ...fixed, process: undefined, exit: undefined })
    let kept: KeptRun
    try {
      kept = new KeptRun(parts, { ...fixed, process: undefined, exit: undefined })
    } catch (error) {
      removeRun(parts.keeper, run)
      throw error
    }
    try {
      await kept.#start(order)
      return kept
    } catch (error) {
      await kept.#abandon()
      throw error
    }
  }

  /** What an earlier keeper has started; whether it still runs is found out. */
  static adopt(parts: KeptParts, record: RunRecord): KeptRun {
    const kept = new KeptRun(parts, record)
    if (record.exit !== undefined) kept.#output.close()
    else void kept.#adopt()
    return kept
  }

  get run(): RunName {
    return this.#record.run
  }

  get startedAtMs(): number {
    return this.#record.startedAtMs
  }

  /** Undefined: it runs. */
  get exit(): ExitFound | undefined {
    return this.#record.exit
  }

  get mode(): RunRecord['mode'] {
    return this.#record.mode
  }

  /** The first process inside: whose namespaces are the container's. */
  get firstProcess(): ProcessIdentity | undefined {
    return this.#record.process
  }

  get output(): KeptOutput {
    return this.#output
  }

  get input(): KeptInput | undefined {
    return this.#input
  }

  /** What the container was started with. */
  environment(): Record<string, string> {
    const text = this.firstProcess === undefined ? undefined : environmentOf(this.firstProcess.pid)
    const entries = Buffer.from(text ?? '', 'latin1')
      .toString('utf8')
      .split('\0')
      .filter(Boolean)
    return Object.fromEntries(
      entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    )
  }

  get cgroups(): RunRecord['cgroups'] {
    return this.#record.cgroups
  }

  /** Asks it to end, and kills it after `graceMs`. A later call can only shorten the time. */
  stop(graceMs: number, signal: string): void {
    if (this.exit !== undefined) return
    const atMs = this.#parts.now() + graceMs
    if (this.#killAt !== undefined && this.#killAt.atMs <= atMs) return
    if (this.#killAt === undefined && graceMs > 0) void this.#signal(signal)
    clearTimeout(this.#killAt?.timer)
    this.#killAt = { atMs, timer: setTimeout(() => this.kill(), graceMs) }
  }

  kill(): void {
    if (this.exit === undefined) killTree(this.#record, readStatus(this.#parts.keeper, this.run), this.#wrapper?.pid)
  }

  removeLogs(): void {
    removeContainerLog(this.#record.logs)
  }

  /** Resolves when it has ended and its end is written down. */
  async over(): Promise<void> {
    while (this.exit === undefined) {
      if (this.#finishing !== undefined) await this.#finishing
      else await wait(10)
    }
  }

  async #start(order: StartOrder): Promise<void> {
    const { keeper, pipes } = this.#parts
    const directory = runDirectory(keeper, this.run)
    const file = (name: keyof typeof runFiles) => join(directory, runFiles[name])
    await pipes.take(file('stdout'))
    await pipes.take(file('stderr'))
    if (order.stdin) await pipes.take(file('stdin'))
    for (const name of order.owner === undefined ? [] : (['stdout', 'stderr'] as const)) {
      // `/dev/stdout` is opened anew by whoever writes to it.
      chownSync(file(name), order.owner!.uid, order.owner!.gid)
    }
    const given: number[] = []
    const opened = (path: string, flags: number | string) => {
      const fd = openSync(path, flags, 0o600)
      given.push(fd)
      return fd
    }
    try {
      const cgroups = makeCgroups(order.cgroups)
      given.push(...cgroups)
      this.#output.listen('stdout', file('stdout'))
      this.#output.listen('stderr', file('stderr'))
      // Both ends: whoever writes never finds that nobody reads, also while there is no keeper.
      const out = opened(file('stdout'), constants.O_RDWR)
      const err = opened(file('stderr'), constants.O_RDWR)
      const status = opened(file('status'), 'a')
      if (order.stdin) this.#input = new KeptInput(file('stdin'), order.stdinOnce)
      const input = order.stdin ? opened(file('stdin'), constants.O_RDONLY) : 'ignore'
      const inner = ['/bin/sh', '-c', innerScript(order.mode, cgroups.length, order.oomScoreAdj), 'sh']
      const command = [...inner, ...order.prefix, ...order.command]
      const { wrapper } = order
      const argv = wrapper === undefined ? command : [wrapper, '--args', String(wrapperFiles.options), '--', ...command]
      this.#wrapper = spawn(argv[0]!, argv.slice(1), {
        cwd: order.directory,
        env: Object.fromEntries(order.env),
        // A session of its own: no terminal's signals reach it.
        detached: true,
        stdio: [input, out, err, 'pipe', 'pipe', status, ...cgroups],
      })
      const told = this.#wrapper.stdio[wrapperFiles.options] as Socket
      // One that fails at once does not read them.
      told.on('error', () => {})
      told.end(order.wrapperOptions.map((word) => `${word}\0`).join(''))
    } finally {
      for (const fd of given) closeSync(fd)
    }
    await this.#becomesStarted(this.#wrapper)
    const { firstPid } = readStatus(keeper, this.run)
    this.#record = { ...this.#record, process: firstPid === undefined ? undefined : identityOf(firstPid) }
    writeRecord(keeper, this.#record)
    void this.#wrapperEnds(this.#wrapper).then(() => this.#finish())
  }

  /** Rejects where the command was never reached. */
  async #becomesStarted(wrapper: ChildProcess): Promise<void> {
    const started = wrapper.stdio[wrapperFiles.started] as Socket
    const isStarted = await new Promise<boolean>((resolve, reject) => {
      wrapper.once('error', reject)
      started.once('data', () => resolve(true))
      started.once('close', () => resolve(false))
      started.once('error', () => resolve(false))
    })
    started.destroy()
    if (isStarted) return
    await this.#wrapperEnds(wrapper)
    await this.#output.end()
    const said = this.#output.firstErrors.trim().replaceAll('\n', '; ')
    throw new StartRefused(said === '' ? 'it ended before its command was reached' : said)
  }

  #wrapperEnds(wrapper: ChildProcess): Promise<void> {
    if (wrapper.exitCode !== null || wrapper.signalCode !== null) return Promise.resolve()
    return new Promise((resolve) => wrapper.once('exit', () => resolve()))
  }

  async #adopt(): Promise<void> {
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#output.listen(stream, join(runDirectory(this.#parts.keeper, this.run), runFiles[stream]))
    }
    for (;;) {
      const status = readStatus(this.#parts.keeper, this.run)
      const { firstPid } = status
      // Killed before it could be written down who it was: its namespace tells it from whoever has its pid now.
      if (this.#record.process === undefined && firstPid !== undefined && isIn(status)) {
        this.#record = { ...this.#record, process: identityOf(firstPid) }
        writeRecord(this.#parts.keeper, this.#record)
      }
      const { process: first, boot } = this.#record
      const isAlive = boot === bootId() && first !== undefined && lives(first)
      if (status.exitCode !== undefined || !isAlive) break
      await wait(keptLimits.lookMs)
    }
    // The wrapper writes the code down a moment after the last process is gone.
    if (readStatus(this.#parts.keeper, this.run).exitCode === undefined) await wait(keptLimits.lookMs)
    this.#finish()
  }

  async #signal(signal: string): Promise<void> {
    // The command may be about to begin.
    for (let tries = 0; tries < 50 && this.exit === undefined; tries++) {
      const first = this.#record.process
      if (first === undefined) return
      // Where processes are the machine's, bubblewrap has become the command.
      const isCommand =
        this.mode === 'sandbox' && !hasOwnProcesses(this.#record, readStatus(this.#parts.keeper, this.run))
      const [command] = isCommand ? [first.pid] : childrenOf(first.pid)
      const identity = command === undefined ? undefined : identityOf(command)
      if (identity !== undefined && signalProcess(identity, signal as NodeJS.Signals)) return
      if (!lives(first)) return
      await wait(20)
    }
  }

  #finish(): void {
    this.#finishing ??= this.#end().catch((error) => this.#parts.warn(`end ${this.run.container}`, error))
  }

  async #end(): Promise<void> {
    const { keeper, now, ended } = this.#parts
    const status = readStatus(keeper, this.run)
    const finishedAtMs = Math.floor(now())
    clearTimeout(this.#killAt?.timer)
    // Whatever the command has left behind ends with it.
    killTree(this.#record, status, this.#wrapper?.pid)
    killCgroups(this.#record.cgroups)
    await this.#output.end()
    await this.#firstEnds()
    this.#input?.close()
    this.#output.close()
    const isOutOfMemory = wasOutOfMemory(this.#record.cgroups)
    await removeCgroups(this.#record.cgroups)
    const exitCode = status.exitCode ?? killed
    const reason = isOutOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error'
    const exit: ExitFound = { exitCode, reason, finishedAtMs }
    this.#record = { ...this.#record, exit }
    // Its pod may have been removed meanwhile.
    mkdirSync(runDirectory(keeper, this.run), { recursive: true, mode: 0o700 })
    writeRecord(keeper, this.#record)
    ended(this, exit)
  }

  /** The kernel lets the first process of a namespace go when all others are gone: what they held is free then. */
  async #firstEnds(): Promise<void> {
    const { process: first } = this.#record
    for (let tries = 0; first !== undefined && lives(first) && tries < keptLimits.endTries; tries++) await wait(5)
  }

  async #abandon(): Promise<void> {
    killTree(this.#record, readStatus(this.#parts.keeper, this.run), this.#wrapper?.pid)
    killCgroups(this.#record.cgroups)
    this.#input?.close()
    this.#output.close()
    await removeCgroups(this.#record.cgroups)
    removeRun(this.#parts.keeper, this.run)
  }
}
