// What the machine knows of its processes, as read from /proc: which process a pid means, and what stems from it.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A pid is given out again: together with the moment of its start it means one process for good. */
export interface ProcessIdentity {
  readonly pid: number
  /** Boot and clock ticks since then. */
  readonly started: string
}

/** Undefined where there is none, or it has ended and only was not waited for. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const stat = statOf(pid)
  if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return undefined
  return { pid, started: `${bootId()}/${stat.startTicks}` }
}

export function lives({ pid, started }: ProcessIdentity): boolean {
  return identityOf(pid)?.started === started
}

/** Sends a signal to exactly this process. False where it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!lives(identity)) return false
  try {
    process.kill(identity.pid, signal)
    return true
  } catch {
    return false
  }
}

export function childrenOf(pid: number): number[] {
  const text = tried(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'))
  // Kernels without CONFIG_PROC_CHILDREN.
  if (text === undefined) return allProcesses().filter((other) => statOf(other)?.parent === pid)
  return text.split(' ').map(Number).filter(Boolean)
}

export function allProcesses(): number[] {
  return readdirSync('/proc').map(Number).filter(Boolean)
}

/** What a process was started with; undefined where it may not be read. */
export function environmentOf(pid: number): string | undefined {
  return tried(() => readFileSync(`/proc/${pid}/environ`, 'latin1'))
}

export function programOf(pid: number): string | undefined {
  return tried(() => readlinkSync(`/proc/${pid}/exe`))
}

interface Stat {
  readonly state: string
  readonly parent: number
  readonly startTicks: string
}

/** proc(5): the command in parentheses may hold anything, also parentheses; after it the state, and 19 on the start. */
function statOf(pid: number): Stat | undefined {
  const text = tried(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  if (fields === undefined) return undefined
  return { state: fields[0]!, parent: Number(fields[1]), startTicks: fields[19]! }
}

let boot: string | undefined
export function bootId(): string {
  boot ??= tried(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? 'unknown'
  return boot
}

function tried<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
