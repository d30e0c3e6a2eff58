// Files that every pod gets without asking: /etc/hosts, /etc/resolv.conf, and one in which a container may leave its last
// words. Upstream: pkg/kubelet/kubelet_pods.go, makeMounts; kuberuntime_container.go, makeMounts.

import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Container, Pod } from '../../api/types.ts'
import type { Mount, NodePlace, PodAddresses } from '../materials.ts'
import { etcHosts, resolvConf } from './node-files.ts'
import { podDirectory } from './pod-directory.ts'
import { lastWordsFile } from './termination-message.ts'

/** Those that the container does not mount itself. */
export async function podFileMounts(
  place: NodePlace,
  pod: Pod,
  container: Container,
  addresses: PodAddresses,
  taken: ReadonlySet<string>,
): Promise<Mount[]> {
  const directory = podDirectory(place, pod.metadata.uid ?? '')
  const mounts: Mount[] = []
  const add = (source: string, target: string) =>
    mounts.push({ source, target, readOnly: false, isDirectory: false, propagation: 'None' })
  if (!taken.has('/etc/hosts')) {
    const source = join(directory, 'etc-hosts')
    await keep(source, etcHosts(pod, addresses, await textOf('/etc/hosts')))
    add(source, '/etc/hosts')
  }
  if (!taken.has('/etc/resolv.conf')) {
    const source = join(directory, 'resolv.conf')
    await keep(source, resolvConf(pod, await machineResolvConf(pod)))
    add(source, '/etc/resolv.conf')
  }
  const lastWordsPath = (container.terminationMessagePath as string | undefined) || '/dev/termination-log'
  if (!taken.has(lastWordsPath)) {
    const source = lastWordsFile(place, pod.metadata.uid ?? '', container.name)
    await mkdir(join(source, '..'), { recursive: true })
    await writeFile(source, '')
    await chmod(source, 0o666)
    add(source, lastWordsPath)
  }
  return mounts
}

/** In another network nobody answers at the loopback address of systemd's own resolver: it says elsewhere whom it asks. */
async function machineResolvConf(pod: Pod): Promise<string> {
  const own = await textOf('/etc/resolv.conf')
  if (pod.spec.hostNetwork === true || !own.includes('127.0.0.53')) return own
  return (await textOf('/run/systemd/resolve/resolv.conf')) || own
}

/** Empty where there is no such file. */
async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

/** In place: what runs already has the file itself mounted, not its name. */
async function keep(path: string, text: string): Promise<void> {
  if ((await textOf(path)) === text) return
  await writeFile(path, text)
  await chmod(path, 0o644)
}
