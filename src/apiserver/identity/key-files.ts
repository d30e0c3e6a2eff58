// Certificates and keys on disk: `NAME.crt` and `NAME.key`, the key readable by its owner only, each file whole or not
// there at all.

import { randomUUID } from 'node:crypto'
import { chmod, mkdir, open, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyPair } from './certificates.ts'

/** Undefined unless both files are there: a crash between the two is mended by making them anew. */
export async function readKeyPair(directory: string, name: string): Promise<KeyPair | undefined> {
  const certificate = await readIfThere(join(directory, `${name}.crt`))
  const key = await readIfThere(join(directory, `${name}.key`))
  return certificate === undefined || key === undefined ? undefined : { certificate, key }
}

export async function writeKeyPair(directory: string, name: string, pair: KeyPair): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  // A folder that was there before (a restored backup) may have been open to others.
  await chmod(directory, 0o700)
  await writeWhole(join(directory, `${name}.key`), pair.key, 0o600)
  await writeWhole(join(directory, `${name}.crt`), pair.certificate, 0o600)
}

/** The certificates and keys of a folder, in order; none where there is no folder. */
export async function filesOf(directory: string): Promise<string[]> {
  const names = (await unlessMissing(readdir(directory))) ?? []
  return names.filter((name) => /\.(crt|key)$/.test(name)).sort()
}

/** The text is there whole, or not at all. */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomUUID()}.new`
  const file = await open(temporary, 'wx', mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

export function readIfThere(path: string): Promise<string | undefined> {
  return unlessMissing(readFile(path, 'utf8'))
}

async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
