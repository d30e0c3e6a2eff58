// What is mounted below a directory of ours, and taking it away again: nothing of a pod is deleted through a mount, or
// the files of somebody else would go with it. Upstream: mount-utils mount_helper_common.go and mount_linux.go.

import { execFile } from 'node:child_process'
import { readFile, realpath } from 'node:fs/promises'
import { promisify } from 'node:util'
import { codeOf } from './safe-path.ts'

const run = promisify(execFile)

/** Takes away all that is mounted below a directory. Rejects where something stays: then nothing in it may be deleted. */
export async function unmountBelow(directory: string): Promise<void> {
  for (const mount of await mountsBelow(directory)) await unmount(mount)
  const left = await mountsBelow(directory)
  if (left.length > 0) throw new Error(`still mounted: ${left.join(', ')}`)
}

/** Absolute, the latest first: the order in which they can be taken away. None where there is no such directory. */
export async function mountsBelow(directory: string): Promise<readonly string[]> {
  // The table has no links in its names, and whoever gives a directory may have come by one.
  const real = await ifThere(realpath(directory))
  const table = real === undefined ? undefined : await ifThere(readFile('/proc/self/mountinfo', 'utf8'))
  return mountPointsIn(table ?? '')
    .filter((path) => path === real || path.startsWith(`${real}/`))
    .reverse()
}

async function ifThere<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** In the order in which they were mounted. The format: proc(5), fields are parted by blanks, those in a name are `\040`. */
export function mountPointsIn(mountinfo: string): readonly string[] {
  return mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4])
    .filter((field) => field !== undefined)
    .map((field) =>
      Buffer.from(
        field.replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8))),
        'latin1',
      ),
    )
    .map((bytes) => bytes.toString('utf8'))
}

/** Rejects with what mount(8) says. */
export async function mountTmpfs(path: string, sizeBytes: bigint | undefined): Promise<void> {
  const size = sizeBytes === undefined ? [] : [`size=${sizeBytes}`]
  await run('mount', ['-t', 'tmpfs', '-o', ['mode=0777', ...size].join(','), 'tmpfs', path])
}

/**
 * Mounts what `source` is a name of, `/proc/PID/fd/N` too: neither end is looked up by another name. Private: else what
 * is mounted in the source later would appear here too, and be taken away there with ours.
 */
export async function bindMount(source: string, target: string): Promise<void> {
  await run('mount', ['--no-canonicalize', '--bind', '--make-private', source, target])
}

/** Whoever still uses it keeps it, but under no name any more. */
export async function unmount(path: string): Promise<void> {
  try {
    await run('umount', ['--no-canonicalize', path])
  } catch {
    await run('umount', ['--no-canonicalize', '--lazy', path])
  }
}
