// A runtime that runs nothing: containers are timers and a few log lines. What it says is labelled: ids begin with
// `simulated://`, and so do the lines of its logs.

import type { Container, Pod } from '../../api/types.ts'
import type { Clock } from '../../base/clock.ts'
import { version } from '../../base/version.ts'
import {
  type Hear,
  type Recovered,
  type RunningContainer,
  type Runtime,
  RuntimeRefusal,
  type RuntimeSessions,
  type Sandbox,
} from '../runtime.ts'
import { type Annotations, type Behaviour, behaviourOf } from './behaviour.ts'
import { SimulatedContainer } from './container.ts'
import { LogBuffer } from './log-buffer.ts'
import type { PodRange } from './pod-range.ts'
import { simulatedSessions } from './sessions.ts'

export const scheme = 'simulated://'

export interface SimulatedRuntimeOptions {
  readonly clock: Clock
  readonly nodeName: string
  readonly hostIP: string
  readonly podRange: PodRange
  readonly nodeAnnotations: () => Annotations
  readonly defaults: Behaviour
}

interface SimulatedPod {
  readonly podIP: string
  /** Made when somebody forwards a port of it; aborted when the pod is gone. */
  ends?: AbortController
  readonly running: Map<string, SimulatedContainer>
  /** By container id: the present run of each container and the one before. */
  readonly logs: Map<string, LogBuffer>
}

export class SimulatedRuntime implements Runtime {
  readonly version = `${scheme}${version}`
  readonly #options: SimulatedRuntimeOptions
  readonly #pods = new Map<string, SimulatedPod>()
  readonly #images = new Set<string>()
  /** Pulls and starts that take their time. A signal would warn of so many that listen to it at once. */
  readonly #waiting = new Set<() => void>()
  #isClosed = false
  readonly sessions: RuntimeSessions

  constructor(options: SimulatedRuntimeOptions) {
    this.#options = options
    this.sessions = simulatedSessions({
      ...options,
      containerEnds: ({ pod, container, containerId }) => {
        const running = this.#pods.get(pod.metadata.uid ?? '')?.running.get(container.name)
        return running?.id === containerId && !running.hasEnded ? running.ends : undefined
      },
      podEnds: (pod) => {
        const simulated = this.#pods.get(pod.metadata.uid ?? '')
        if (simulated === undefined) return undefined
        simulated.ends ??= new AbortController()
        return simulated.ends.signal
      },
      log: ({ pod, containerId }) => this.log(pod.metadata.uid ?? '', containerId),
    })
  }

  /** Annotations say when a simulated container is ready: nothing is there that a probe could ask. */
  tellsReadiness(): boolean {
    return true
  }

