// What the rooms of the CRI runtime share.

import type { Pod } from '../../api/types.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Client } from '../../client/client.ts'
import type { NodePlace, PodMaterials } from '../materials.ts'
import { RuntimeRefusal } from '../runtime.ts'
import type { CriClient } from './client.ts'
import type { ContainerWatch } from './containers.ts'
import { GrpcError } from './grpc.ts'
import type { Images } from './images.ts'
import type { LogRotation, RotationLimits } from './log-rotation.ts'

export interface CriRuntimeOptions {
  /** `/run/containerd/containerd.sock`. */
  readonly socketPath: string
  readonly place: NodePlace
  readonly materials: PodMaterials
  /** The node's own: for the secrets that images are pulled with. */
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly hostIP: () => string
  /** Of the machine; default: what it says itself. */
  readonly memoryCapacityBytes?: number | undefined
  /** When a log is rotated; default: as the kubelet does. */
  readonly logLimits?: RotationLimits | undefined
}

export interface CriParts {
  readonly options: CriRuntimeOptions
  readonly cri: CriClient
  readonly images: Images
  readonly watch: ContainerWatch
  readonly logs: LogRotation
  /** Aborted when the agent ends: what is under way is left to the next. */
  readonly closing: AbortSignal
}

export function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? ''
}

export function nanosToMs(nanos: number): number {
  return Math.floor(nanos / 1e6)
}

/** What the runtime says, without the words around it: as it stands in a container's state. */
export function textOf(error: unknown): string {
  return error instanceof GrpcError ? error.message : String(error)
}

/** What was refused already keeps its reason. */
export function refused(reason: string, error: unknown, message: string = textOf(error)): RuntimeRefusal {
  return error instanceof RuntimeRefusal ? error : new RuntimeRefusal(reason, message)
}
