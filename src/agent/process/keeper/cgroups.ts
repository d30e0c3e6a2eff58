// The cgroups of one container: made and written to before it starts, asked and removed after it has ended.

import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { CgroupOrder } from '../orders.ts'

/** Open files to which a process writes `0` to enter. Throws where a limit cannot be set. */
export function makeCgroups(orders: readonly CgroupOrder[]): number[] {
  const entries: number[] = []
  try {
    for (const { path, files } of orders) {
      mkdirSync(path, { recursive: true })
      for (const [file, value] of files) writeFileSync(join(path, file), value)
      entries.push(openSync(join(path, 'cgroup.procs'), 'w'))
    }
    return entries
  } catch (error) {
    for (const entry of entries) closeSync(entry)
    throw error
  }
}

/** Of cgroups that are there. */
export function cgroupEntries(cgroups: readonly { readonly path: string }[]): number[] {
  return cgroups.map(({ path }) => openSync(join(path, 'cgroup.procs'), 'w'))
}

/** Whether the kernel has killed one of its processes for want of memory. */
export function wasOutOfMemory(cgroups: readonly { readonly path: string; readonly oomFile: string | undefined }[]) {
  return cgroups.some(({ path, oomFile }) => {
    if (oomFile === undefined) return false
    try {
      return Number(/^oom_kill (\d+)/m.exec(readFileSync(join(path, oomFile), 'utf8'))?.[1] ?? 0) > 0
    } catch {
      return false
    }
  })
}

/** The whole tree at once, where the kernel can (cgroup v2). */
export function killCgroups(cgroups: readonly { readonly path: string }[]): void {
  for (const { path } of cgroups) {
    for (const pid of processesIn(path)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended by itself.
      }
    }
    try {
      writeFileSync(join(path, 'cgroup.kill'), '1', { flag: 'r+' })
    } catch {
      // cgroup v1 has none.
    }
  }
}

/** Those that are empty go at once; a process that was killed just now may need a moment. */
export async function removeCgroups(cgroups: readonly { readonly path: string }[]): Promise<void> {
  for (const { path } of cgroups) {
    for (let tries = 0; tries < 50; tries++) {
      try {
        rmdirSync(path)
        break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EBUSY') break
        killCgroups([{ path }])
        await wait(20)
      }
    }
  }
}

export function removeEmpty(directories: ReadonlySet<string>): void {
  for (const directory of directories) {
    try {
      rmdirSync(directory)
    } catch {
      // Not empty, or not there.
    }
  }
}

function processesIn(path: string): number[] {
  try {
    return readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').map(Number).filter(Boolean)
  } catch {
    return []
  }
}
