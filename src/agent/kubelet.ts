// The agent of one node, whatever runtime it has: registers the node, beats its heart, follows the pods that are bound
// to it and keeps a worker for each. Upstream: pkg/kubelet/kubelet.go.

import { type Amounts, amountsOf } from '../api/pod-requests.ts'
import { hasEnded } from '../api/pods.ts'
import { pods } from '../api/resources.ts'
import type { ApiObject, Node, Pod } from '../api/types.ts'
import type { Send } from '../api/wire.ts'
import { type Backoff, backoffMs, withJitter } from '../base/backoff.ts'
import { type Clock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Running } from '../base/running.ts'
import { keyOf } from '../client/cache.ts'
import type { Client } from '../client/client.ts'
import { createEventRecorder } from '../client/event-recorder.ts'
import { createInformer } from '../client/informer.ts'
import { requestsOf, whyRejected } from './admission.ts'
import { keepBeating } from './heartbeat.ts'
import type { JournalEntry } from './journal.ts'
import { kubeletApi } from './kubelet-api.ts'
import { NodeReporter } from './node-reporter.ts'
import type { NodeFacts } from './node-status.ts'
import { recoveredState } from './pod-recovery.ts'
import { newPodState } from './pod-state.ts'
import { PodWorker } from './pod-worker.ts'
import type { RecoveredContainer, Runtime } from './runtime.ts'

export interface KubeletOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly nodeName: string
  /** See NodeReporterOptions. */
  readonly nodeComesFirst?: boolean | undefined
  readonly runtime: Runtime
  readonly facts: (node: Node | undefined) => NodeFacts
  /** Takes what is told about the node and its pods, for the machine's own log. */
  readonly journal?: ((entry: JournalEntry) => void) | undefined
  /** The source of its events. Default `kubelet`. */
  readonly component?: string | undefined
  readonly renewMs?: number | undefined
  readonly statusMs?: number | undefined
}

export interface Kubelet extends Running {
  /** The kubelet's own API: logs. */
  readonly handle: Send
  /** Facts of the node have changed: its status is told. */
  factsChanged(): void
  /** The Node as somebody else has heard of it: what others did to our status is put right. */
  hearNode(node: Node): void
  /** Resolves when it has been stopped and all is quiet. */
  readonly stopped: Promise<void>
}

/** Between two repairs of a node's status that somebody else keeps changing. */
const repairMs = 1000
/** Upstream: registerWithAPIServer. */
const registerBackoff: Backoff = { initialMs: 200, maxMs: 7_000 }

