// Which process a pid means: the same number is given out again, and means another process in another container.

import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Where pids are comparable: the host, and on Linux its process namespace (a container has its own). */
export function place(): string {
  const namespace = tried(() => readlinkSync('/proc/self/ns/pid'))
  return namespace === undefined ? hostname() : `${hostname()} ${namespace}`
}

/** There is such a process, and no way to tell since when. */
export const unknownStart = 'unknown'

/** Differs between two processes that had the same pid; undefined when there is no such process. */
export function startOfProcess(pid: number): string | undefined {
  if (!exists(pid)) return undefined
  const boot = tried(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  if (boot !== undefined) {
    // proc(5): the command in parentheses may hold anything, also parentheses; after it the state, and 19 on the start.
    const stat = tried(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields === undefined) return exists(pid) ? unknownStart : undefined
    // A process that was killed and not yet waited for holds nothing any more.
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return `${boot}/${fields[19]}`
  }
  // macOS and the BSDs.
  const ps = ['-o', 'lstart=', '-p', String(pid)]
  return tried(() => execFileSync('ps', ps, { encoding: 'utf8', stdio: 'pipe' }).trim()) ?? unknownStart
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function tried<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
