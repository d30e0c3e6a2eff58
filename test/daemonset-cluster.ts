// A cluster for tests of the DaemonSet controller: the real API server over the memory store, the real controllers, a
// clock that is turned by hand, and a kubelet of a few lines. Whoever looks at the store sees what really happened.

import { controllerRevisions, daemonSets, events, nodes, pods as podResource } from '../src/api/resources.ts'
import type { ApiError } from '../src/api/status.ts'
import { formatTime } from '../src/api/time.ts'
import type { ApiObject, ControllerRevision, DaemonSet, Event, List, Node, Pod, Taint } from '../src/api/types.ts'
import type { ApiRequest, Send, User } from '../src/api/wire.ts'
import { createApiserver } from '../src/apiserver/apiserver.ts'
import { createAuthorizer } from '../src/apiserver/identity/authorize.ts'
import { VirtualClock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { seededRandom } from '../src/base/random.ts'
import type { Running } from '../src/base/running.ts'
import { type Client, createClient } from '../src/client/client.ts'
import {
  type DaemonSetController,
  type DaemonSetControllerOptions,
  startDaemonSetController,
} from '../src/controller/daemonset/controller.ts'
import { startGarbageCollector } from '../src/controller/garbage-collector.ts'
import { startPodGarbageCollector } from '../src/controller/pod-garbage-collector.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { recordWatches } from './watch-recorder.ts'

/** What the kubelet of a node does with new pods. */
export type Kubelet = 'ready' | 'hangs' | 'fails'

export interface Written {
  readonly method: string
  readonly path: string
}

const masters = { groups: ['system:masters'] }
const controllerUser: User = {
  name: 'system:controller:daemonset',
  groups: ['system:controllers', 'system:authenticated'],
}

export class DaemonSetCluster {
  readonly clock = new VirtualClock()
  readonly random = seededRandom(7)
  readonly store = createMemoryStore({})
  readonly admin: Client
  /** Requests of the DaemonSet controller that changed something, and whether they were answered. */
  readonly written: Written[] = []
  readonly kubelets = new Map<string, Kubelet>()
  startMs = 1000
  stopMs = 500
  /** Stands between the controller and the server: may refuse, delay, or lose an answer. */
  onWrite: (request: ApiRequest, next: Send) => Promise<Awaited<ReturnType<Send>>> = (request, next) => next(request)
  /** The same for what it reads, watches apart. */
  onRead: (request: ApiRequest, next: Send) => Promise<Awaited<ReturnType<Send>>> = (request, next) => next(request)
  /** Who the controller is; the usual one may do whatever a controller may. */
  user = controllerUser
  /** Sees whatever the controller asks. */
  onAsk: (request: ApiRequest) => void = () => {}
  /** Sees what the controller is about to write. */
  beforeWrite: (request: ApiRequest) => void = () => {}
  /** The most live pods that were ever on one node. */
  mostLive = 0
  readonly #watches = recordWatches(this.store)
  readonly #apiserver = createApiserver({
    store: this.store,
    clock: this.clock,
    random: this.random,
    log: silentLog,
    authorizer: createAuthorizer(),
  })
  readonly handle = this.#watches.listeningTo(this.#apiserver.handle)
  readonly #pods = new Map<string, Pod>()
  readonly #live = new Map<string, Set<string>>()
  readonly #running: Running[] = []
  readonly #controllers: Running[] = []
  readonly #seen = new Set<string>()
  readonly #stalled = new Map<string, (() => void)[]>()

  constructor() {
    this.admin = createClient({
      send: this.handle,
      user: { name: 'admin', ...masters },
      userAgent: 'test/1',
    })
    this.store.subscribe(podResource.collection, (event) => {
      const pod = JSON.parse(Buffer.from(event.record.bytes).toString()) as Pod
      const key = event.record.key
      if (event.type === 'deleted') this.#pods.delete(key)
      else this.#pods.set(key, pod)
      this.#observe(key, pod, event.type === 'deleted')
      if (event.type !== 'deleted') this.#kubelet(pod)
    })
  }

  get pods(): Pod[] {
    return [...this.#pods.values()].sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1))
  }

  /** Starts the DaemonSet controller, with the collectors beside it. */
  async start(options: Partial<DaemonSetControllerOptions> = {}): Promise<DaemonSetController> {
    const parts = { clock: this.clock, random: this.random, log: silentLog }
    const send: Send = async (request) => {
      this.onAsk(request)
      if (request.method === 'GET' && request.query.get('watch') === 'true') return this.#stallable(request)
      if (request.method === 'GET') return this.onRead(request, this.handle)
      if (request.path.includes('/events')) return this.handle(request)
      this.written.push({ method: request.method, path: request.path })
      this.beforeWrite(request)
      return this.onWrite(request, this.handle)
    }
    const client = createClient({ send, user: this.user, userAgent: 'daemonset-controller/1' })
    const controller = startDaemonSetController({ ...parts, client, placement: 'node-name', ...options })
    this.#controllers.push(controller)
    if (this.#running.length === 0) {
      for (const start of [startGarbageCollector, startPodGarbageCollector]) {
        this.#running.push(start({ ...parts, client: this.admin }))
      }
    }
    await this.settle()
    await controller.ready
    return controller
  }

  async stopController(): Promise<void> {
    const stopping = Promise.all(this.#controllers.splice(0).map((one) => one.stop()))
    await this.settle()
    await stopping
  }

  async stop(): Promise<void> {
    await this.settle()
    // Whatever the test was about: every watch was told what it should have been (WA1 to WA9).
    const problems = this.#watches.problems()
    if (problems.length > 0) throw new Error(problems.join('\n'))
    await this.stopController()
    const stopping = Promise.all(this.#running.splice(0).map((one) => one.stop()))
    await this.settle()
    await stopping
    this.#apiserver.close()
    await this.store.close()
  }

  /** Holds back what the controller's watches of a resource would say, until it is let through. */
  stallWatches(plural: string, stalled: boolean): void {
    if (stalled) {
      this.#stalled.set(plural, this.#stalled.get(plural) ?? [])
      return
    }
    const held = this.#stalled.get(plural) ?? []
    this.#stalled.delete(plural)
    for (const act of held) act()
  }

  async #stallable(request: ApiRequest): ReturnType<Send> {
    const plural = request.path.split('/').at(-1) ?? ''
    const response = await this.handle(request)
    const { body } = response
    if (body.kind !== 'stream') return response
    const start: typeof body.start = (sink) =>
      body.start({
        ...sink,
        drained: () => sink.drained(),
        end: () => sink.end(),
        destroy: () => sink.destroy(),
        write: (chunk) => {
          const held = this.#stalled.get(plural)
          if (held === undefined) return sink.write(chunk)
          held.push(() => void sink.write(chunk))
          return true
        },
      })
    return { ...response, body: { kind: 'stream', start } }
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let quiet = 0, revision = -1; quiet < 4; quiet++) {
      for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
      if (this.store.revision !== revision) quiet = 0
      revision = this.store.revision
    }
  }

  /** Lets time pass, moment by moment. */
  async pass(ms: number): Promise<void> {
    await this.settle()
    const end = this.clock.now() + ms
    for (;;) {
      const next = this.clock.untilNext()
      if (next === undefined || this.clock.now() + next > end) break
      this.clock.advance(next)
      await this.settle()
    }
    this.clock.advance(end - this.clock.now())
    await this.settle()
  }

  async addNode(
    name: string,
    more: { labels?: Record<string, string>; taints?: Taint[]; allocatable?: Record<string, string> } = {},
  ): Promise<void> {
    const allocatable = more.allocatable ?? { cpu: '4', memory: '8Gi', pods: '110' }
    await this.admin.create<Node>(nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name, ...more.labels } },
      spec: { taints: more.taints ?? [] },
    })
    // A new node may be tainted not-ready until its kubelet speaks: these kubelets have always spoken.
    await this.admin.patch(nodes, { name }, { type: 'merge', body: { spec: { taints: more.taints ?? [] } } })
    const status = { allocatable, capacity: allocatable, conditions: [{ type: 'Ready', status: 'True' }] }
    await this.admin.patch(nodes, { name }, { type: 'merge', body: { status } }, { subresource: 'status' })
  }

  async addNodes(count: number, prefix = 'n'): Promise<void> {
    for (let i = 1; i <= count; i++) await this.addNode(`${prefix}${i}`)
  }

  async labelNode(name: string, labels: Record<string, string | null>): Promise<void> {
    await this.admin.patch(nodes, { name }, { type: 'merge', body: { metadata: { labels } } })
    await this.settle()
  }

  async taintNode(name: string, taints: Taint[]): Promise<void> {
    await this.admin.patch(nodes, { name }, { type: 'merge', body: { spec: { taints } } })
    await this.settle()
  }

  /** `n1 Running h1 | n2 Pending h1`: each pod's node, how it is, and its image. */
  table(): string {
    return this.pods
      .map((pod) => {
        const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
        const state = pod.metadata.deletionTimestamp !== undefined ? 'going' : ready ? 'ready' : pod.status?.phase
        return `${pod.spec.nodeName ?? '-'} ${state} ${pod.spec.containers[0]?.image?.split(':')[1]}`
      })
      .sort()
      .join(' | ')
  }

  async events(reason?: string): Promise<string[]> {
    const { items } = await this.admin.list<Event>(events)
    return items
      .filter((event) => event.involvedObject.kind === 'DaemonSet' && (reason === undefined || event.reason === reason))
      .map((event) => `${event.type} ${event.reason} ${event.message}`)
      .sort()
  }

  async list<T extends ApiObject>(resource: Parameters<Client['list']>[0]): Promise<List<T>['items']> {
    return (await this.admin.list<T>(resource)).items
  }

  /** What the kubelet says of a pod. */
  async report(pod: Pod, status: NonNullable<Pod['status']>): Promise<void> {
    const { namespace, name = '' } = pod.metadata
    await this.admin
      .patch(podResource, { namespace, name }, { type: 'strategic', body: { status } }, { subresource: 'status' })
      .catch(() => {})
  }

  async setReady(pod: Pod, ready: boolean): Promise<void> {
    await this.report(pod, { phase: 'Running', conditions: [this.#ready(ready)] })
  }

  #ready(ready: boolean) {
    return { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: formatTime(this.clock.now()) }
  }

  #kubelet(pod: Pod): void {
    const { namespace, name = '', uid = '', deletionTimestamp } = pod.metadata
    if (pod.spec.nodeName === undefined) return
    const once = `${uid} ${deletionTimestamp === undefined ? 'start' : 'stop'}`
    if (this.#seen.has(once)) return
    this.#seen.add(once)
    const does = this.kubelets.get(pod.spec.nodeName) ?? 'ready'
    if (deletionTimestamp !== undefined) {
      const gone = { gracePeriodSeconds: 0, preconditions: { uid } }
      this.clock.after(
        this.stopMs,
        () => void this.admin.delete(podResource, { namespace, name }, gone).catch(() => {}),
      )
    } else if (does !== 'hangs') {
      const status =
        does === 'ready'
          ? { phase: 'Running', conditions: [this.#ready(true)] }
          : { phase: 'Failed', reason: 'Evicted' }
      this.clock.after(this.startMs, () => {
        const now = status.conditions === undefined ? status : { ...status, conditions: [this.#ready(true)] }
        void this.report(pod, now)
      })
    }
  }

  #observe(key: string, pod: Pod, isGone: boolean): void {
    const node = pod.spec.nodeName ?? ''
    const live = this.#live.get(node) ?? new Set()
    this.#live.set(node, live)
    const { phase } = pod.status ?? {}
    const isLive =
      !isGone && pod.metadata.deletionTimestamp === undefined && phase !== 'Failed' && phase !== 'Succeeded'
    if (isLive) live.add(key)
    else live.delete(key)
    this.mostLive = Math.max(this.mostLive, live.size)
  }
}

export function daemonSet(image = 'logger:1', spec: Partial<DaemonSet['spec']> = {}): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'logger', namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: 'logger' } },
      template: { metadata: { labels: { app: 'logger' } }, spec: { containers: [{ name: 'c', image }] } },
      ...spec,
    },
  }
}

