// Finding a file below a directory without ever leaving it, whatever links and `..` somebody has put there, also while
// we look: every step is taken from a directory that is held open, never by a name that may mean another by now.
// Upstream: mount-utils subpath_linux.go, doSafeOpen; openat2(2), RESOLVE_IN_ROOT.

import { constants, type Stats } from 'node:fs'
import { chmod, type FileHandle, mkdir, open, readlink } from 'node:fs/promises'

export interface SafeSearch {
  /** What the path is looked for in: links on the way to it are followed. Absolute. */
  readonly base: string
  /**
   * How links are read. `root`: the base is `/` for whoever made them, and `..` above it is itself. `volume`: they mean
   * the machine's own paths, and one that leads out of the base is refused.
   */
  readonly links: 'root' | 'volume'
  /** What is made where there is nothing; the directories before it only with `directory`. Default: nothing. */
  readonly create?: 'directory' | 'file' | undefined
  /** Of directories that are made. Default 0755. */
  readonly mode?: number | undefined
}

export interface Found {
  /** Absolute, without links. True for the moment: `handle` stays on what was found. */
  readonly path: string
  readonly kind: FileKind
  /** Opened without any rights (O_PATH): to be closed by whoever asked. */
  readonly handle: FileHandle
}

export type FileKind = 'directory' | 'file' | 'socket' | 'character device' | 'block device' | 'other'

export class PathRefusal extends Error {
  override name = 'PathRefusal'
}

export const safePathLimits = {
  /** As the kernel's. */
  links: 40,
} as const

/** Not in Node's list: only a place in the file system, nothing of its content. */
const oPath = 0o10000000

/** Undefined where there is nothing and nothing is to be made. Rejects with PathRefusal, or the error of the system. */
export async function findSafely(search: SafeSearch, path: string): Promise<Found | undefined> {
  const walk = new Walk(search, path, await open(search.base, oPath | constants.O_DIRECTORY))
  try {
    return await walk.toItsEnd()
  } finally {
    await walk.close()
  }
}

class Walk {
  readonly #search: SafeSearch
  readonly #path: string
  readonly #base: FileHandle
  /** From the base down to where we are. */
  #at: { readonly name: string; readonly handle: FileHandle; readonly stats: Stats }[] = []
  #rest: string[]
  #links = 0

  constructor(search: SafeSearch, path: string, base: FileHandle) {
    this.#search = search
    this.#path = path
    this.#base = base
    this.#rest = namesIn(path)
  }

  async toItsEnd(): Promise<Found | undefined> {
    for (let name = this.#rest.shift(); name !== undefined; name = this.#rest.shift()) {
      if (name === '..') await this.#up()
      else if (!(await this.#into(name))) return undefined
    }
    const last = this.#at.pop()
    const handle = last?.handle ?? (await open(`/proc/self/fd/${this.#base.fd}`, oPath))
    const names = [...this.#at.map(({ name }) => name), ...(last === undefined ? [] : [last.name])]
    const path = names.length === 0 ? this.#search.base : `${this.#search.base.replace(/\/$/, '')}/${names.join('/')}`
    return { path, kind: last === undefined ? 'directory' : kindOf(last.stats), handle }
  }

  async close(): Promise<void> {
    for (const { handle } of this.#at) await handle.close()
    await this.#base.close()
  }

  async #up(): Promise<void> {
    const left = this.#at.pop()
    if (left !== undefined) await left.handle.close()
    else if (this.#search.links === 'volume') throw this.#refusal('leads out of')
  }

  /** False where there is nothing. */
  async #into(name: string): Promise<boolean> {
    const place = `/proc/self/fd/${(this.#at.at(-1)?.handle ?? this.#base).fd}/${name}`
    const handle = await this.#open(place)
    if (handle === undefined) return false
    const stats = await handle.stat()
    if (!stats.isSymbolicLink()) {
      this.#at.push({ name, handle, stats })
      return true
    }
    await handle.close()
    if (++this.#links > safePathLimits.links) throw new PathRefusal(`${this.#path}: too many levels of symbolic links`)
    await this.#follow(await targetOf(place, name))
    return true
  }

  async #open(place: string): Promise<FileHandle | undefined> {
    const look = () => open(place, oPath | constants.O_NOFOLLOW)
    const found = await ifExists(look())
    if (found !== undefined) return found
    const { create, mode = 0o755 } = this.#search
    if (create === 'directory') {
      const isOurs = await unlessThere(mkdir(place, mode).then(() => true))
      // Without what the umask takes away; through the directory itself, should its name mean another by now.
      if (isOurs === true) await changeMode(await look(), mode)
    } else if (create === 'file' && this.#rest.length === 0) {
      // Nobody's link is followed: what is there already stays as it is.
      const made = await unlessThere(open(place, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o644))
      await made?.close()
    } else {
      return undefined
    }
    return look()
  }

  async #follow(target: string): Promise<void> {
    if (!target.startsWith('/')) {
      this.#rest.unshift(...namesIn(target))
      return
    }
    const { base, links } = this.#search
    const isBelow = target === base || target.startsWith(`${base}/`)
    if (links === 'volume' && !isBelow) throw this.#refusal('leads out of')
    for (const { handle } of this.#at.splice(0)) await handle.close()
    this.#rest.unshift(...namesIn(links === 'root' ? target : target.slice(base.length)))
  }

  #refusal(what: string): PathRefusal {
    return new PathRefusal(`subpath "${this.#path}" ${what} the volume`)
  }
}

async function changeMode(directory: FileHandle, mode: number): Promise<void> {
  try {
    if ((await directory.stat()).isDirectory()) await chmod(`/proc/self/fd/${directory.fd}`, mode)
  } finally {
    await directory.close()
  }
}

function namesIn(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

/** A link that has become something else since: looked at again as what it is now. */
async function targetOf(place: string, name: string): Promise<string> {
  try {
    return await readlink(place)
  } catch (error) {
    if (codeOf(error) === 'EINVAL' || codeOf(error) === 'ENOENT') return name
    throw error
  }
}

async function ifExists<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function unlessThere<T>(making: Promise<T>): Promise<T | undefined> {
  try {
    return await making
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined
    throw error
  }
}

/** `ENOENT` and the like, of an error of the system. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function kindOf(stats: Stats): FileKind {
  if (stats.isDirectory()) return 'directory'
  if (stats.isFile()) return 'file'
  if (stats.isSocket()) return 'socket'
  if (stats.isCharacterDevice()) return 'character device'
  return stats.isBlockDevice() ? 'block device' : 'other'
}
