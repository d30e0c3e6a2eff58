// The directory that holds a cluster: what lies where, and that it is ours. Who may write in it at a time is the store's
// lock.
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { unmountBelow } from '../../agent/materials/mount-table.ts'
import { CommandError } from '../command-error.ts'
import { makeDirectory } from './make-directory.ts'
import { parseSettings } from './settings-file.ts'

export interface DataDirectory {
  readonly path: string
  readonly store: string
  readonly pki: string
  /** The administrator's own kubeconfig, beside the one that is merged. */
  readonly kubeconfig: string
  readonly log: string
  /** What the cluster was last started with: a restart keeps it. */
  readonly settings: Settings
  save(settings: Settings): Promise<void>
}

export interface Settings {
  readonly format: 1
  /** Kept, so that kubeconfigs and agents go on working after a restart. */
  readonly port?: number
  /** Where it was announced, the latest last: `down --purge` takes all of them out again. */
  readonly announced?: readonly Announced[]
}

export interface Announced {
  readonly kubeconfig: string
  readonly context: string
}

/** Who announces under more names than this has to take the oldest out by hand. */
const mostAnnounced = 100

const marker = 'everynode.json'

/** `--data`, else `$EVERYNODE_DATA`, else `~/.everynode`. */
export function dataPath(flag: string | undefined, environment: NodeJS.ProcessEnv): string {
  return resolve(flag ?? environment.EVERYNODE_DATA ?? join(homedir(), '.everynode'))
}

/** Makes the directory where there is none. */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const found = await findDataDirectory(path)
  if (found !== undefined) return found
  try {
    await makeDirectory(path)
    const fresh = directoryAt(path, { format: 1 })
    await fresh.save(fresh.settings)
    return fresh
  } catch (cause) {
    throw new CommandError(`data directory ${path}: ${(cause as Error).message}`, { cause })
  }
}

/** Undefined where there is none, or an empty folder. Somebody else's folder is refused. */
export async function findDataDirectory(path: string): Promise<DataDirectory | undefined> {
  let text: string
  try {
    if (!(await stat(path)).isDirectory()) throw new CommandError(`data directory ${path}: it is a file`)
    if ((await readdir(path)).length === 0) return undefined
    text = await readFile(join(path, marker), 'utf8')
  } catch (error) {
    if (error instanceof CommandError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') throw new CommandError(`data directory ${path}: ${message}`, { cause: error })
    if (await exists(path)) {
      throw new CommandError(
        `data directory ${path}: it holds something else (no ${marker} in it); choose another with --data DIR`,
      )
    }
    return undefined
  }
  return directoryAt(path, readSettings(path, text))
}

/** Everything in it is gone afterwards. Only ever called on what `findDataDirectory` recognised. */
export async function removeDataDirectory({ path }: DataDirectory): Promise<void> {
  // Volumes of pods that nobody has taken away: what is mounted there is somebody else's, and does not go with it.
  await unmountBelow(path)
  await rm(path, { recursive: true })
}

/** Each place once; the path whole, since the next start may be in another folder. */
export function withAnnounced(known: readonly Announced[] = [], { kubeconfig, context }: Announced): Announced[] {
  const latest = { kubeconfig: resolve(kubeconfig), context }
  const others = known.filter((one) => one.kubeconfig !== latest.kubeconfig || one.context !== context)
  return [...others, latest].slice(-mostAnnounced)
}

function directoryAt(path: string, settings: Settings): DataDirectory {
  return {
    path,
    store: join(path, 'store'),
    pki: join(path, 'pki'),
    kubeconfig: join(path, 'kubeconfig'),
    log: join(path, 'everynode.log'),
    settings,
    async save(changed) {
      const temporary = join(path, `${marker}.tmp`)
      await writeFile(temporary, `${JSON.stringify(changed, null, 2)}\n`, { mode: 0o600, flush: true })
      await rename(temporary, join(path, marker))
    },
  }
}

function readSettings(path: string, text: string): Settings {
  const settings = parseSettings<Settings>(path, marker, text)
  // Written before 0.1.0 was out: only the latest was noted.
  return { ...settings, announced: [settings.announced ?? []].flat() }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
