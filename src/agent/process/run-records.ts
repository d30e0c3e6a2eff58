// What is kept on disk of each run of a container, so that whoever comes after a crash knows what there is: a directory
// a run, `runs/POD-UID/CONTAINER.ATTEMPT`, with a record, the pipes of its output and what its wrapper writes of its end.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContainerLogPlace } from '../logs/pod-log-place.ts'
import type { ProcessIdentity } from './machine-process.ts'
import type { ExitFound, Mode, RunName } from './orders.ts'

export interface RunRecord {
  readonly run: RunName
  readonly mode: Mode
  readonly logs: ContainerLogPlace
  readonly startedAtMs: number
  /** The boot of the machine in which it was started. */
  readonly boot: string
  readonly cgroups: readonly { readonly path: string; readonly oomFile: string | undefined }[]
  /** The first process of the container; undefined: killed before it was known. */
  readonly process: ProcessIdentity | undefined
  readonly exit: ExitFound | undefined
}

/** Names in the directory of a run. */
export const runFiles = {
  record: 'record.json',
  /** Written by the wrapper itself: its first process, and its exit code. */
  status: 'status',
  stdout: 'stdout',
  stderr: 'stderr',
  stdin: 'stdin',
} as const

export function keeperDirectory(state: string): string {
  return join(state, 'process')
}

export function runDirectory(keeper: string, { podUid, container, attempt }: RunName): string {
  return join(keeper, 'runs', podUid, `${container}.${attempt}`)
}

export function writeRecord(keeper: string, record: RunRecord): void {
  const directory = runDirectory(keeper, record.run)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, runFiles.record)
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** Of one pod, or of all. What cannot be read is none. */
export function readRecords(keeper: string, podUid?: string): RunRecord[] {
  const uids = podUid === undefined ? namesIn(join(keeper, 'runs')) : [podUid]
  return uids.flatMap((uid) =>
    namesIn(join(keeper, 'runs', uid)).flatMap((name) => {
      try {
        return [JSON.parse(readFileSync(join(keeper, 'runs', uid, name, runFiles.record), 'utf8')) as RunRecord]
      } catch {
        return []
      }
    }),
  )
}

export function podsWithRecords(keeper: string): string[] {
  return namesIn(join(keeper, 'runs'))
}

export function removeRun(keeper: string, run: RunName): void {
  rmSync(runDirectory(keeper, run), { recursive: true, force: true })
}

export async function removePod(keeper: string, podUid: string): Promise<void> {
  await rm(join(keeper, 'runs', podUid), { recursive: true, force: true })
}

/** What the wrapper has written: lines of JSON, of which bwrap writes one at the start and one at the end. */
export interface WrapperStatus {
  readonly firstPid: number | undefined
  /** Tells the first process from another one that was given its pid. */
  readonly pidNamespace: number | undefined
  readonly exitCode: number | undefined
}

export function readStatus(keeper: string, run: RunName): WrapperStatus {
  let text = ''
  try {
    text = readFileSync(join(runDirectory(keeper, run), runFiles.status), 'utf8')
  } catch {
    // Killed before it wrote anything.
  }
  const number = (name: string) => {
    const found = new RegExp(`"${name}": (\\d+)`).exec(text)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  return { firstPid: number('child-pid'), pidNamespace: number('pid-namespace'), exitCode: number('exit-code') }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort()
  } catch {
    return []
  }
}
