// Taking away what containers have left in their volumes. Links are never followed, and a directory that its own owner
// may not write to, which keeps everybody but root from emptying it, is opened first.

import { chmod, lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from './safe-path.ts'

/** Only what nobody uses any more, and what nothing is mounted in. Harmless where there is nothing. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (error) {
    if (codeOf(error) !== 'EACCES' && codeOf(error) !== 'EPERM') throw error
    await openDirectories(path)
    await rm(path, { recursive: true, force: true })
  }
}

async function openDirectories(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return
  await chmod(path, 0o700)
  for (const name of await readdir(path)) await openDirectories(join(path, name))
}
