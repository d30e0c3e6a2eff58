// A namespace of a real control plane in which one scenario is played, and what can be seen of it when all is quiet: the
// same for whichever controller is at work, after the names that are made by chance.
import {
  controllerRevisions,
  daemonSets,
  events,
  namespaces,
  nodes,
  pods,
  type Resource,
} from '../../src/api/resources.ts'
import type { ApiObject, ControllerRevision, DaemonSet, DaemonSetSpec, Event, Pod, Taint } from '../../src/api/types.ts'
import { addSimulatedNodes } from '../../src/cli/host/simulated-nodes.ts'
import type { Client } from '../../src/client/client.ts'

export interface Picture {
  readonly pods: readonly unknown[]
  readonly revisions: readonly unknown[]
  readonly status: unknown
  readonly events: readonly string[]
}

/** Nothing may have changed for so long. */
const quietMs = 2000
const settleMs = 60_000

export class Stage {
  readonly client: Client
  readonly namespace: string

  constructor(client: Client, namespace: string) {
    this.client = client
    this.namespace = namespace
  }

  async open(): Promise<void> {
    await this.client.create(namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: this.namespace },
    })
  }

  /** Everything of the scenario goes: the next one finds a cluster without nodes. */
  async close(): Promise<void> {
    const { items: daemons } = await this.client.list<DaemonSet>(daemonSets, { namespace: this.namespace })
    for (const { metadata } of daemons) await this.remove(daemonSets, metadata.name!, 'Background')
    const { items } = await this.client.list(nodes)
    for (const { metadata } of items) await this.client.delete(nodes, { name: metadata.name! })
    const { items: left } = await this.client.list<Pod>(pods, { namespace: this.namespace })
    for (const { metadata } of left) {
      const at = { namespace: this.namespace, name: metadata.name! }
      await this.client.delete(pods, at, { gracePeriodSeconds: 0 }).catch(() => {})
    }
  }

  async addNodes(names: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    await addSimulatedNodes(this.client, names.split(' '), labels)
    // What a kubelet says first (its hostname, its room) is no part of any scenario.
    for (const name of names.split(' ')) {
      await eventually(async () => {
        const node = await this.client.get<ApiObject & { status?: { allocatable?: object } }>(nodes, { name })
        return node.status?.allocatable !== undefined
      })
    }
  }

  async removeNode(name: string): Promise<void> {
    await this.client.delete(nodes, { name })
  }

  async patchNode(name: string, body: unknown): Promise<void> {
    await this.client.patch(nodes, { name }, { type: 'merge', body })
  }

  label(name: string, labels: Readonly<Record<string, string | null>>): Promise<void> {
    return this.patchNode(name, { metadata: { labels } })
  }

  taint(name: string, ...taints: Taint[]): Promise<void> {
    return this.patchNode(name, { spec: { taints } })
  }

  async create(spec: Partial<DaemonSetSpec> = {}, template: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const { annotations, ...podSpec } = template
    await this.client.create<DaemonSet>(daemonSets, {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'logger', namespace: this.namespace },
      spec: {
        selector: { matchLabels: { app: 'logger' } },
        template: {
          metadata: {
            labels: { app: 'logger' },
            ...(annotations === undefined ? {} : { annotations: annotations as Record<string, string> }),
          },
          spec: { containers: [{ name: 'c', image: 'logger:1' }], ...podSpec },
        },
        ...spec,
      },
    })
  }

  async patch(body: unknown): Promise<void> {
    const at = { namespace: this.namespace, name: 'logger' }
    await this.client.patch(daemonSets, at, { type: 'strategic', body })
  }

  /** Makes any controller look again, at what it may not have been told of. */
  async wake(): Promise<void> {
    await this.settle()
    await this.patch({ metadata: { annotations: { looked: String((await this.revisions()).length) } } })
  }

  setImage(image: string): Promise<void> {
    return this.patch({ spec: { template: { spec: { containers: [{ name: 'c', image }] } } } })
  }

  async remove(resource: Resource, name: string, propagationPolicy: 'Background' | 'Orphan'): Promise<void> {
    await this.client.delete(resource, { namespace: this.namespace, name }, { propagationPolicy })
  }

  /** By node; several of one node by age. */
  async pods(): Promise<Pod[]> {
    const { items } = await this.client.list<Pod>(pods, { namespace: this.namespace })
    const key = ({ metadata, spec }: Pod) => `${nodeOf(spec)} ${metadata.creationTimestamp} ${hashOf(metadata.labels)}`
    return items.sort((a, b) => (key(a) < key(b) ? -1 : 1))
  }

  async podOn(node: string): Promise<Pod> {
    const found = (await this.pods()).find(({ spec }) => nodeOf(spec) === node)
    if (found === undefined) throw new Error(`no pod on ${node}`)
    return found
  }

  async patchPod(node: string, body: unknown, subresource?: string): Promise<void> {
    const { metadata } = await this.podOn(node)
    const at = { namespace: this.namespace, name: metadata.name! }
    await this.client.patch(pods, at, { type: 'merge', body }, subresource === undefined ? {} : { subresource })
  }

  async deletePod(node: string): Promise<void> {
    const { metadata } = await this.podOn(node)
    await this.client.delete(pods, { namespace: this.namespace, name: metadata.name! })
  }

  async revisions(): Promise<ControllerRevision[]> {
    const { items } = await this.client.list<ControllerRevision>(controllerRevisions, { namespace: this.namespace })
    return items.sort((a, b) => a.revision - b.revision)
  }

  /** Until nothing has moved for a while, and the controller has seen the newest generation. */
  async settle(): Promise<void> {
    let last = ''
    let sinceMs = Date.now()
    for (const end = Date.now() + settleMs; Date.now() < end; await pause(150)) {
      const now = await this.#versions()
      if (now !== last) {
        last = now
        sinceMs = Date.now()
      } else if (Date.now() - sinceMs >= quietMs && !now.includes('unseen')) return
    }
    throw new Error(`${this.namespace} did not come to rest: ${last}`)
  }

  async #versions(): Promise<string> {
    const lists = await Promise.all(
      [daemonSets, pods, controllerRevisions].map((resource) =>
        this.client.list<ApiObject>(resource, { namespace: this.namespace }),
      ),
    )
    const unseen = (lists[0]!.items as DaemonSet[]).some(
      ({ metadata, status }) => (status?.observedGeneration ?? 0) < (metadata.generation ?? 0),
    )
    const versions = lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.resourceVersion)).sort()
    return `${unseen ? 'unseen ' : ''}${versions.join(' ')}`
  }

  async picture(): Promise<Picture> {
    const { items } = await this.client.list<DaemonSet>(daemonSets, { namespace: this.namespace })
    return {
      pods: (await this.pods()).map(podFacts),
      revisions: (await this.revisions()).map(({ metadata, revision, data }) => ({
        name: metadata.name,
        labels: metadata.labels,
        annotations: metadata.annotations,
        owners: ownersOf(metadata),
        revision,
        data,
      })),
      status: items.map(({ metadata, status }) => ({
        name: metadata.name,
        generation: metadata.generation,
        annotations: metadata.annotations,
        status,
      })),
      events: await this.#events(),
    }
  }

  async #events(): Promise<string[]> {
    const { items } = await this.client.list<Event>(events, { namespace: this.namespace })
    const told = items.filter(({ involvedObject }) => involvedObject.kind === 'DaemonSet')
    return told
      .flatMap(({ type, reason, message, count = 1, source }) => {
        const text = `${source?.component} ${type} ${reason} ${(message ?? '').replace(/logger-[a-z0-9]{5}\b/g, 'POD')}`
        return Array.from({ length: count }, () => text)
      })
      .sort()
  }
}

