// `/var/log/containers/POD_NAMESPACE_CONTAINER-ID.log`: where many log collectors look. Each is a link to the log of a
// container that runs. Upstream: pkg/kubelet/kuberuntime/legacy.go.

import { mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { Pod } from '../../api/types.ts'
import type { NodePlace } from '../materials.ts'

export async function linkLog(place: NodePlace, pod: Pod, container: string, id: string, log: string): Promise<void> {
  const directory = linksDirectory(place)
  await mkdir(directory, { recursive: true, mode: 0o755 })
  const { name, namespace } = pod.metadata
  const link = join(directory, `${`${name}_${namespace}_${container}-${id}`.slice(0, longestName - 4)}.log`)
  await rm(link, { force: true })
  // Relative: it is followed by who sees the node's root as its own, and by who sees it below a mount.
  await symlink(relative(directory, log), link)
}

/** Takes the links away that lead to a log of this pod. */
export async function unlinkLogs(place: NodePlace, podLogDirectory: string): Promise<void> {
  const directory = linksDirectory(place)
  const names = await readdir(directory).catch(() => [])
  const target = relative(directory, join(place.podLogs, podLogDirectory))
  for (const name of names) {
    const leads = await readlink(join(directory, name)).catch(() => '')
    if (leads.startsWith(`${target}/`)) await rm(join(directory, name), { force: true })
  }
}

/** Of a file, on most file systems. */
const longestName = 255

function linksDirectory(place: NodePlace): string {
  return join(dirname(place.podLogs), 'containers')
}
