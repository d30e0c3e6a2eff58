// Every kubectl of this machine: $EVERYNODE_KUBECTL, the one on PATH and the kubectl.1.NN that stand beside it, and what
// scripts/build-kubectl.sh built. Minors of which there is none are named all the same.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { kubectl, which } from './shell.ts'

interface Found {
  readonly version: string
  readonly path: string
}

export interface Judge {
  readonly name: string
  readonly path?: string
}

/** From the oldest that a dispatcher was seen to bring to the one that the cluster says it is. */
export const [oldest, newest] = [27, 35]
const minors = Array.from({ length: newest - oldest + 1 }, (_, index) => oldest + index)
/** Also where another one is under test. */
const onPath = which('kubectl')
export const judges: readonly Judge[] = judgesOf(findKubectls())

/** Shell text to come before a line that says `kubectl`: this one, with a cache of its own. */
export function asKubectl(path: string | undefined): string {
  // What one minor learnt about the cluster is not what the next goes by.
  return `kubectl() { "${path}" --cache-dir="$HOME/cache-$(basename "${path}")" "$@"; }\n`
}

/** Each version once, then the minors of which there is none. */
function judgesOf(found: readonly Found[]): Judge[] {
  const byVersion = new Map(found.map((each) => [each.version, each]))
  const present = [...byVersion.values()].map(({ version, path }) => ({ name: version, path }))
  const missing = minors.filter((minor) => !found.some(({ version }) => version.startsWith(`v1.${minor}.`)))
  return [...present, ...missing.map((minor) => ({ name: `v1.${minor}` }))]
}

function findKubectls(): Found[] {
  const named = [onPath, kubectl].flatMap((path) => (path === undefined ? [] : [path]))
  const paths = [...besidePath(), ...inCache(), ...named]
  return paths.flatMap((path) => {
    const version = versionOf(path)
    return version === undefined ? [] : [{ version, path }]
  })
}

/** A dispatcher picks the client by the server's minor; the clients themselves stand where it does. */
function besidePath(): string[] {
  if (onPath === undefined || !existsSync(onPath)) return []
  const beside = dirname(realpathSync(onPath))
  const folders = [beside, join(beside, '../lib/google-cloud-sdk/bin')].filter((folder) => existsSync(folder))
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => /^kubectl\.1\.\d+$/.test(file))
      .sort()
      .map((file) => join(folder, file)),
  )
}

function inCache(): string[] {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'everynode')
  if (!existsSync(cache)) return []
  return readdirSync(cache)
    .filter((folder) => folder.startsWith('kubectl-v'))
    .map((folder) => join(cache, folder, 'kubectl'))
    .filter((path) => existsSync(path))
}

function versionOf(path: string): string | undefined {
  try {
    const out = execFileSync(path, ['version', '--client', '-o', 'json'], { stdio: ['ignore', 'pipe', 'ignore'] })
    return /"gitVersion": "(v\d+\.\d+\.[^"]+)"/.exec(out.toString())?.[1]
  } catch {
    return undefined
  }
}