  /** A simulated container goes on from what its pod's status says: it "ran" while nobody simulated it. */
  recover(pod: Pod): Recovered | undefined {
    const { initContainerStatuses = [], containerStatuses = [], podIP } = pod.status ?? {}
    const statuses = [...initContainerStatuses, ...containerStatuses]
    if (podIP === undefined || !statuses.some(({ containerID }) => containerID?.startsWith(scheme))) return undefined
    const { podRange, clock } = this.#options
    podRange.take(podIP)
    const simulated = this.#remember(pod, podIP)
    return {
      sandbox: { podIP },
      attach: (container, hear) => {
        const status = statuses.find(({ name }) => name === container.name)
        const startedAt = status?.state?.running?.startedAt
        if (status?.containerID === undefined || startedAt === undefined) return undefined
        this.#images.add(container.image ?? '')
        return this.#run(simulated, pod, container, hear, {
          id: status.containerID,
          startedAtMs: Math.min(Date.parse(startedAt), clock.now()),
          ready: status.ready,
          line: 'goes on: its agent has started again',
        })
      },
    }
  }

  openSandbox(pod: Pod): Sandbox {
    const { hostIP, podRange } = this.#options
    const podIP = pod.spec.hostNetwork === true ? hostIP : podRange.next()
    if (podIP === undefined)
      throw new RuntimeRefusal('FailedCreatePodSandBox', 'simulated: no free address for the pod')
    this.#remember(pod, podIP)
    return { podIP }
  }

  imageID(_pod: Pod, image: string): string | undefined {
    return this.#images.has(image) ? imageIDOf(image) : undefined
  }

  async pullImage(pod: Pod, container: Container): Promise<{ imageID: string; tookMs: number; sizeBytes: number }> {
    const { pullMs, pullError } = this.#behaviour(pod, container).behaviour
    const { image = '' } = container
    const tookMs = this.#images.has(image) ? 0 : pullMs
    if (tookMs > 0) await this.#wait(tookMs)
    if (pullError !== undefined) throw new RuntimeRefusal('ErrImagePull', `simulated: ${pullError}`)
    this.#images.add(image)
    return { imageID: imageIDOf(image), tookMs, sizeBytes: 0 }
  }

  async startContainer(pod: Pod, container: Container, attempt: number, hear: Hear): Promise<RunningContainer> {
    const { clock, nodeName } = this.#options
    const { startMs, startError } = this.#behaviour(pod, container).behaviour
    if (startMs > 0) await this.#wait(startMs)
    if (startError !== undefined) throw new RuntimeRefusal('RunContainerError', `simulated: ${startError}`)
    const simulated = this.#pods.get(pod.metadata.uid ?? '')
    if (simulated === undefined) throw new RuntimeRefusal('RunContainerError', 'simulated: the pod is gone')
    return this.#run(simulated, pod, container, hear, {
      id: `${scheme}${pod.metadata.uid}-${container.name}-${attempt}`,
      startedAtMs: clock.now(),
      ready: undefined,
      line: `started on node ${nodeName}, image ${container.image}`,
    })
  }

  async closeSandbox(pod: Pod): Promise<void> {
    const simulated = this.#pods.get(pod.metadata.uid ?? '')
    if (simulated === undefined) return
    this.#pods.delete(pod.metadata.uid ?? '')
    endPod(simulated)
    this.#options.podRange.release(simulated.podIP)
  }

  log(podUid: string, containerId: string): LogBuffer | undefined {
    return this.#pods.get(podUid)?.logs.get(containerId)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const goOn of this.#waiting) goOn()
    for (const simulated of this.#pods.values()) endPod(simulated)
    this.#pods.clear()
  }

  /** Until then, or until the runtime is closed. */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isClosed) return resolve()
      const goOn = () => {
        cancel()
        this.#waiting.delete(goOn)
        resolve()
      }
      const cancel = this.#options.clock.after(ms, goOn)
      this.#waiting.add(goOn)
    })
  }

  #remember(pod: Pod, podIP: string): SimulatedPod {
    const simulated: SimulatedPod = { podIP, running: new Map(), logs: new Map() }
    this.#pods.set(pod.metadata.uid ?? '', simulated)
    return simulated
  }

  #run(
    simulated: SimulatedPod,
    pod: Pod,
    container: Container,
    hear: Hear,
    run: { id: string; startedAtMs: number; ready: boolean | undefined; line: string },
  ): RunningContainer {
    const { clock } = this.#options
    const { behaviour, problems } = this.#behaviour(pod, container)
    const log = new LogBuffer()
    const previous = simulated.running.get(container.name)
    for (const id of simulated.logs.keys()) {
      if (id !== previous?.id && id.startsWith(`${scheme}${pod.metadata.uid}-${container.name}-`))
        simulated.logs.delete(id)
    }
    simulated.logs.set(run.id, log)
    const running = new SimulatedContainer({ clock, container, behaviour, log, hear, ...run })
    simulated.running.set(container.name, running)
    running.say(run.line)
    for (const problem of problems) running.say(problem)
    running.begin()
    return running
  }

  #behaviour(pod: Pod, container: Container) {
    const { nodeName, nodeAnnotations, defaults } = this.#options
    const annotations = { node: nodeAnnotations(), pod: pod.metadata.annotations ?? {}, nodeName }
    return behaviourOf(container.name, annotations, defaults)
  }
}

function endPod({ running, logs, ends }: SimulatedPod): void {
  for (const container of running.values()) container.close()
  for (const log of logs.values()) log.end()
  ends?.abort()
}

function imageIDOf(image: string): string {
  return `${scheme}${image}`
}
