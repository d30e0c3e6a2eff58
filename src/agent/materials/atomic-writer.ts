// Writes the files of a volume so that a reader sees all of the old ones or all of the new ones, never a mixture: what
// containers open are links through `..data`, and only that one link changes.
// Upstream: pkg/volume/util/atomic_writer.go, whose names of directories and links these are.

import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf } from './safe-path.ts'

export interface VolumeFile {
  readonly content: Buffer
  readonly mode: number
  /** Undefined: the agent's own. */
  readonly uid?: number | undefined
}

/** By path below the volume. */
export type VolumeFiles = ReadonlyMap<string, VolumeFile>

export interface WriteOptions {
  readonly nowMs: number
  /** The group that may read everything, whatever the modes say. */
  readonly fsGroup?: number | undefined
}

const dataLink = '..data'
const nextDataLink = '..data_tmp'

/** Whether anything had to be written. A crash on the way leaves the old files, and litter for the next time. */
export async function writeAtomically(directory: string, files: VolumeFiles, options: WriteOptions): Promise<boolean> {
  for (const path of files.keys()) checkPath(path)
  const before = await currentOf(directory)
  if (before !== undefined && (await holdsJust(join(directory, before), files))) return false
  const name = await writeVersion(directory, files, options)
  await pointTo(directory, name, before === undefined)
  const present = await readdir(directory)
  await linkNames(directory, present, new Set([...files.keys()].map(firstOf)))
  for (const entry of present) {
    if (entry.startsWith('..') && entry !== dataLink && entry !== name) {
      await rm(join(directory, entry), { recursive: true, force: true })
    }
  }
  return true
}

/** The one moment at which readers see other files. */
async function pointTo(directory: string, name: string, isFirst: boolean): Promise<void> {
  if (isFirst) {
    await symlink(name, join(directory, dataLink))
    return
  }
  await rm(join(directory, nextDataLink), { force: true })
  await symlink(name, join(directory, nextDataLink))
  await rename(join(directory, nextDataLink), join(directory, dataLink))
}

/** The API refuses such paths; should one come all the same, it must not leave the volume. */
function checkPath(path: string): void {
  const names = path.split('/')
  const isBad =
    path === '' || path.startsWith('/') || path.startsWith('..') || names.includes('..') || names.includes('')
  if (isBad || path.includes('\0')) throw new Error(`invalid path: ${JSON.stringify(path)}`)
}

const firstOf = (path: string) => path.split('/')[0]!

async function currentOf(directory: string): Promise<string | undefined> {
  try {
    return await readlink(join(directory, dataLink))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function holdsJust(version: string, files: VolumeFiles): Promise<boolean> {
  const found = await filesBelow(version)
  if (found === undefined || found.length !== files.size) return false
  for (const path of found) {
    const wanted = files.get(path)
    if (wanted === undefined || !(await readFile(join(version, path))).equals(wanted.content)) return false
  }
  return true
}

/** Undefined where the directory is gone. */
async function filesBelow(directory: string): Promise<string[] | undefined> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function writeVersion(directory: string, files: VolumeFiles, options: WriteOptions): Promise<string> {
  const stamp = new Date(options.nowMs).toISOString().slice(0, 19).replace(/[-T:]/g, '_')
  const version = await mkdtemp(join(directory, `..${stamp}.`))
  const directories = new Set([version])
  for (const [path, { content, mode, uid }] of files) {
    const place = join(version, path)
    for (let above = dirname(place); above !== version; above = dirname(above)) directories.add(above)
    if (dirname(place) !== version) await mkdir(dirname(place), { recursive: true })
    await writeFile(place, content, { mode: 0o600 })
    if (uid !== undefined) await chown(place, uid, options.fsGroup ?? (await lstat(place)).gid)
    await permit(place, mode, 0o440, options.fsGroup)
  }
  for (const place of directories) await permit(place, 0o755, 0o2550, options.fsGroup)
  return version.slice(directory.length + 1)
}

/** Upstream: volume_linux.go, SetVolumeOwnership of a read-only volume. */
async function permit(place: string, mode: number, forGroup: number, fsGroup: number | undefined): Promise<void> {
  if (fsGroup !== undefined) await chown(place, (await lstat(place)).uid, fsGroup)
  // After the change of owner, which takes some of the bits away.
  await chmod(place, fsGroup === undefined ? mode : mode | forGroup)
}

async function linkNames(directory: string, entries: readonly string[], names: ReadonlySet<string>): Promise<void> {
  const present = entries.filter((entry) => !entry.startsWith('..'))
  for (const name of names) {
    if (!present.includes(name)) await symlink(`${dataLink}/${name}`, join(directory, name))
  }
  for (const name of present) if (!names.has(name)) await rm(join(directory, name), { recursive: true, force: true })
}
