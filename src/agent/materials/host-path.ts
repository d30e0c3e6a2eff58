// A path of the node in a pod: looked up below the node's root, and what is there is what the volume says it must be.
// Upstream: pkg/volume/hostpath/host_path.go, checkTypeInternal.

import { type FileKind, type Found, findSafely, type SafeSearch } from './safe-path.ts'

type HostPathType =
  | 'DirectoryOrCreate'
  | 'Directory'
  | 'FileOrCreate'
  | 'File'
  | 'Socket'
  | 'CharDevice'
  | 'BlockDevice'

interface Expected {
  readonly kind: FileKind
  readonly words: string
  readonly create?: SafeSearch['create']
}

const expectations: Readonly<Record<HostPathType, Expected>> = {
  DirectoryOrCreate: { kind: 'directory', words: 'a directory', create: 'directory' },
  Directory: { kind: 'directory', words: 'a directory' },
  FileOrCreate: { kind: 'file', words: 'a file', create: 'file' },
  File: { kind: 'file', words: 'a file' },
  Socket: { kind: 'socket', words: 'a socket file' },
  CharDevice: { kind: 'character device', words: 'a character device' },
  BlockDevice: { kind: 'block device', words: 'a block device' },
}

/** What the volume is on the machine, held open. Rejects with the reason why it is not to be had. */
export async function findHostPath(root: string, path: string, type: string | undefined): Promise<Found> {
  if (path.split('/').includes('..')) throw new Error(`hostPath ${path} must not contain ".."`)
  if (type === undefined || type === '') {
    // Whatever is there; a directory where there is nothing, as container runtimes make it.
    return (await findSafely({ base: root, links: 'root', create: 'directory' }, path))!
  }
  const expected = Object.hasOwn(expectations, type) ? expectations[type as HostPathType] : undefined
  if (expected === undefined) throw new Error(`${type} is an invalid volume type`)
  const found = await findSafely({ base: root, links: 'root', create: expected.create }, path)
  if (found?.kind === expected.kind) return found
  await found?.handle.close()
  throw new Error(`hostPath type check failed: ${path} is not ${expected.words}`)
}
