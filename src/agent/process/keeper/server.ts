// The keeper's ear: a socket in its directory, the orders that come over it, and when it may go.

import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { lineOf, lineReader } from '../lines.ts'
import {
  type Answer,
  type Asked,
  type Order,
  type RunFound,
  type RunName,
  runKey,
  type SessionOrder,
} from '../orders.ts'
import { readRecords, removePod, removeRun } from '../run-records.ts'
import { removeEmpty } from './cgroups.ts'
import { type KeptParts, KeptRun, StartRefused } from './kept-run.ts'
import { PipePool } from './pipes.ts'
import { serveSession } from './sessions.ts'
import { inodeOf, socketName, takeSocket } from './socket-name.ts'

export const keeperLimits = {
  /** Started at once; more wait. Each of them is a few processes for a moment. */
  starts: 16,
  /** Without an agent and without containers it ends after so long. */
  idleMs: 10_000,
  /** Ended runs of one container whose records and logs are kept: what `logs` and `logs --previous` read. */
  runsOfContainer: 2,
} as const

/** Resolves when there is nothing left to be kept, or another keeper rules here. */
export async function serveKeeper(directory: string, warn: KeptParts['warn']): Promise<void> {
  const socketPath = await takeSocket(directory)
  if (socketPath === undefined) return
  const keeper = new Keeper(directory, warn)
  const { inode, server } = socketPath
  server.on('connection', (socket) => keeper.serve(socket))
  await new Promise<void>((resolve) => {
    keeper.onIdle = resolve
    // Somebody has taken our place away: whoever comes next finds another keeper, and that one finds our containers.
    const timer = setInterval(() => {
      if (inodeOf(join(directory, socketName)) !== inode) resolve()
    }, keeperLimits.idleMs)
    keeper.look()
    server.once('close', () => clearInterval(timer))
  })
  if (inodeOf(join(directory, socketName)) === inode) rmSync(join(directory, socketName), { force: true })
  server.close()
  keeper.close()
}

class Keeper {
  readonly #directory: string
  readonly #parts: KeptParts
  readonly #runs = new Map<string, KeptRun>()
  readonly #cgroupParents = new Set<string>()
  readonly #agents = new Set<Socket>()
  readonly #starting = new Map<string, Promise<KeptRun>>()
  /** By pod: nothing of it is started before all of it is gone. */
  readonly #removing = new Map<string, Promise<void>>()
  readonly #waiting: (() => void)[] = []
  #starts = 0
  #idle: NodeJS.Timeout | undefined
  onIdle = () => {}

