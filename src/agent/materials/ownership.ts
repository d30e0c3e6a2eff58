// A volume that belongs to a group of its pod: everything in it is made readable and writable for that group, and what
// is made in it later belongs to it too. Upstream: pkg/volume/volume_linux.go, SetVolumeOwnership.

import { chmod, lchown, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Only for volumes that nobody uses yet: links are not followed, but nobody watches for a swap. */
export async function giveToGroup(path: string, group: number): Promise<void> {
  const { uid, mode } = await lstat(path)
  await lchown(path, uid, group)
  const kind = await lstat(path)
  if (kind.isSymbolicLink()) return
  await chmod(path, (mode & 0o7777) | (kind.isDirectory() ? 0o2770 : 0o660))
  if (kind.isDirectory()) for (const name of await readdir(path)) await giveToGroup(join(path, name), group)
}
