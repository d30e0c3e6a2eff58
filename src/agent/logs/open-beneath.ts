// Opening log files without being led astray: a container that may write below /var/log could put a link where its log
// belongs, and have us read or write another file of the machine. No link is followed below the directory of all logs.

import { closeSync, constants, fstatSync, mkdirSync, openSync } from 'node:fs'

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

export const logModes = {
  /** Upstream: kubelet makes pod log directories 0755; ours are for the agent's user, and collectors run as root. */
  directory: 0o755,
  file: 0o640,
} as const

/** The directory `root/names…`, as an open file; with `create`, made where it is missing. Throws what open throws. */
export function openDirectoryBeneath(root: string, names: readonly string[], create = false): number {
  if (create) mkdirSync(root, { recursive: true, mode: logModes.directory })
  let directory = openSync(root, O_RDONLY | O_DIRECTORY)
  for (const name of names) {
    const parent = directory
    try {
      const path = inDirectory(parent, name)
      if (create) madeDirectory(path)
      directory = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    } finally {
      closeSync(parent)
    }
  }
  return directory
}

/** A regular file in an open directory; anything else of that name is refused. */
export function openFileIn(directory: number, name: string, flags: number): number {
  // Not to wait for the other end of a pipe that somebody has put there.
  const file = openSync(inDirectory(directory, name), flags | O_NOFOLLOW | O_NONBLOCK, logModes.file)
  if (fstatSync(file).isFile()) return file
  closeSync(file)
  throw new Error(`open log ${name}: it is not a regular file`)
}

/** Through the open directory itself, whatever its path means by now. */
export function inDirectory(directory: number, name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw new Error(`"${name}" is no name of a file`)
  }
  return `/proc/self/fd/${directory}/${name}`
}

function madeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: logModes.directory })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
