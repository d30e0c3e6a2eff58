// Holding on to what a subPath was when we looked: other containers may write in the same volume, and what they put
// there between our look and the mount must not be followed. Where we may mount, the very file that was found is mounted
// at a place of our own, and containers get that. Upstream: mount-utils subpath_linux.go, doBindSubPath.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { NodePlace } from '../materials.ts'
import { bindMount, unmountBelow } from './mount-table.ts'
import { podDirectory } from './pod-directory.ts'
import type { Found } from './safe-path.ts'

export interface SubPathUse {
  readonly podUid: string
  readonly volume: string
  readonly container: string
  /** Which of the container's mounts. */
  readonly index: number
}

/** The place of our own. One of an earlier run of the container gives way: that run keeps what it has mounted. */
export async function pinSubPath(place: NodePlace, found: Found, use: SubPathUse): Promise<string> {
  const { podUid, volume, container, index } = use
  const target = join(podDirectory(place, podUid), 'volume-subpaths', volume, container, String(index))
  await unmountBelow(target)
  if (found.kind === 'directory') {
    await mkdir(target, { recursive: true })
  } else {
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, '')
  }
  await bindMount(`/proc/${process.pid}/fd/${found.handle.fd}`, target)
  return target
}