  constructor(directory: string, warn: KeptParts['warn']) {
    this.#directory = directory
    this.#parts = {
      keeper: directory,
      pipes: new PipePool(directory),
      now: () => performance.timeOrigin + performance.now(),
      warn,
      ended: (run, exit) => this.#tell({ told: 'exited', run: run.run, exit }),
    }
    for (const record of readRecords(directory)) {
      try {
        this.#keep(KeptRun.adopt(this.#parts, record))
      } catch (error) {
        warn(`find ${runKey(record.run)} again`, error)
      }
    }
  }

  serve(socket: Socket): void {
    this.#agents.add(socket)
    this.look()
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      this.#agents.delete(socket)
      this.look()
    })
    const hear = lineReader((message, rest) => {
      const asked = message as Asked | SessionOrder
      if (!('session' in asked)) {
        void this.#answer(socket, asked)
        return
      }
      socket.off('data', take)
      const run = this.#runs.get(runKey(asked.run))
      this.#agents.delete(socket)
      serveSession(socket, rest(), asked, run, this.#parts)
    })
    const take = (chunk: Buffer) => {
      try {
        hear(chunk)
      } catch (error) {
        this.#parts.warn('an order that cannot be read', error)
        socket.destroy()
      }
    }
    socket.on('data', take)
  }

  /** Whether it may go: nobody asks, and nothing runs. */
  look(): void {
    clearTimeout(this.#idle)
    if (this.#agents.size > 0 || this.#isKeeping()) return
    this.#idle = setTimeout(() => this.onIdle(), keeperLimits.idleMs)
  }

  close(): void {
    this.#parts.pipes.close()
    // The directories that held them; others may still have something in there.
    removeEmpty(this.#cgroupParents)
  }

  #keep(run: KeptRun): void {
    this.#runs.set(runKey(run.run), run)
    for (const { path } of run.cgroups) this.#cgroupParents.add(dirname(path))
  }

  #isKeeping(): boolean {
    return this.#starting.size > 0 || [...this.#runs.values()].some(({ exit }) => exit === undefined)
  }

  async #answer(socket: Socket, asked: Asked): Promise<void> {
    let answer: Answer
    try {
      answer = { ask: asked.ask, answer: (await this.#carryOut(asked)) ?? null }
    } catch (error) {
      const reason = error instanceof StartRefused ? 'refused' : 'failed'
      answer = { ask: asked.ask, refusal: { reason, message: error instanceof Error ? error.message : String(error) } }
    }
    if (!socket.destroyed) socket.write(lineOf(answer))
    if (asked.do === 'leave' && !this.#isKeeping()) this.onIdle()
  }

  async #carryOut(order: Order): Promise<unknown> {
    switch (order.do) {
      case 'start': {
        const { startedAtMs, exit } = await this.#start(order.order)
        return { startedAtMs, exit }
      }
      case 'stop':
        this.#runs.get(runKey(order.run))?.stop(order.graceMs, order.signal)
        return
      case 'remove':
        return this.#remove(order.podUid, order.logs)
      case 'list':
        return [...this.#runs.values()].map(found)
      case 'leave':
        return
      default:
        order satisfies never
    }
  }

  /** Asked twice for the same run it is started once. */
  async #start(order: Extract<Order, { do: 'start' }>['order']): Promise<KeptRun> {
    const key = runKey(order.run)
    const there = this.#runs.get(key) ?? this.#starting.get(key)
    if (there !== undefined) return there
    const starting = this.#startNow(order)
    this.#starting.set(key, starting)
    try {
      return await starting
    } finally {
      this.#starting.delete(key)
      this.look()
    }
  }

  async #startNow(order: Extract<Order, { do: 'start' }>['order']): Promise<KeptRun> {
    if (this.#starts >= keeperLimits.starts) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#starts++
    try {
      await this.#removing.get(order.run.podUid)
      await this.#forgetOthers(order.run)
      const run = await KeptRun.start(this.#parts, order)
      this.#keep(run)
      return run
    } finally {
      this.#starts--
      this.#waiting.shift()?.()
    }
  }

  /** Never two runs of one container at a time, whatever their numbers; of those that have ended the last is kept. */
  async #forgetOthers({ podUid, container, attempt }: RunName): Promise<void> {
    const others = [...this.#runs.values()].filter(({ run }) => run.podUid === podUid && run.container === container)
    for (const run of others) {
      if (run.exit === undefined) {
        run.kill()
        await run.over()
      }
      const isLast = run.run.attempt < attempt && run.run.attempt > attempt - keeperLimits.runsOfContainer
      if (isLast) continue
      this.#runs.delete(runKey(run.run))
      removeRun(this.#directory, run.run)
      run.removeLogs()
    }
  }

  #remove(podUid: string, logs: LogsOfPod | undefined): Promise<void> {
    const there = this.#removing.get(podUid)
    if (there !== undefined) return there
    const starting = [...this.#starting].flatMap(([key, start]) => (key.startsWith(`${podUid}/`) ? [start] : []))
    const removing = this.#removeNow(podUid, logs, starting).finally(() => this.#removing.delete(podUid))
    this.#removing.set(podUid, removing)
    return removing
  }

  async #removeNow(podUid: string, logs: LogsOfPod | undefined, starting: readonly Promise<KeptRun>[]): Promise<void> {
    await Promise.allSettled(starting)
    const runs = [...this.#runs.values()].filter(({ run }) => run.podUid === podUid)
    for (const run of runs) run.kill()
    for (const run of runs) await run.over()
    for (const run of runs) this.#runs.delete(runKey(run.run))
    await removePod(this.#directory, podUid)
    if (logs !== undefined) await removeLogs(logs)
    this.look()
  }

  #tell(answer: Answer): void {
    for (const agent of this.#agents) agent.write(lineOf(answer))
    this.look()
  }
}

function found(run: KeptRun): RunFound {
  return { run: run.run, startedAtMs: run.startedAtMs, exit: run.exit }
}

type LogsOfPod = NonNullable<Extract<Order, { do: 'remove' }>['logs']>

/** The directory of a pod's logs; its name is one name, and a link in its place is removed, not what it points to. */
async function removeLogs({ root, directory }: LogsOfPod): Promise<void> {
  if (directory === '' || directory.includes('/') || directory.startsWith('.')) return
  await rm(join(root, directory), { recursive: true, force: true })
}
