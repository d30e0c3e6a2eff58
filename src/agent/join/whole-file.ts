// Files that are there whole or not at all, whatever happens while they are written.

import { randomUUID } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'

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

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
