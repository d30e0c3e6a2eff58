// What the materials of a node are made with.

import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { Client } from '../../client/client.ts'
import type { NodePlace } from '../materials.ts'
import type { Allocatable } from './field-values.ts'

export interface MaterialsOptions {
  readonly place: NodePlace
  /** The node's own: it reads the config maps and secrets of its pods, and asks for their tokens. */
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** What the node has to give: what a container without a limit of its own is told. */
  readonly allocatable: () => Allocatable
  /** Where containers reach the API server; undefined: they are not told. */
  readonly apiServer?: (() => { readonly host: string; readonly port: number } | undefined) | undefined
  /** What only root may. Default: whether we are. */
  readonly mayMount?: boolean | undefined
  readonly mayChangeOwners?: boolean | undefined
}