/** The answer of a server that says no. */
export async function refusal(error: ApiError): ReturnType<Send> {
  const bytes = Buffer.from(JSON.stringify(error.toStatus()))
  return { status: error.code, headers: { 'content-type': 'application/json' }, body: { kind: 'bytes', bytes } }
}

const logger = { namespace: 'default', name: 'logger' } as const

/** What tests do with the one DaemonSet of theirs. */
export function loggerOf({ admin }: DaemonSetCluster) {
  return {
    create: (object = daemonSet()) => admin.create<DaemonSet>(daemonSets, object),
    get: () => admin.get<DaemonSet>(daemonSets, logger),
    status: async () => (await admin.get<DaemonSet>(daemonSets, logger)).status,
    patch: (body: unknown) => admin.patch<DaemonSet>(daemonSets, logger, { type: 'strategic', body }),
    setImage: (image: string) =>
      admin.patch<DaemonSet>(daemonSets, logger, {
        type: 'strategic',
        body: { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } },
      }),
    delete: (propagationPolicy: string) => admin.delete(daemonSets, logger, { propagationPolicy }),
    /** `1 logger-abc`: number and name of each revision, by number. */
    revisions: async () => {
      const { items } = await admin.list<ControllerRevision>(controllerRevisions)
      return items.sort((a, b) => a.revision - b.revision)
    },
  }
}
