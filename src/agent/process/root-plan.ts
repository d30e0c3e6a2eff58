// What a container of the process runtime sees as `/`: the machine's own root, read-only, with directories of its own
// where programs write, and its mounts. A mount's place that the machine does not have is made without touching the
// machine: the directory it would lie in is replaced by one that has links to everything that is there. Pure: what is
// on the machine is asked through `look`.

import type { Mount } from '../materials.ts'

export interface Entry {
  readonly name: string
  readonly kind: 'directory' | 'file' | 'link'
  /** Of a link: what it says. */
  readonly to?: string | undefined
}

/** What lies in a directory of the machine; undefined where there is none, or it may not be read. */
export type Look = (directory: string) => readonly Entry[] | undefined

export interface RootWishes {
  readonly mounts: readonly Mount[]
  readonly readOnlyRoot: boolean
  readonly privileged: boolean
  /** The agent is root. */
  readonly isAgentRoot: boolean
  /** Directories of the machine that nobody in a container may see. */
  readonly hidden: readonly string[]
}

/** Where what was replaced can still be reached. */
const aside = '/.host'

/** Of its own, whatever the machine has there. */
const ownDirectories: readonly [path: string, mode: string][] = [
  ['/tmp', '1777'],
  ['/run', '0755'],
]

/** Of the root these are made anew, or are nobody's business: homes hold keys. */
const notTaken = new Set(['proc', 'dev', 'sys', 'tmp', 'run', 'lost+found', 'root', 'home', aside.slice(1)])

/** Options of bwrap. */
export function rootOptions(wishes: RootWishes, look: Look): string[] {
  const { mounts, privileged, readOnlyRoot, hidden } = wishes
  const options: string[] = []
  const root = look('/') ?? []
  for (const { name, kind, to } of root) {
    if (notTaken.has(name)) continue
    if (kind === 'link') options.push('--symlink', to ?? '', `/${name}`)
    else options.push('--ro-bind', `/${name}`, `/${name}`)
  }
  options.push('--proc', '/proc', ...deviceOptions(wishes), privileged ? '--bind' : '--ro-bind', '/sys', '/sys')
  for (const [path, mode] of ownDirectories) options.push('--perms', mode, '--tmpfs', path)
  options.push('--dir', '/root', '--dir', '/home')
  const varTmp = look('/var')?.some(({ name, kind }) => name === 'tmp' && kind === 'directory')
  if (varTmp === true) options.push('--perms', '1777', '--tmpfs', '/var/tmp')
  for (const path of hidden)
    if (isSeen(path, look)) options.push('--perms', '0700', '--tmpfs', path, '--remount-ro', path)

  const places = mounts.map(({ target, isDirectory }) => ({ target: resolved(target, look), isDirectory }))
  const replaced = replacedDirectories(places, look)
  for (const directory of replaced) options.push(...replacement(directory, places, look))
  const made = new Set<string>()
  for (const [i, place] of places.entries()) {
    for (const parent of parentsOf(place.target)) {
      // What bwrap makes by itself nobody but root may enter.
      if (!made.has(parent) && isMissing(parent, look)) options.push('--dir', parent)
      made.add(parent)
    }
    const { source, readOnly } = mounts[i]!
    options.push(readOnly ? '--ro-bind' : privileged ? '--dev-bind' : '--bind', source, place.target)
  }
  for (const directory of replaced) options.push('--remount-ro', directory)
  if (readOnlyRoot) for (const [path] of ownDirectories) if (!isPlace(path, places)) options.push('--remount-ro', path)
  options.push('--remount-ro', '/')
  return options
}

/**
 * Of its own where it can be. For an agent that is not root, bubblewrap makes /dev by means of a second user namespace,
 * and then nobody outside may enter the container any more (exec): the machine's own devices are put in instead.
 */
