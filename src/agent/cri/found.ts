// What runs already when an agent starts: sandboxes and containers with the labels of this node, by pod.

import { podLogDirectory } from '../logs/pod-log-place.ts'
import { type CriClient, criLimits } from './client.ts'
import { labels } from './config.ts'
import { type ContainerTold, type SandboxTold, sandboxStates } from './messages.ts'
import { addressOf, type OpenSandbox } from './sandboxes.ts'

export interface FoundPod {
  /** Undefined where none is ready. */
  readonly sandbox: OpenSandbox | undefined
  readonly containers: readonly ContainerTold[]
  readonly logDirectory: string
}

export async function findPods(cri: CriClient, nodeName: string): Promise<Map<string, FoundPod>> {
  const labelSelector = { [labels.node]: nodeName }
  const { items } = await cri.call('listPodSandbox', { filter: { labelSelector } }, criLimits.lookMs)
  const { containers } = await cri.call('listContainers', { filter: { labelSelector } }, criLimits.lookMs)
  const uids = new Set([...items, ...containers].map((one) => one.labels[labels.podUid] ?? ''))
  const found = new Map<string, FoundPod>()
  for (const uid of uids) {
    const isOf = (one: { readonly labels: Readonly<Record<string, string>> }) => one.labels[labels.podUid] === uid
    const sandboxes = items.filter(isOf)
    const own = containers.filter(isOf)
    const ready = sandboxes.find(({ state }) => state === sandboxStates.ready)
    const { [labels.podName]: name = '', [labels.podNamespace]: namespace = '' } = (sandboxes[0] ?? own[0])!.labels
    const metadata = { name, namespace, uid }
    found.set(uid, {
      sandbox: ready === undefined ? undefined : await opened(cri, ready),
      containers: own,
      logDirectory: podLogDirectory({ metadata, spec: { containers: [] } }),
    })
  }
  return found
}

export function latestRun(containers: readonly ContainerTold[], name: string): ContainerTold | undefined {
  const runs = containers.filter(({ metadata }) => metadata?.name === name)
  return runs.sort((a, b) => (b.metadata?.attempt ?? 0) - (a.metadata?.attempt ?? 0) || b.createdAt - a.createdAt)[0]
}

async function opened(cri: CriClient, { id, metadata }: SandboxTold): Promise<OpenSandbox> {
  return { id, attempt: metadata?.attempt ?? 0, isNew: false, podIP: await addressOf(cri, id) }
}
