// Where the log of one run of a container lies: `NAMESPACE_NAME_UID/CONTAINER/ATTEMPT.log`, and the older parts of it
// beside it. Upstream: pkg/kubelet/kuberuntime/helpers.go, BuildContainerLogsDirectory, and pkg/kubelet/logs.

import { closeSync, readdirSync, rmSync } from 'node:fs'
import type { Pod } from '../../api/types.ts'
import { inDirectory, openDirectoryBeneath } from './open-beneath.ts'

export interface ContainerLogPlace {
  /** The directory of all pods' logs; absolute. */
  readonly podLogs: string
  /** Names of the directories in it. */
  readonly directories: readonly [pod: string, container: string]
  readonly file: string
}

export function containerLogPlace(podLogs: string, pod: Pod, container: string, attempt: number): ContainerLogPlace {
  return { podLogs, directories: [podLogDirectory(pod), container], file: `${attempt}.log` }
}

export function podLogDirectory({ metadata: { namespace, name, uid } }: Pod): string {
  return `${namespace}_${name}_${uid}`
}

/** `0.log.20261124-174107`: what a log is called once it is rotated. */
export function rotatedName(file: string, atMs: number): string {
  const digits = new Date(atMs).toISOString().replace(/[-:]/g, '')
  return `${file}.${digits.slice(0, 8)}-${digits.slice(9, 15)}`
}

/** Of all names in a directory the older parts of one log, oldest first. */
export function rotatedNames(file: string, names: readonly string[]): string[] {
  return names.filter((name) => name.startsWith(`${file}.`)).sort()
}

/** The log of one run and its older parts. Harmless where there is none. */
export function removeContainerLog({ podLogs, directories, file }: ContainerLogPlace): void {
  let directory: number
  try {
    directory = openDirectoryBeneath(podLogs, directories)
  } catch {
    return
  }
  try {
    const names = readdirSync(`/proc/self/fd/${directory}/`)
    for (const name of [file, ...rotatedNames(file, names)]) rmSync(inDirectory(directory, name), { force: true })
  } finally {
    closeSync(directory)
  }
}
