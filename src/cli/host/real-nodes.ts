// What nodes of this process have beside the simulated runtime: processes of this machine. Each node has a root of its own
// in the data directory, so that what pods mean by /var/log is that node's and nobody else's. Nothing is made on the disk
// before the first pod that is really run; nothing runs any longer than the cluster.
import { appendFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { FleetNode } from '../../agent/fleet.ts'
import { type JournalEntry, journalLine } from '../../agent/journal.ts'
import { lazyRuntime } from '../../agent/lazy-runtime.ts'
import { createMaterials } from '../../agent/materials/materials.ts'
import type { NodePlace, PodMaterials } from '../../agent/materials.ts'
import { findMachine, type MachineFound } from '../../agent/process/machine.ts'
import { createProcessRuntime, processVersion } from '../../agent/process/runtime.ts'
import type { Runtime } from '../../agent/runtime.ts'
import { type RealRuntimes, simulatedCapacity } from '../../agent/simulated/kubelet.ts'
import { type Log, silentLog } from '../../base/log.ts'
import { userAgentOf } from '../../base/version.ts'
import { type Client, createClient } from '../../client/client.ts'
import { administrator } from '../../cluster.ts'
import { systemClock, systemRandom } from './system.ts'

export const realNodeLimits = {
  /** Then `kubelet.log` becomes `kubelet.log.1`, and the one that was there is gone. */
  journalBytes: 1024 * 1024,
  /** What containers have to end by themselves when the cluster stops. */
  endGraceMs: 1000,
} as const

export interface RealNodesOptions {
  /** The data directory of the cluster. */
  readonly data: string
  readonly log: Log
  /** Where containers reach the API server, once it listens. */
  readonly apiServer: () => { readonly host: string; readonly port: number } | undefined
}

export function realNodes(options: RealNodesOptions): (node: FleetNode) => RealRuntimes {
  let machine: MachineFound | undefined
  return (node) => {
    const place = placeOf(options.data, node.name)
    const log = options.log.child({ node: node.name })
    const isInUse = existsSync(place.state)
    let hasBegun = isInUse
    const create = () => {
      hasBegun = true
      machine ??= findMachine()
      return processRuntime(options, node.client, place, log, machine)
    }
    return {
      runtimes: new Map([['process', lazyRuntime({ version: processVersion, isInUse, create })]]),
      nodeInfo: {},
      // Asked for at every event of every node: the disk is not, before there is something on it.
      journal: (entry) => {
        if (hasBegun) note(place, entry, log)
      },
    }
  }
}

function processRuntime(
  { data, apiServer }: Pick<RealNodesOptions, 'data' | 'apiServer'>,
  client: Client,
  place: NodePlace,
  log: Log,
  machine: MachineFound,
): Runtime {
  const allocatable = () => simulatedCapacity
  const parts = { place, client, clock: systemClock, random: systemRandom, log }
  const runtime = createProcessRuntime({
    ...parts,
    materials: onRootOf(place, createMaterials({ ...parts, allocatable, apiServer })),
    // Processes of this machine have no network of their own.
    hostIP: () => '127.0.0.1',
    hidden: [data],
    machine,
  })
  return {
    ...runtime,
    // Ctrl-C leaves a clean machine; after a crash the next start finds what still runs.
    async close() {
      await runtime.endAll(realNodeLimits.endGraceMs)
      await runtime.close()
    },
  }
}

/** Ends what a cluster that was killed has left running: its data may be deleted then. */
export async function endLeftovers(data: string): Promise<void> {
  if (!existsSync(agentsIn(data))) return
  const nobody = createClient({
    send: () => Promise.reject(new Error('no cluster runs')),
    user: administrator,
    userAgent: userAgentOf('down'),
  })
  for (const name of readdirSync(agentsIn(data))) {
    const runtime = processRuntime(
      { data, apiServer: () => undefined },
      nobody,
      placeOf(data, name),
      silentLog,
      findMachine(),
    )
    await runtime.removeLeftovers?.(new Set())
    await runtime.close()
  }
}

/** `down --purge` takes away all of it. */
export function placeOf(data: string, nodeName: string): NodePlace {
  const root = join(data, 'nodes', nodeName)
  return { nodeName, root, state: join(agentsIn(data), nodeName), podLogs: join(root, 'var/log/pods') }
}

function agentsIn(data: string): string {
  return join(data, 'agents')
}

/** The root is there before somebody looks for something in it. */
function onRootOf(place: NodePlace, materials: PodMaterials): PodMaterials {
  return {
    setUp: async (pod) => {
      mkdirSync(place.podLogs, { recursive: true })
      await materials.setUp(pod)
    },
    launch: (pod, container, addresses) => materials.launch(pod, container, addresses),
    tearDown: (pod) => materials.tearDown(pod),
    leftovers: () => materials.leftovers(),
    tearDownUid: (podUid) => materials.tearDownUid(podUid),
    close: () => materials.close(),
  }
}

/** A node on which nothing was ever run has no log, as it has no disk. */
function note(place: NodePlace, entry: JournalEntry, log: Log): void {
  const file = join(place.root, 'var/log/kubelet.log')
  try {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= realNodeLimits.journalBytes)
      renameSync(file, `${file}.1`)
    appendFileSync(file, journalLine(entry))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn('journal not written', { error: String(error) })
  }
}
