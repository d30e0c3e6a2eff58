// The mounts of one container: each of its volumeMounts, found on the machine at the moment of its start.
// Upstream: pkg/kubelet/kubelet_pods.go, makeMounts.

import { posix } from 'node:path'
import type { Container, Pod } from '../../api/types.ts'
import type { EnvEntry, Mount, NodePlace } from '../materials.ts'
import { expand } from './expansion.ts'
import { findHostPath } from './host-path.ts'
import { volumeDirectory } from './pod-directory.ts'
import { type Found, findSafely } from './safe-path.ts'
import { pinSubPath } from './sub-path.ts'
import { isWritten, kindOf, type Volume, volumesOf } from './volume-sources.ts'

interface VolumeMount {
  readonly name: string
  readonly mountPath: string
  readonly readOnly?: boolean
  readonly recursiveReadOnly?: string
  readonly subPath?: string
  readonly subPathExpr?: string
  readonly mountPropagation?: string
}

export interface MountsWish {
  readonly place: NodePlace
  readonly pod: Pod
  readonly container: Container
  readonly env: readonly EnvEntry[]
  readonly mayMount: boolean
}

/** Rejects with an Error that says why one cannot be had. */
export async function mountsOf(wish: MountsWish): Promise<Mount[]> {
  const mounts: Mount[] = []
  for (const [index, mount] of ((wish.container.volumeMounts ?? []) as readonly VolumeMount[]).entries()) {
    const volume = volumesOf(wish.pod).find(({ name }) => name === mount.name)
    if (volume === undefined) throw new Error(`volume ${mount.name} not found`)
    mounts.push(await mountOf(wish, volume, mount, index))
  }
  return outerFirst(mounts)
}

/** Stable, so that the order of the spec decides between two that lie side by side. */
export function outerFirst(mounts: readonly Mount[]): Mount[] {
  return [...mounts].sort((a, b) => depthOf(a.target) - depthOf(b.target))
}

const depthOf = (path: string) => path.split('/').filter(Boolean).length

async function mountOf(wish: MountsWish, volume: Volume, mount: VolumeMount, index: number): Promise<Mount> {
  const { place, pod, container, env } = wish
  if (mount.recursiveReadOnly === 'Enabled') {
    throw new Error(`volume mount ${mount.name}: recursiveReadOnly is not supported by this node`)
  }
  const subPath = subPathOf(mount, env)
  const found = await foundFor(place, pod, volume, subPath)
  try {
    const mustHold = subPath !== '' && wish.mayMount && !isWritten(volume)
    const use = { podUid: pod.metadata.uid ?? '', volume: volume.name, container: container.name, index }
    return {
      source: mustHold ? await pinSubPath(place, found, use) : found.path,
      target: posix.resolve('/', mount.mountPath),
      readOnly: mount.readOnly === true || isWritten(volume),
      isDirectory: found.kind === 'directory',
      propagation: propagationOf(mount.mountPropagation),
    }
  } finally {
    await found.handle.close()
  }
}

async function foundFor(place: NodePlace, pod: Pod, volume: Volume, subPath: string): Promise<Found> {
  const base = await volumeRoot(place, pod, volume)
  if (subPath === '') return base
  // A directory is made where there is none, with the rights of the volume itself.
  const { mode } = await base.handle.stat()
  await base.handle.close()
  const search = { base: base.path, links: 'volume', create: 'directory', mode: mode & 0o777 } as const
  return (await findSafely(isWritten(volume) ? { ...search, create: undefined } : search, subPath)) ?? missing(subPath)
}

function missing(subPath: string): never {
  throw new Error(`failed to create subPath directory for volumeMount: ${subPath} is not in the volume`)
}

async function volumeRoot(place: NodePlace, pod: Pod, volume: Volume): Promise<Found> {
  const kind = kindOf(volume)
  if (kind === 'hostPath') return findHostPath(place.root, volume.hostPath!.path, volume.hostPath!.type)
  const { uid = '' } = pod.metadata
  const base = kind === undefined ? undefined : volumeDirectory(place, uid, kind, volume.name)
  const found = base === undefined ? undefined : await findSafely({ base, links: 'volume' }, '')
  if (found === undefined) throw new Error(`volume ${volume.name} is not set up`)
  return found
}

/** Empty: the volume itself. */
function subPathOf({ subPath = '', subPathExpr = '' }: VolumeMount, env: readonly EnvEntry[]): string {
  const path = subPathExpr === '' ? subPath : expand(subPathExpr, (name) => valueIn(env, name))
  const isOutside = path.startsWith('/') || path.split('/').includes('..')
  if (isOutside) throw new Error(`unable to provision SubPath \`${path}\`: must be a path below the volume`)
  return path
}

/** Unlike elsewhere, a name that nobody knows is a mistake: nobody wants a directory called `$(NAME)`. */
function valueIn(env: readonly EnvEntry[], name: string): string {
  const entry = env.find((one) => one.name === name)
  if (entry === undefined) throw new Error(`missing value for "${name}"`)
  return entry.value
}

function propagationOf(text: string | undefined): Mount['propagation'] {
  return text === 'HostToContainer' || text === 'Bidirectional' ? text : 'None'
}
