// Real containers through a CRI socket (containerd, CRI-O): a pod is a sandbox and containers in it. What runs belongs
// to containerd, not to us: it outlives this agent, and is found again by its labels.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go.

import { readdir, rm } from 'node:fs/promises'
import type { Container, Pod } from '../../api/types.ts'
import { keyOf } from '../../client/cache.ts'
import { logReader } from '../logs/log-reader.ts'
import { containerLogPlace, podLogDirectory } from '../logs/pod-log-place.ts'
import {
  type ContainerLog,
  type Hear,
  type PulledImage,
  type Recovered,
  type RunningContainer,
  type Runtime,
  RuntimeRefusal,
  type RuntimeSessions,
  type Sandbox,
  sandboxChanged,
} from '../runtime.ts'
import { CriClient } from './client.ts'
import { sandboxConfigOf } from './config.ts'
import { ContainerWatch, CriContainer } from './containers.ts'
import { exitOf } from './exit.ts'
import { type FoundPod, findPods, latestRun } from './found.ts'
import { Images, imageIDOf } from './images.ts'
import { unlinkLogs } from './log-links.ts'
import { LogRotation } from './log-rotation.ts'
import { containerStates } from './messages.ts'
import { type CriParts, type CriRuntimeOptions, uidOf } from './parts.ts'
import { isReady, type OpenSandbox, openSandbox, takeAway, untilDone } from './sandboxes.ts'
import { criSessions } from './sessions.ts'
import { type Run, runOf, startRun } from './start.ts'

export type { CriRuntimeOptions } from './parts.ts'

/** Rejects where nobody answers: then it is not known what runs already, and it would run twice. */
export async function createCriRuntime(options: CriRuntimeOptions): Promise<Runtime> {
  const cri = new CriClient(options.socketPath)
  try {
    const { runtimeName, runtimeVersion } = await cri.call('version', {})
    const found = await findPods(cri, options.place.nodeName)
    const materials = await options.materials.leftovers()
    return new CriRuntime(options, cri, `${runtimeName}://${runtimeVersion}`, { found, materials })
  } catch (error) {
    cri.close()
    throw error
  }
}

/** What an earlier agent has left. Looked for before this one begins: what is put up later is nobody's leftover. */
interface Leftovers {
  readonly found: Map<string, FoundPod>
  /** Of all runtimes of this node. */
  readonly materials: readonly string[]
}

/** One pod here. What is done to it is done one after the other. */
interface CriPod {
  sandbox: OpenSandbox | undefined
  busy: Promise<unknown>
  isClosing: boolean
  /** Containers that were to be started, whatever came of it. */
  readonly tried: Set<string>
  /** Aborted when it is taken away. */
  readonly ends: AbortController
  /** By container id: of each container the run that is, and the one before. */
  readonly logs: Map<string, { readonly container: string; readonly attempt: number; readonly log: ContainerLog }>
}

class CriRuntime implements Runtime {
  readonly version: string
  readonly sessions: RuntimeSessions
  readonly #parts: CriParts
  /** Until their pods are heard of. */
  readonly #found: Map<string, FoundPod>
  readonly #leftMaterials: readonly string[]
  readonly #pods = new Map<string, CriPod>()
  readonly #closing = new AbortController()

