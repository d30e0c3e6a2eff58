// What the figures were measured on: the machine's limits, and how much of it others were using.

import { readdirSync, readFileSync } from 'node:fs'
import { cpus, loadavg, platform, release, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Machine {
  readonly cpus: number
  readonly cpu: string
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  readonly load: readonly number[]
}

export function machine(): Machine {
  return {
    cpus: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${platform()} ${release()}`,
    node: process.version,
    load: loadavg().map((load) => Number(load.toFixed(2))),
  }
}

/** Above this many cores used by others, a figure says more about them than about us. */
export const noiseLimit = 0.3

/** Cores that are busy while nothing of ours runs; undefined where the system does not say. */
export async function coresUsedByOthers(forMs = 1000): Promise<number | undefined> {
  const before = busyTicks()
  await sleep(forMs)
  const after = busyTicks()
  if (before === undefined || after === undefined) return undefined
  return ((after - before) * ticksMs) / forMs
}

/** USER_HZ: 100 a second on every Linux that Node runs on. */
const ticksMs = 10

function busyTicks(): number | undefined {
  const fields = readFileOrNothing('/proc/stat')?.split('\n')[0]?.trim().split(/\s+/).slice(1).map(Number)
  if (fields === undefined) return undefined
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields
  return user + nice + system + irq + softirq + steal
}

/** Nanoseconds of CPU that a process has used, all its threads; undefined where the system does not say. */
export function cpuNs(pid: number): number | undefined {
  // Two figures in clock ticks (proc(5), fields 14 and 15) would be too coarse for an idle process.
  const stat = readFileOrNothing(`/proc/${pid}/schedstat`)
  return stat === undefined ? undefined : threadsOf(pid).reduce((sum, thread) => sum + threadNs(pid, thread), 0)
}

/** Anonymous memory in bytes: what the process itself holds, without pages of mapped files. */
export function anonymousBytes(pid: number): number | undefined {
  const found = /RssAnon:\s+(\d+) kB/.exec(readFileOrNothing(`/proc/${pid}/status`) ?? '')
  return found === null ? undefined : Number(found[1]) * 1024
}

function threadNs(pid: number, thread: string): number {
  return Number((readFileOrNothing(`/proc/${pid}/task/${thread}/schedstat`) ?? '0').split(' ')[0])
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function readFileOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