function podFacts({ metadata, spec, status }: Pod): unknown {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
  return {
    node: nodeOf(spec),
    name: metadata.name?.replace(/-[a-z0-9]{5}$/, '-*'),
    generateName: metadata.generateName,
    labels: metadata.labels,
    annotations: metadata.annotations,
    owners: ownersOf(metadata),
    tolerations: spec.tolerations,
    affinity: spec.affinity,
    images: spec.containers.map(({ image }) => image),
    state: metadata.deletionTimestamp !== undefined ? 'going' : ready ? 'ready' : status?.phase,
  }
}

/** Where it is, or where it is pinned to. */
function nodeOf(spec: Pod['spec']): string {
  if (spec.nodeName !== undefined) return spec.nodeName
  return /"metadata\.name","operator":"In","values":\["([^"]+)"/.exec(JSON.stringify(spec.affinity))?.[1] ?? '-'
}

function hashOf(labels: Readonly<Record<string, string>> | undefined): string {
  return labels?.['controller-revision-hash'] ?? ''
}

function ownersOf({ ownerReferences = [] }: ApiObject['metadata']): unknown {
  return ownerReferences.map(({ uid: _, ...owner }) => owner)
}

export async function eventually(check: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; !(await check()); await pause(50)) {
    if (Date.now() > end) throw new Error(`never came true: ${check}`)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