function deviceOptions({ privileged, isAgentRoot }: RootWishes): string[] {
  if (privileged) return ['--dev-bind', '/dev', '/dev']
  if (isAgentRoot) return ['--dev', '/dev']
  const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty', 'pts']
  const streams = ['stdin', 'stdout', 'stderr'].flatMap((name, i) => [
    '--symlink',
    `/proc/self/fd/${i}`,
    `/dev/${name}`,
  ])
  return [
    ...['--perms', '0755', '--tmpfs', '/dev'],
    ...devices.flatMap((name) => ['--dev-bind-try', `/dev/${name}`, `/dev/${name}`]),
    ...['--symlink', '/proc/self/fd', '/dev/fd', ...streams],
    ...['--perms', '1777', '--tmpfs', '/dev/shm'],
  ]
}

interface Place {
  readonly target: string
  readonly isDirectory: boolean
}

/** The same place without links on the way, as the machine has them. */
function resolved(target: string, look: Look): string {
  let done = ''
  let rest = partsOf(target)
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...more] = rest
    if (name === '..') {
      done = done.slice(0, Math.max(0, done.lastIndexOf('/')))
      rest = more
      continue
    }
    const entry = isOwn(`${done}/${name}`) ? undefined : entryAt(`${done}/${name}`, look)
    if (entry?.kind === 'link' && entry.to !== undefined && links++ < 40) {
      if (entry.to.startsWith('/')) done = ''
      rest = [...partsOf(entry.to), ...more]
    } else {
      done = `${done}/${name}`
      rest = more
    }
  }
  return done
}

/** Directories of the machine in which a place would have to be made; the outer ones first. */
function replacedDirectories(places: readonly Place[], look: Look): string[] {
  const directories = new Set<string>()
  for (const { target, isDirectory } of places) {
    if (isOwn(target)) continue
    const missing = [...parentsOf(target), target].find((path) => {
      const entry = entryAt(path, look)
      return (
        entry === undefined ||
        (path === target ? (entry.kind === 'directory') !== isDirectory : entry.kind !== 'directory')
      )
    })
    const parent = missing === undefined ? '/' : missing.slice(0, Math.max(1, missing.lastIndexOf('/')))
    // In the root itself everything can be made: it is ours.
    if (parent !== '/') directories.add(parent)
  }
  return [...directories].sort()
}

function replacement(directory: string, places: readonly Place[], look: Look): string[] {
  const options = [
    '--dir',
    aside,
    '--ro-bind',
    directory,
    `${aside}${directory}`,
    '--perms',
    '0755',
    '--tmpfs',
    directory,
  ]
  for (const { name, kind, to } of look(directory) ?? []) {
    const path = `${directory}/${name}`
    if (places.some(({ target }) => target === path)) continue
    if (kind === 'link') options.push('--symlink', to ?? '', path)
    else if (places.some(({ target }) => target.startsWith(`${path}/`))) options.push('--ro-bind', path, path)
    else options.push('--symlink', `${aside}${path}`, path)
  }
  return options
}

function isMissing(path: string, look: Look): boolean {
  return isOwn(path) ? !ownDirectories.some(([own]) => own === path) : entryAt(path, look) === undefined
}

/** In a directory that every container has of its own: nothing of the machine is there. */
function isOwn(path: string): boolean {
  const owned = [...ownDirectories.map(([own]) => own), '/dev', '/root', '/home', '/var/tmp']
  return owned.some((own) => path === own || path.startsWith(`${own}/`))
}

function isPlace(path: string, places: readonly Place[]): boolean {
  return places.some(({ target }) => target === path)
}

/** Not already out of sight. */
function isSeen(path: string, look: Look): boolean {
  return !isOwn(path) && entryAt(path, look)?.kind === 'directory'
}

function entryAt(path: string, look: Look): Entry | undefined {
  const slash = path.lastIndexOf('/')
  return look(slash <= 0 ? '/' : path.slice(0, slash))?.find(({ name }) => name === path.slice(slash + 1))
}

/** `/a`, `/a/b` of `/a/b/c`. */
function parentsOf(path: string): string[] {
  const parts = partsOf(path)
  return parts.slice(0, -1).map((_, i) => `/${parts.slice(0, i + 1).join('/')}`)
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}
