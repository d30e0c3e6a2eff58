// A namespace and nodes of a real control plane for one scenario, and what can be seen of them when all is quiet: the same
// for whichever controller is at work, after the names that are made by chance. Several may be in use at a time: the pods
// of each are drawn to its own nodes by a label.
import { controllerRevisions, daemonSets, namespaces, nodes, pods, type Resource } from '../../src/api/resources.ts'
import type { ApiObject, ControllerRevision, DaemonSet, DaemonSetSpec, Pod, Taint } from '../../src/api/types.ts'
import { addSimulatedNodes } from '../../src/cli/host/simulated-nodes.ts'
import type { Client } from '../../src/client/client.ts'
import { nodeOf, type Picture, pictureOf } from './picture.ts'

const waits = {
  /** Nothing may have changed for so long, before and after the controller has answered a question. */
  quietMs: 400,
  pollMs: 100,
  settleMs: 120_000,
} as const

/** On the nodes of a stage, with the stage's name. */
const stageLabel = 'everynode.test/stage'

export class Stage {
  readonly client: Client
  readonly namespace: string
  readonly nodes: string
  readonly #asked: string
  #questions = 0
  #wakes = 0

  /** `nodes`: what the nodes of the stage begin with, and are labelled with. */
  constructor(client: Client, namespace: string, nodes = namespace) {
    this.client = client
    this.namespace = namespace
    this.nodes = nodes
    this.#asked = `${namespace}-asked`
  }

