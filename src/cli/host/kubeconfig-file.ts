// The kubeconfig on disk: where it is, and how an entry gets in and out of it without anybody's work being lost: one
// writer at a time (kubectl's own lock file), the new text whole or not at all, readable by its owner only.
import { rmSync } from 'node:fs'
import { open, readFile, realpath, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { ContextEntry } from '../../client/kubeconfig.ts'
import { CommandError } from '../command-error.ts'
import { makeDirectory } from './make-directory.ts'

/** `--kubeconfig`, else the first file of `$KUBECONFIG`, else `~/.kube/config`: where kubectl would write. */
export function kubeconfigPath(flag: string | undefined, environment: NodeJS.ProcessEnv): string {
  if (flag !== undefined && flag !== '') return flag
  const [first] = (environment.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '')
  return first ?? join(homedir(), '.kube', 'config')
}

// What edits the text is loaded with the first edit: the command line asks this file for paths before it does anything.

/** The server to which the name led before, when that was another cluster: one with another authority. */
export async function addContext(path: string, entry: ContextEntry): Promise<string | undefined> {
  const { mergeContext, readKubeconfig } = await import('../../client/kubeconfig.ts')
  let before: string | undefined
  await change(path, (text) => {
    const merged = mergeContext(text, entry)
    const [old, ours] = [text, merged].map((config = '') => readKubeconfig(config).clusters.get(entry.name))
    const isAnother = old?.['certificate-authority-data'] !== ours?.['certificate-authority-data']
    if (old !== undefined && isAnother) before = String(old.server)
    return merged
  })
  return before
}

/** Rejects where nothing could be added: said before a cluster is made that nobody could reach. */
export async function checkKubeconfig(path: string): Promise<void> {
  await naming(path, async () => {
    const text = await textOf(path)
    if (text === undefined) return
    const { readKubeconfig } = await import('../../client/kubeconfig.ts')
    readKubeconfig(text)
  })
}

/**
 * False, and nothing happens, where the file or the context is not there, or the context leads to another cluster by now:
 * one whose authority is not the one in the kubeconfig `own`.
 */
export async function dropContext(path: string, name: string, own?: string): Promise<boolean> {
  const { readKubeconfig, removeContext } = await import('../../client/kubeconfig.ts')
  const ownText = own === undefined ? undefined : await textOf(own)
  // There is one cluster in it, under the name it was announced by last.
  const [ours] = ownText === undefined ? [] : readKubeconfig(ownText).clusters.values()
  const isOurs = (text: string) =>
    ours === undefined ||
    readKubeconfig(text).clusters.get(name)?.['certificate-authority-data'] === ours['certificate-authority-data']
  if ((await textOf(path)) === undefined) return false
  let dropped = false
  await change(path, (text = '') => {
    dropped = readKubeconfig(text).contexts.has(name) && isOurs(text)
    return dropped ? removeContext(text, name) : text
  })
  return dropped
}

async function change(path: string, edit: (text: string | undefined) => string): Promise<void> {
  await naming(path, async () => {
    await makeDirectory(dirname(path))
    const release = await lock(path)
    try {
      const text = await textOf(path)
      const edited = edit(text)
      if (edited !== text) await replaceFile(path, edited)
    } finally {
      await release()
    }
  })
}

/** Whatever goes wrong, the message says with which file. */
async function naming(path: string, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (cause) {
    if (cause instanceof CommandError) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    throw new CommandError(`kubeconfig ${path}: ${code === 'EISDIR' ? 'it is a directory' : message}`, { cause })
  }
}

const lockLimits = { tries: 50, betweenMs: 100 } as const

/** client-go's protocol: whoever creates `<file>.lock` may write. Upstream: clientcmd/config.go, lockFile. */
async function lock(path: string): Promise<() => Promise<void>> {
  const lockPath = `${path}.lock`
  for (let attempt = 1; ; attempt++) {
    try {
      const file = await open(lockPath, 'wx', 0o600)
      await file.close()
      // A second Ctrl-C ends the process at once: the lock must not stay behind.
      const drop = () => rmSync(lockPath, { force: true })
      process.once('exit', drop)
      return async () => {
        process.off('exit', drop)
        await unlink(lockPath)
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if (attempt === lockLimits.tries) {
        throw new CommandError(
          `kubeconfig ${path}: another program is writing it (${lockPath} exists); if none is, remove that file`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, lockLimits.betweenMs))
    }
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  // A link stays a link: what it points to is replaced.
  const target = await realpath(path).catch(() => path)
  const temporary = `${target}.${process.pid}.tmp`
  try {
    await writeFile(temporary, text, { mode: 0o600, flush: true })
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
