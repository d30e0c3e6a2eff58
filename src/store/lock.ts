// The lock that keeps a directory for one process: lmdb itself would let a second one in. It is a file that says who
// holds it; the lock of a process that died is taken over, also when its pid has been given to another process.

import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile, utimes } from 'node:fs/promises'
import { place, startOfProcess, unknownStart } from './process-identity.ts'

export const lockLimits = {
  /** How often the holder shows that it lives, to those who cannot see its process. */
  beatMs: 5_000,
  /** After this long without a beat, a holder whose process cannot be seen is taken for dead. */
  silentMs: 20_000,
} as const

/** Another process holds the lock. The message names it. */
export class LockHeld extends Error {
  override name = 'LockHeld'
  readonly pid: number

  constructor(pid: number, message: string) {
    super(message)
    this.pid = pid
  }
}

export interface Lock {
  /** Gives it back. Twice is harmless. */
  release(): void
}

interface Holder {
  readonly pid: number
  /** When the process started: tells it from another one that was given the same pid. */
  readonly started: string
  /** The host and process namespace in which the pid means anything. */
  readonly place: string
  /** Of this one holding: a lock that was given back and taken again is another one. */
  readonly token: string
}

/** Takes the lock or throws LockHeld. `onLost` is called when somebody took it although we live. */
export function takeLock(path: string, onLost: () => void = () => {}): Lock {
  const me = {
    pid: process.pid,
    started: startOfProcess(process.pid) ?? unknownStart,
    place: place(),
    token: randomUUID(),
  }
  acquire(path, me)
  const beat = setInterval(() => {
    const now = new Date()
    Promise.all([readFile(path, 'utf8'), utimes(path, now, now)]).then(
      ([text]) => {
        if (holderIn(text)?.token !== me.token) lose()
      },
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') lose()
      },
    )
  }, lockLimits.beatMs)
  beat.unref()
  let held = true
  const lose = () => {
    clearInterval(beat)
    process.off('exit', release)
    if (held) onLost()
    held = false
  }
  const release = () => {
    clearInterval(beat)
    process.off('exit', release)
    if (held && holderAt(path)?.token === me.token) rmSync(path, { force: true })
    held = false
  }
  // A process that is told to stop at once leaves no lock behind either.
  process.on('exit', release)
  return { release }
}

/** Who holds the lock: a process of this machine that lives, or one elsewhere, of which nobody here can tell. */
export function holderOf(path: string): { readonly pid: number; readonly isHere: boolean } | undefined {
  const found = holderAt(path)
  if (found === undefined || found.pid <= 0) return undefined
  if (found.place !== place()) return { pid: found.pid, isHere: false }
  return livesHere(found) ? { pid: found.pid, isHere: true } : undefined
}

/**
 * The file comes into being whole, by linking one that is written already, and only when there is none. Who finds a
 * dead holder's file replaces it under a second lock, named after that very holding: of many who saw the same dead
 * holder one gets there, and the others then see that the file has changed.
 */
function acquire(path: string, me: Holder): void {
  const mine = `${path}.${me.token}`
  writeFileSync(mine, `${JSON.stringify(me)}\n`, { mode: 0o600 })
  try {
    for (;;) {
      if (linked(mine, path)) return
      const found = holderAt(path)
      if (found === undefined) continue
      if (lives(found, path, mine)) throw new LockHeld(found.pid, heldBy(found, path))
      const takeover = `${path}.after-${found.token}`
      acquire(takeover, { ...me, token: randomUUID() })
      try {
        if (holderAt(path)?.token !== found.token) continue
        renameSync(mine, path)
        return
      } finally {
        rmSync(takeover, { force: true })
      }
    }
  } finally {
    rmSync(mine, { force: true })
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new Error(`lock ${to}: ${(cause as Error).message} (the file system must support hard links)`, { cause })
  }
}

function lives(holder: Holder, path: string, mine: string): boolean {
  if (holder.pid <= 0) return false
  if (holder.place === place()) return livesHere(holder)
  // Another container or host on the same files: its beats are stamped by its own clock, which must not be far behind.
  const silentMs = statSync(mine).mtimeMs - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0)
  return silentMs < lockLimits.silentMs
}

function livesHere(holder: Holder): boolean {
  const started = startOfProcess(holder.pid)
  if (started === undefined) return false
  return started === holder.started || started === unknownStart || holder.started === unknownStart
}

function heldBy(holder: Holder, path: string): string {
  if (holder.pid === process.pid && holder.place === place()) return `${path}: this process has it open already`
  if (holder.place === place()) return `${path}: process ${holder.pid} is using it`
  const seconds = lockLimits.silentMs / 1000
  return `${path}: process ${holder.pid} on ${holder.place} is using it (if it is gone, try again in ${seconds} s)`
}

function holderAt(path: string): Holder | undefined {
  try {
    return holderIn(readFileSync(path, 'utf8')) ?? damaged(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function holderIn(text: string): Holder | undefined {
  try {
    const holder: Partial<Holder> = JSON.parse(text)
    const known = typeof holder.pid === 'number' && typeof holder.place === 'string' && typeof holder.token === 'string'
    return known ? (holder as Holder) : undefined
  } catch {
    return undefined
  }
}

/** The file is only ever seen whole by the living: a machine went down before it was on disk. */
function damaged(path: string): Holder {
  return { pid: 0, started: unknownStart, place: place(), token: `damaged-${statSync(path).ino}` }
}
