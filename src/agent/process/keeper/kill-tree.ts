// Killing everything that stems from a container. In a sandbox that is its first process: the kernel ends a process
// namespace with it. Without one: the session it was started in, and who still carries its name in the environment.

import { readlinkSync } from 'node:fs'
import { allProcesses, environmentOf, identityOf, signalProcess } from '../machine-process.ts'
import { runKey } from '../orders.ts'
import type { RunRecord, WrapperStatus } from '../run-records.ts'

/** Set for a container without a sandbox, so that its processes are known wherever they went. */
export const runVariable = 'EVERYNODE_RUN'

export function killTree(record: RunRecord, status: WrapperStatus, wrapperPid: number | undefined): void {
  const first =
    record.process ?? (status.firstPid !== undefined && isIn(status) ? identityOf(status.firstPid) : undefined)
  if (first !== undefined) signalProcess(first, 'SIGKILL')
  if (hasOwnProcesses(record, status)) {
    // Only a wrapper that was stopped before it had a first process is left by then.
    if (first === undefined && wrapperPid !== undefined) killGroup(wrapperPid)
    return
  }
  if (wrapperPid !== undefined) killGroup(wrapperPid)
  const mark = `${runVariable}=${runKey(record.run)}`
  // A process may start another while it is being killed.
  for (let round = 0; round < 10; round++) {
    const marked = allProcesses().filter((pid) => environmentOf(pid)?.split('\0').includes(mark) === true)
    if (marked.length === 0) return
    for (const pid of marked) {
      const identity = identityOf(pid)
      if (identity !== undefined) signalProcess(identity, 'SIGKILL')
    }
  }
}

/** All processes of a namespace end with its first; a pod that shares the machine's has none of its own. */
export function hasOwnProcesses({ mode }: RunRecord, { pidNamespace }: WrapperStatus): boolean {
  return mode === 'sandbox' && pidNamespace !== undefined
}

/** Whether the process with this pid is in the namespace the wrapper has made. */
export function isIn({ firstPid, pidNamespace }: WrapperStatus): boolean {
  if (firstPid === undefined) return false
  if (pidNamespace === undefined) return true
  try {
    return readlinkSync(`/proc/${firstPid}/ns/pid`) === `pid:[${pidNamespace}]`
  } catch {
    return false
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody of it is left.
  }
}