  async open(): Promise<void> {
    for (const name of [this.namespace, this.#asked]) {
      await this.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    }
    await this.client.create<DaemonSet>(daemonSets, {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'asked', namespace: this.#asked },
      spec: specOf('asked', { nodeSelector: { [stageLabel]: this.#asked } }),
    })
  }

  /** Everything of the scenario goes. */
  async close(): Promise<void> {
    const { items: own } = await this.client.list(nodes, { labelSelector: `${stageLabel}=${this.nodes}` })
    for (const { metadata } of own) await this.client.delete(nodes, { name: metadata.name! })
    for (const namespace of [this.namespace, this.#asked]) {
      const { items: daemons } = await this.client.list<DaemonSet>(daemonSets, { namespace })
      for (const { metadata } of daemons) {
        const at = { namespace, name: metadata.name! }
        await this.client.delete(daemonSets, at, { propagationPolicy: 'Background' })
      }
      const { items: left } = await this.client.list<Pod>(pods, { namespace })
      for (const { metadata } of left) {
        const at = { namespace, name: metadata.name! }
        await this.client.patch(pods, at, { type: 'merge', body: { metadata: { finalizers: null } } }).catch(() => {})
        await this.client.delete(pods, at, { gracePeriodSeconds: 0 }).catch(() => {})
      }
    }
  }

  /** What the cluster calls this node of the stage. */
  node(name: string): string {
    return `${this.nodes}-${name}`
  }

  async addNodes(names: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const real = names.split(' ').map((name) => this.node(name))
    await addSimulatedNodes(this.client, real, { labels: { ...labels, [stageLabel]: this.nodes } })
    // What a kubelet says first (its hostname, its room) is no part of any scenario.
    for (const name of real) {
      await eventually(async () => {
        const node = await this.client.get<ApiObject & { status?: { allocatable?: object } }>(nodes, { name })
        return node.status?.allocatable !== undefined
      })
    }
  }

  async removeNode(name: string): Promise<void> {
    await this.client.delete(nodes, { name: this.node(name) })
  }

  async patchNode(name: string, body: unknown, subresource?: string): Promise<void> {
    const options = subresource === undefined ? {} : { subresource }
    await this.client.patch(nodes, { name: this.node(name) }, { type: 'merge', body }, options)
  }

  label(name: string, labels: Readonly<Record<string, string | null>>): Promise<void> {
    return this.patchNode(name, { metadata: { labels } })
  }

  taint(name: string, ...taints: Taint[]): Promise<void> {
    return this.patchNode(name, { spec: { taints } })
  }

  async create(
    spec: Partial<DaemonSetSpec> = {},
    template: Readonly<Record<string, unknown>> = {},
    name = 'logger',
  ): Promise<void> {
    const nodeSelector = { ...(template.nodeSelector as object | undefined), [stageLabel]: this.nodes }
    await this.client.create<DaemonSet>(daemonSets, {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name, namespace: this.namespace },
      spec: { ...specOf('logger', { ...template, nodeSelector }), ...spec },
    })
  }

  async patch(body: unknown): Promise<void> {
    const at = { namespace: this.namespace, name: 'logger' }
    await this.client.patch(daemonSets, at, { type: 'strategic', body })
  }

  /** Makes any controller look again, at what it may not have been told of. */
  async wake(): Promise<void> {
    await this.settle()
    await this.patch({ metadata: { annotations: { looked: String(++this.#wakes) } } })
  }

  setImage(image: string): Promise<void> {
    return this.patch({ spec: { template: { spec: { containers: [{ name: 'c', image }] } } } })
  }

  async remove(
    resource: Resource,
    name: string,
    propagationPolicy: 'Background' | 'Foreground' | 'Orphan' = 'Background',
  ): Promise<void> {
    await this.client.delete(resource, { namespace: this.namespace, name }, { propagationPolicy })
  }

  /** By node; several of one node by age. */
  async pods(): Promise<Pod[]> {
    const { items } = await this.client.list<Pod>(pods, { namespace: this.namespace })
    const key = ({ metadata: { name, creationTimestamp, generateName, labels, ownerReferences }, spec }: Pod) =>
      [
        nodeOf(spec),
        generateName === undefined ? '' : creationTimestamp,
        labels?.['controller-revision-hash'],
        ownerReferences?.[0]?.name,
        name,
      ].join(' ')
    return items.sort((a, b) => (key(a) < key(b) ? -1 : 1))
  }

  async podOn(node: string): Promise<Pod> {
    const found = (await this.pods()).find(({ spec }) => nodeOf(spec) === this.node(node))
    if (found === undefined) throw new Error(`no pod on ${node}`)
    return found
  }

  async patchPod(node: string, body: unknown, subresource?: string): Promise<void> {
    const { metadata } = await this.podOn(node)
    const at = { namespace: this.namespace, name: metadata.name! }
    await this.client.patch(pods, at, { type: 'merge', body }, subresource === undefined ? {} : { subresource })
  }

  async deletePod(node: string, options: { readonly gracePeriodSeconds?: number } = {}): Promise<void> {
    const { metadata } = await this.podOn(node)
    await this.client.delete(pods, { namespace: this.namespace, name: metadata.name! }, options)
  }

  async deletePods(): Promise<void> {
    const { items } = await this.client.list(pods, { namespace: this.namespace })
    const at = items.map(({ metadata }) => ({ namespace: this.namespace, name: metadata.name! }))
    await Promise.all(at.map((pod) => this.client.delete(pods, pod)))
  }

  async patchRevision(number: number, body: unknown): Promise<void> {
    const { metadata } = (await this.revisions())[number]!
    const at = { namespace: this.namespace, name: metadata.name! }
    await this.client.patch(controllerRevisions, at, { type: 'merge', body })
  }

  async revisions(): Promise<ControllerRevision[]> {
    const { items } = await this.client.list<ControllerRevision>(controllerRevisions, { namespace: this.namespace })
    return items.sort((a, b) => a.revision - b.revision)
  }

  /**
   * Until all has come to rest: nothing is under way, nothing has moved for a while, and the controller, asked after that,
   * has answered without anything moving.
   */
  async settle(): Promise<void> {
    const endMs = Date.now() + waits.settleMs
    let before: string
    do {
      before = await this.#quiet(endMs)
      await this.#ask(endMs)
    } while ((await this.#quiet(endMs)) !== before)
  }

  async #quiet(endMs: number): Promise<string> {
    let last = ''
    let sinceMs = Date.now()
    for (; Date.now() < endMs; await pause(waits.pollMs)) {
      const { versions, underWay } = await this.#now()
      if (versions !== last || underWay !== undefined) {
        last = versions
        sinceMs = Date.now()
      } else if (Date.now() - sinceMs >= waits.quietMs) return versions
    }
    throw new Error(`${this.namespace} did not come to rest: ${(await this.#now()).underWay ?? 'it moves'}`)
  }

  async #now(): Promise<{ versions: string; underWay: string | undefined }> {
    const [daemons, pods_, revisions] = await Promise.all([
      this.client.list<DaemonSet>(daemonSets, { namespace: this.namespace }),
      this.client.list<Pod>(pods, { namespace: this.namespace }),
      this.client.list<ApiObject>(controllerRevisions, { namespace: this.namespace }),
    ])
    const all: ApiObject[] = [...daemons.items, ...pods_.items, ...revisions.items]
    const versions = all.map(({ metadata }) => metadata.resourceVersion).sort()
    const what = [...daemons.items.map(daemonSetUnderWay), ...pods_.items.map(podUnderWay)]
    return { versions: versions.join(' '), underWay: what.find((text) => text !== undefined) }
  }

  /** A new generation of a DaemonSet of our own: whoever has seen it has had its turn at the others. */
  async #ask(endMs: number): Promise<void> {
    const at = { namespace: this.#asked, name: 'asked' }
    const body = { spec: { minReadySeconds: ++this.#questions } }
    const { metadata } = await this.client.patch<DaemonSet>(daemonSets, at, { type: 'merge', body })
    await eventually(async () => {
      const { status } = await this.client.get<DaemonSet>(daemonSets, at)
      return (status?.observedGeneration ?? 0) >= metadata.generation!
    }, endMs - Date.now())
  }

  picture(): Promise<Picture> {
    return pictureOf(this)
  }
}

function specOf(app: string, template: Readonly<Record<string, unknown>>): DaemonSetSpec {
  const { annotations, finalizers, ...podSpec } = template
  return {
    selector: { matchLabels: { app } },
    template: {
      metadata: { labels: { app }, ...JSON.parse(JSON.stringify({ annotations, finalizers })) },
      spec: { containers: [{ name: 'c', image: 'logger:1' }], ...podSpec },
    },
  }
}

/** What somebody is certainly still about to do: a controller that has not looked, a pod that waits for its time. */
function daemonSetUnderWay({ metadata, status }: DaemonSet): string | undefined {
  const { generation = 0, deletionTimestamp } = metadata
  const { observedGeneration = 0, numberReady = 0, numberAvailable = 0 } = status ?? {}
  if (deletionTimestamp === undefined && observedGeneration < generation) return `generation ${generation} is not seen`
  return numberAvailable < numberReady ? 'ready, and not yet available' : undefined
}

function podUnderWay({ metadata, spec, status }: Pod): string | undefined {
  const { name, deletionTimestamp, finalizers = [], ownerReferences = [] } = metadata
  if (deletionTimestamp !== undefined) return finalizers.length > 0 ? undefined : `${name} is going`
  const ended = status?.phase === 'Failed' || status?.phase === 'Succeeded'
  if (ended && ownerReferences.some(({ kind }) => kind === 'DaemonSet')) return `${name} has ended`
  if (spec.nodeName !== undefined) {
    const { phase, startTime, containerStatuses = [] } = status ?? {}
    const begins = containerStatuses.some(({ state }) => state?.waiting?.reason === 'ContainerCreating')
    const isBegun = startTime !== undefined && (phase !== 'Pending' || (containerStatuses.length > 0 && !begins))
    return isBegun ? undefined : `${name} was not begun`
  }
  const refused = status?.conditions?.some(({ type, status }) => type === 'PodScheduled' && status === 'False')
  return refused === true ? undefined : `${name} waits for the scheduler`
}

export async function eventually(check: () => Promise<boolean>, timeoutMs = 120_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; !(await check()); await pause(50)) {
    if (Date.now() > end) throw new Error(`never came true: ${check}`)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