export function startKubelet(options: KubeletOptions): Kubelet {
  const { client, clock, random, nodeName, runtime } = options
  const log = options.log.child({ node: nodeName })
  const stopping = new AbortController()
  const reporter = new NodeReporter(options)
  const recorder = createEventRecorder({
    client,
    clock,
    log,
    component: options.component ?? 'kubelet',
    host: nodeName,
  })
  const workers = new Map<string, PodWorker>()
  /** Of each of them: read once, because every pod that comes is measured against all that are there. */
  const requests = new Map<string, Amounts>()
  let stopInformer = () => {}
  let repairing = false
  let repairedAtMs = Number.NEGATIVE_INFINITY
  let resolveReady = () => {}
  const ready = new Promise<void>((resolve) => {
    resolveReady = resolve
  })

  async function run(): Promise<void> {
    const node = await register()
    if (node === undefined) return
    // Events of a node name it twice, as upstream's do: kubectl describe asks for both.
    const involved: ApiObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, uid: nodeName } }
    recorder.event(involved, 'Normal', 'Starting', 'Starting kubelet.')
    note({ type: 'Normal', kind: 'node', object: nodeName, reason: 'Starting', message: 'Starting kubelet.' })
    followPods()
    await keepBeating({ ...options, log, node, tellStatus: () => reporter.report(true) }, stopping.signal)
  }

  /** Undefined when it was stopped before. */
  async function register(): Promise<Node | undefined> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        return await reporter.register()
      } catch (error) {
        log.warn('node not registered', { failures: ++failures, error: String(error) })
        await sleep(clock, withJitter(backoffMs(registerBackoff, failures), 0.2, random.float()), stopping.signal)
      }
    }
    return undefined
  }

  function followPods(): void {
    if (stopping.signal.aborted) return
    const fieldSelector = `spec.nodeName=${nodeName}`
    const informer = createInformer<Pod>({
      client,
      resource: pods,
      clock,
      random,
      log,
      fieldSelector,
      trim: withoutManagers,
    })
    informer.onChange(({ type, object }) => {
      if (type === 'deleted') forget(object)
      else hear(object)
    })
    stopInformer = informer.start()
    void informer.synced
      .then(() => {
        resolveReady()
        const known = new Set(informer.list().map(({ metadata }) => metadata.uid ?? ''))
        return runtime.removeLeftovers?.(known)
      })
      .catch((error) => log.error('leftovers not removed', { error: String(error) }))
  }

  function hear(pod: Pod): void {
    const { uid = '', deletionTimestamp } = pod.metadata
    const worker = workers.get(uid)
    if (worker !== undefined) worker.hearPod(pod)
    // What ended under an earlier agent needs nobody, until it is deleted.
    else if (!hasEnded(pod) || deletionTimestamp !== undefined) begin(pod, uid)
  }

  function begin(pod: Pod, uid: string): void {
    const nowMs = clock.now()
    const requested = requestsOf(pod.spec)
    const recovered = runtime.recover(pod)
    if (recovered === undefined) {
      // A pod with a start time was let in before, by an earlier agent.
      const isNew = pod.status?.startTime === undefined && pod.metadata.deletionTimestamp === undefined
      const rejection = isNew ? whyRejected(requested, allocatable(), occupied()) : undefined
      const worker = new PodWorker(parts, newPodState(pod, rejection, nowMs))
      workers.set(uid, worker)
      requests.set(uid, requested)
      worker.start()
      return
    }
    const isProbed = runtime.tellsReadiness?.(pod) !== true
    const running = new Map<string, RecoveredContainer>()
    let worker: PodWorker | undefined
    for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
      const attached = recovered.attach(container, (happening) => worker?.hearContainer(container.name)(happening))
      if (attached !== undefined) running.set(container.name, attached)
    }
    worker = new PodWorker(parts, recoveredState(pod, { sandbox: recovered.sandbox, isProbed, running }, nowMs))
    workers.set(uid, worker)
    requests.set(uid, requested)
    worker.start(running)
  }

  function forget(pod: Pod): void {
    const { uid = '' } = pod.metadata
    const worker = workers.get(uid)
    workers.delete(uid)
    requests.delete(uid)
    // One that ended under an earlier agent has no worker, but something may be left of it.
    void (worker?.remove() ?? runtime.closeSandbox(pod))
  }

  /** Not in a race with whoever changed our status: at most once in a while. */
  function repairSoon(): void {
    if (repairing || stopping.signal.aborted) return
    repairing = true
    const waitMs = repairedAtMs + repairMs - clock.now()
    void (waitMs > 0 ? sleep(clock, waitMs, stopping.signal) : Promise.resolve())
      .then(() => {
        repairing = false
        repairedAtMs = clock.now()
        return stopping.signal.aborted ? undefined : reporter.report(false)
      })
      .catch((error) => log.warn('node status not told', { error: String(error) }))
  }

  const note = (entry: Omit<JournalEntry, 'atMs'>) => options.journal?.({ ...entry, atMs: clock.now() })
  const hostIP = () => reporter.facts.addresses.find(({ type }) => type === 'InternalIP')?.address ?? ''
  const allocatable = (): Amounts => amountsOf(reporter.facts.allocatable ?? reporter.facts.capacity)
  function* occupied(): Generator<Amounts, void, void> {
    for (const [uid, worker] of workers) if (worker.occupies) yield requests.get(uid)!
  }
  function tell(pod: Pod, { type, reason, message, container }: Parameters<PodWorkerTell>[1]): void {
    const isInit = pod.spec.initContainers?.some(({ name }) => name === container) === true
    const fieldPath = `spec.${isInit ? 'initContainers' : 'containers'}{${container}}`
    recorder.event(pod, type, reason, message, container === undefined ? {} : { fieldPath })
    note({ type, kind: 'pod', object: keyOf(pod), reason, message })
  }

  const parts = { client, clock, random, log, runtime, hostIP, tell }
  const stopped = run()
    .catch((error) => log.error('agent failed', { error: String(error) }))
    .then(async () => {
      await recorder.stop()
      await runtime.close()
    })
  return {
    ready,
    stopped,
    handle: kubeletApi({ runtime, workers: () => workers.values(), now: () => clock.now() }),
    factsChanged: repairSoon,
    hearNode(node) {
      if (reporter.hear(node)) repairSoon()
    },
    async stop() {
      stopping.abort()
      stopInformer()
      for (const worker of workers.values()) worker.stop()
      await stopped
    },
  }
}

type PodWorkerTell = ConstructorParameters<typeof PodWorker>[0]['tell']

/** Nobody here reads them, and they are half of an object's size. */
function withoutManagers(pod: Pod): Pod {
  if (pod.metadata.managedFields === undefined) return pod
  const { managedFields: _, ...metadata } = pod.metadata
  return { ...pod, metadata }
}