  constructor(options: CriRuntimeOptions, cri: CriClient, version: string, leftovers: Leftovers) {
    const { clock, log, client, place } = options
    this.version = version
    this.#parts = {
      options,
      cri,
      images: new Images({ cri, client, clock }),
      watch: new ContainerWatch({ client: cri, clock, log, nodeName: place.nodeName }),
      logs: new LogRotation({ cri, clock, log, limits: options.logLimits }),
      closing: this.#closing.signal,
    }
    this.sessions = criSessions(this.#parts, (pod) => {
      const known = this.#pods.get(uidOf(pod))
      return known?.sandbox === undefined ? undefined : { id: known.sandbox.id, ends: known.ends.signal }
    })
    this.#found = leftovers.found
    this.#leftMaterials = leftovers.materials
  }

  recover(pod: Pod): Recovered | undefined {
    const found = this.#found.get(uidOf(pod))
    if (found === undefined) return undefined
    this.#found.delete(uidOf(pod))
    const known = this.#remember(pod)
    if (found.sandbox !== undefined) known.sandbox = { ...found.sandbox, podIP: this.#podIP(pod, found.sandbox) }
    // Its volumes are there; what follows changes of their sources has to be begun anew.
    const { materials } = this.#parts.options
    void untilDone(this.#parts, `volumes of ${keyOf(pod)}`, async () => {
      if (!known.isClosing) await materials.setUp(pod)
    })
    return {
      sandbox: known.sandbox,
      attach: (container, hear) => {
        const latest = latestRun(found.containers, container.name)
        if (latest === undefined || latest.state === containerStates.created) return undefined
        const run = runOf(latest)
        if (latest.state !== containerStates.running && hasToldEnd(pod, this.#idOf(run))) return undefined
        return this.#follow(known, pod, container, run, hear)
      },
    }
  }

  openSandbox(pod: Pod): Promise<Sandbox> {
    return this.#inTurn(this.#remember(pod), async (known) => {
      await this.#parts.options.materials.setUp(pod)
      known.sandbox = await openSandbox(this.#parts, pod)
      return known.sandbox
    })
  }

  async imageID(_pod: Pod, image: string): Promise<string | undefined> {
    const found = await this.#parts.images.find(image)
    return found === undefined ? undefined : imageIDOf(found)
  }

  pullImage(pod: Pod, container: Container): Promise<PulledImage> {
    return this.#parts.images.pull(pod, container, sandboxConfigOf(pod, this.#parts.options.place, 0))
  }

  async startContainer(pod: Pod, container: Container, attempt: number, hear: Hear): Promise<RunningContainer> {
    const known = this.#pods.get(uidOf(pod))
    if (known === undefined) throw gone()
    return this.#inTurn(known, async () => {
      const { sandbox, tried } = known
      const isFirst = sandbox?.isNew === true && attempt === 0 && !tried.has(container.name)
      tried.add(container.name)
      if (sandbox === undefined || (!isFirst && !(await isReady(this.#parts, pod, sandbox)))) {
        throw new RuntimeRefusal(sandboxChanged, 'Pod sandbox changed, it will be killed and re-created.')
      }
      const run = await startRun(this.#parts, { pod, container, attempt, sandbox, isFirst })
      return this.#follow(known, pod, container, run, hear)
    })
  }

  async closeSandbox(pod: Pod): Promise<void> {
    const { materials } = this.#parts.options
    const known = this.#remember(pod)
    known.isClosing = true
    known.ends.abort()
    await known.busy
    await takeAway(this.#parts, uidOf(pod))
    await this.#removeLogs(podLogDirectory(pod))
    // The last: as long as its directory is there, the next agent knows that the pod was one of ours.
    await untilDone(this.#parts, `volumes of ${keyOf(pod)}`, () => materials.tearDown(pod))
    this.#pods.delete(uidOf(pod))
  }

  async removeLeftovers(podUids: ReadonlySet<string>): Promise<void> {
    const { materials, log, place } = this.#parts.options
    for (const [uid, { logDirectory }] of this.#found) {
      if (podUids.has(uid)) continue
      log.info('takes away what is left of a pod', { pod: uid })
      this.#found.delete(uid)
      await takeAway(this.#parts, uid)
      await this.#removeLogs(logDirectory)
    }
    const logs = await readdir(place.podLogs).catch(() => [])
    for (const uid of this.#leftMaterials.filter((left) => !podUids.has(left))) {
      for (const directory of logs.filter((name) => name.endsWith(`_${uid}`))) await this.#removeLogs(directory)
      await materials.tearDownUid(uid)
    }
  }

  log(podUid: string, containerId: string): ContainerLog | undefined {
    return this.#pods.get(podUid)?.logs.get(containerId)?.log
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const { ends } of this.#pods.values()) ends.abort()
    this.#parts.watch.close()
    this.#parts.logs.close()
    this.#parts.cri.close()
  }

  #follow(known: CriPod, pod: Pod, container: Container, run: Run, hear: Hear): CriContainer {
    const { watch, options } = this.#parts
    const { criId, attempt } = run
    const id = this.#idOf(run)
    const log = logReader({
      place: containerLogPlace(options.place.podLogs, pod, container.name, attempt),
      hasEnded: () => !watch.follows(criId),
    })
    this.#parts.logs.keep(criId, containerLogPlace(options.place.podLogs, pod, container.name, attempt))
    for (const [other, { container: name, attempt: earlier }] of known.logs) {
      if (name === container.name && earlier < attempt - 1) known.logs.delete(other)
    }
    known.logs.set(id, { container: container.name, attempt, log })
    watch.follow(criId, (status) => {
      this.#parts.logs.leave(criId)
      void exitOf(this.#parts, { pod, container, log }, status).then((exit) => hear({ type: 'exited', exit }))
    })
    return new CriContainer(id, run, watch, options.clock)
  }

  #removeLogs(directory: string): Promise<void> {
    const { place } = this.#parts.options
    return untilDone(this.#parts, `logs ${directory}`, async () => {
      await unlinkLogs(place, directory)
      await rm(`${place.podLogs}/${directory}`, { recursive: true, force: true })
    })
  }

  #podIP(pod: Pod, { podIP }: OpenSandbox): string {
    return pod.spec.hostNetwork === true ? this.#parts.options.hostIP() : podIP
  }

  #remember(pod: Pod): CriPod {
    const known = this.#pods.get(uidOf(pod))
    if (known !== undefined) return known
    const fresh: CriPod = {
      sandbox: undefined,
      busy: Promise.resolve(),
      isClosing: false,
      tried: new Set(),
      ends: new AbortController(),
      logs: new Map(),
    }
    this.#pods.set(uidOf(pod), fresh)
    return fresh
  }

  #inTurn<T>(known: CriPod, act: (known: CriPod) => Promise<T>): Promise<T> {
    const turn = known.busy.then(() => {
      if (known.isClosing) throw gone()
      return act(known)
    })
    known.busy = turn.catch(() => {})
    return turn
  }

  /** `containerd://…`. */
  #idOf({ criId }: Run): string {
    return `${this.version.slice(0, this.version.indexOf('://'))}://${criId}`
  }
}

function gone(): RuntimeRefusal {
  return new RuntimeRefusal('RunContainerError', 'the pod is being taken away')
}

/** The API has heard of this end: it is not told a second time. */
function hasToldEnd({ status }: Pod, id: string): boolean {
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
  const isIt = (ended: { readonly containerID?: string } | undefined) => ended?.containerID === id
  return statuses.some(({ state, lastState }) => isIt(state?.terminated) || isIt(lastState?.terminated))
}
