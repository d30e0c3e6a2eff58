// Manifests from where the user says they are: files, folders, standard input. All of them are read before anything is
// done with the first.

import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError } from './command-error.ts'
import { type Manifest, parseManifests } from './manifests/parse.ts'

export type { Manifest } from './manifests/parse.ts'

export interface ReadOptions {
  /** Folders inside folders, too. */
  readonly recursive?: boolean
}

/** In the order given; the files of a folder by name. `-` is standard input. */
export async function readManifests(paths: readonly string[], options: ReadOptions = {}): Promise<Manifest[]> {
  const manifests: Manifest[] = []
  for (const path of paths) {
    if (path === '-') manifests.push(...parseManifests(await readInput(), 'STDIN'))
    else for (const file of await filesAt(path, options)) manifests.push(...parseManifests(await textOf(file), file))
  }
  return manifests
}

async function filesAt(path: string, options: ReadOptions): Promise<string[]> {
  if (/^https?:\/\//.test(path)) throw new CommandError(`"${path}": URLs are not read; download it, then give the file`)
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'does not exist' : `cannot be read: ${cause.message}`
    throw new CommandError(`the path "${path}" ${why}`, { cause })
  })
  if (!found.isDirectory()) return [path]
  const files: string[] = []
  for (const entry of (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inside = join(path, entry.name)
    if (entry.isDirectory() && options.recursive === true) files.push(...(await filesAt(inside, options)))
    else if (/\.(ya?ml|json)$/.test(entry.name) && !entry.isDirectory()) files.push(inside)
  }
  return files
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new CommandError(`the path "${path}" cannot be read: ${(cause as Error).message}`, { cause })
  }
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
