// What a real container is given besides its image: files from volumes, an environment, a command line. The agent of a
// node makes it ready once for every runtime; a runtime only mounts and starts. Simulated containers need none of it.

import type { Container, Pod } from '../api/types.ts'

/** The directories of one node. A machine's own agent has `/` as its root; several nodes on one machine one each. */
export interface NodePlace {
  readonly nodeName: string
  /** What pods mean by `/` in a hostPath. Absolute. */
  readonly root: string
  /** What the agent keeps of its own: `pods/UID/volumes`, `pods/UID/etc-hosts`, what runtimes remember. Absolute. */
  readonly state: string
  /** Log files of containers, `NAMESPACE_NAME_UID/CONTAINER/ATTEMPT.log` in it: `ROOT/var/log/pods`. Absolute. */
  readonly podLogs: string
}

export interface PodMaterials {
  /** Puts up the volumes, again harmless. Rejects with RuntimeRefusal `FailedMount` where one cannot be had (yet). */
  setUp(pod: Pod): Promise<void>
  /** Rejects with RuntimeRefusal `CreateContainerConfigError`, `CreateContainerError`. */
  launch(pod: Pod, container: Container, addresses: PodAddresses): Promise<Launch>
  /** Takes away what setUp has made. Harmless where there is nothing. */
  tearDown(pod: Pod): Promise<void>
  /** Pods that something is left of: whoever starts again takes away those that are gone from the API. */
  leftovers(): Promise<readonly string[]>
  tearDownUid(podUid: string): Promise<void>
  /** Stops following what it follows (config maps, secrets, tokens); the volumes stay. */
  close(): Promise<void>
}

export interface PodAddresses {
  readonly podIP: string
  readonly hostIP: string
}

/** All that a start needs, looked up and checked. */
export interface Launch {
  /** Empty: the image's own. `$(NAME)` is replaced in both. */
  readonly command: readonly string[]
  readonly args: readonly string[]
  /** Undefined: the image's own, else `/`. */
  readonly workingDir: string | undefined
  /** Names are unique; in the order of their first mention. */
  readonly env: readonly EnvEntry[]
  /** In the order in which they are to be mounted: an outer one before what lies in it. */
  readonly mounts: readonly Mount[]
}

export interface EnvEntry {
  readonly name: string
  readonly value: string
}

export interface Mount {
  /** On the machine, absolute, links in it already followed without leaving the volume or the node's root. */
  readonly source: string
  /** In the container, absolute. */
  readonly target: string
  readonly readOnly: boolean
  readonly isDirectory: boolean
  readonly propagation: 'None' | 'HostToContainer' | 'Bidirectional'
}
