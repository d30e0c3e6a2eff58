// What an agent asks of whatever runs the containers of its node. The agent decides when a container starts, stops and
// starts again; a runtime only does it, and says what happened. Real runtimes take what a container needs from materials.ts.

import type { ContainerEnd, ContainerStreams, PortConnection } from '../api/session.ts'
import type { Container, Pod } from '../api/types.ts'
import type { ByteSink } from '../api/wire.ts'
import type { AbortSignalLike } from '../base/clock.ts'

export interface Runtime {
  /** `simulated://0.1.0`: what the node reports; the part before `://` begins every container id. */
  readonly version: string
  /** Containers of this pod that have outlived an earlier agent, by name; undefined where there is nothing of the pod. */
  recover(pod: Pod): Recovered | undefined
  /** The pod's network and volumes; at once where nothing has to be waited for. Refuses with RuntimeRefusal. */
  openSandbox(pod: Pod): Sandbox | Promise<Sandbox>
  /** Why images of this pod are not looked at, and the id told of them; undefined where they are. */
  ignoredImage?(pod: Pod): { readonly imageID: string; readonly why: string } | undefined
  /** The id of an image that is on the node; undefined where it would have to be pulled. At once where that is known. */
  imageID(pod: Pod, image: string): string | undefined | Promise<string | undefined>
  /** Rejects with RuntimeRefusal where the image cannot be had. */
  pullImage(pod: Pod, container: Container): Promise<PulledImage>
  /** Resolves once the container runs; from then on `hear` is called, never before. Rejects with RuntimeRefusal. */
  startContainer(pod: Pod, container: Container, attempt: number, hear: Hear): Promise<RunningContainer>
  /** Whether it tells by itself when they are ready: then the agent neither probes containers nor runs their hooks. */
  tellsReadiness?(pod: Pod): boolean
  /** Forgets the pod: what still runs is killed, logs and mounts go. Harmless where there is nothing. */
  closeSandbox(pod: Pod): Promise<void>
  /** Takes away what an earlier agent has left of pods that are none of these: they were deleted meanwhile. */
  removeLeftovers?(podUids: ReadonlySet<string>): Promise<void>
  /** The log of one run of a container; undefined where it is no longer kept. */
  log(podUid: string, containerId: string): ContainerLog | undefined
  /** exec, attach and port-forward. Undefined: this runtime has none of them. */
  readonly sessions?: RuntimeSessions
  /** Releases timers and processes, without stopping containers that can outlive the agent. */
  close(): Promise<void>
}

export interface RuntimeSessions {
  /** Runs a command in a container that runs. It ends when `gone` is aborted, and with its container. */
  exec(place: ContainerPlace, command: readonly string[], streams: ContainerStreams): Promise<ContainerEnd>
  /** What the container writes from now on, and what it reads; the same ends. */
  attach(place: ContainerPlace, streams: ContainerStreams): Promise<ContainerEnd>
  /** One connection to a port of the pod; resolves when it is over. Rejects with RuntimeRefusal where nobody answers. */
  connect(pod: Pod, port: number, connection: PortConnection): Promise<void>
  /** Resolves when the pod's sandbox is closed, or nobody asks any more. */
  sandboxClosed(pod: Pod, gone: AbortSignalLike): Promise<void>
}

export interface ContainerPlace {
  readonly pod: Pod
  readonly container: Container
  readonly containerId: string
}

export interface Sandbox {
  readonly podIP: string
}

export interface PulledImage {
  readonly imageID: string
  readonly tookMs: number
  readonly sizeBytes: number
}

export type ContainerHappening =
  | { readonly type: 'ready'; readonly ready: boolean }
  | { readonly type: 'exited'; readonly exit: Exit }

export type Hear = (happening: ContainerHappening) => void

export interface RunningContainer {
  /** `simulated://…`, unique among all runs of all containers. */
  readonly id: string
  readonly startedAtMs: number
  /** Whether it is ready from its first moment; later changes are heard. */
  readonly ready: boolean
  /** Of the image it was started from, where the runtime says it only now. */
  readonly imageID?: string
  /** Asks it to end, and makes it end after `graceMs`. A later call can only shorten the time. */
  stop(graceMs: number): void
}

export interface Exit {
  readonly exitCode: number
  /** `Completed`, `Error`, `OOMKilled`. */
  readonly reason: string
  readonly message?: string | undefined
  readonly finishedAtMs: number
}

export interface Recovered {
  /** Undefined where it is gone (the machine has started again): it is opened anew, and what was counted stays counted. */
  readonly sandbox: Sandbox | undefined
  /**
   * Takes a container over as if it had been started just now; undefined where it no longer runs. One that has ended
   * while there was no agent may be taken over too: its exit is heard then.
   */
  readonly attach: (container: Container, hear: Hear) => RecoveredContainer | undefined
}

export interface RecoveredContainer extends RunningContainer {
  /** Which run it is, where the runtime knows: the agent may have died before the API was told. */
  readonly attempt?: number
}

export interface LogSelection {
  readonly tailLines?: number | undefined
  readonly sinceMs?: number | undefined
  readonly limitBytes?: number | undefined
  readonly timestamps: boolean
  readonly follow: boolean
}

export interface ContainerLog {
  /** Writes what is selected; with `follow`, also what comes, until the container ends. Returns the way to stop. */
  read(selection: LogSelection, sink: ByteSink): () => void
}

/** The reason of a start that was refused because its sandbox has gone: it is opened anew, then all is started in it. */
export const sandboxChanged = 'SandboxChanged'

/** An expected failure of a runtime, as it stands in the container's waiting state. */
export class RuntimeRefusal extends Error {
  override name = 'RuntimeRefusal'
  /** `ErrImagePull`, `InvalidImageName`, `CreateContainerError`, `RunContainerError`. */
  readonly reason: string

  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}
