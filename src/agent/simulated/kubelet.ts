// The agent of a simulated node: the generic kubelet with a runtime that runs nothing. What people look at says so: the
// OS image, the runtime's version, a label, the Ready message, container ids and log lines.

import { canonical, milliValue } from '../../api/quantity.ts'
import type { Node } from '../../api/types.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import { kubernetesVersion } from '../../base/version.ts'
import type { Client } from '../../client/client.ts'
import type { JournalEntry } from '../journal.ts'
import { type Kubelet, startKubelet } from '../kubelet.ts'
import type { NodeFacts } from '../node-status.ts'
import type { Runtime } from '../runtime.ts'
import { simulatedRuntime } from '../runtime-label.ts'
import { joinRuntimes, type RuntimeName } from '../runtimes.ts'
import { annotationPrefix, type Behaviour, behaviourDefaults } from './behaviour.ts'
import { addressesOf, PodRange } from './pod-range.ts'
import { SimulatedRuntime } from './runtime.ts'

export interface SimulatedKubeletOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly nodeName: string
  /** See NodeReporterOptions. */
  readonly nodeComesFirst?: boolean | undefined
  /** Defaults of this node's containers; annotations of Node and pod are stronger. */
  readonly behaviour?: Partial<Behaviour> | undefined
  /** Which addresses the node gets (pod-range.ts). Default: by its name, so two nodes may share theirs. */
  readonly number?: number | undefined
  readonly capacity?: Readonly<Record<string, string>> | undefined
  /** Runtimes that really run something, for pods that name them. */
  readonly real?: RealRuntimes | undefined
  /** What pods get that name none. Default `simulated`. */
  readonly own?: RuntimeName | undefined
  /** Between two renewals of the lease, and two heartbeats of the whole status. */
  readonly renewMs?: number | undefined
  readonly statusMs?: number | undefined
}

/** What a node of this process has beside its simulated runtime: the machine is real then, and says so. */
export interface RealRuntimes {
  readonly runtimes: ReadonlyMap<RuntimeName, Runtime>
  /** `kernelVersion`, `osImage` … of the machine. */
  readonly nodeInfo: Readonly<Record<string, string>>
  /** The log of the machine that this node is. */
  readonly journal?: (entry: JournalEntry) => void
}

export type SimulatedKubelet = Kubelet

export const simulatedCapacity: Readonly<Record<string, string>> = {
  cpu: '4',
  'ephemeral-storage': '100Gi',
  memory: '16Gi',
  pods: '110',
}

export function startSimulatedKubelet(options: SimulatedKubeletOptions): SimulatedKubelet {
  const { nodeName, clock, real } = options
  // What this process does not have, no node of it can promise.
  const own = real?.runtimes.has(options.own ?? simulatedRuntime) === true ? options.own! : simulatedRuntime
  const { hostIP, podCIDR } = addressesOf(options.number ?? numberOfName(nodeName))
  let annotations: Readonly<Record<string, string>> = {}
  const simulated = new SimulatedRuntime({
    clock,
    nodeName,
    hostIP,
    podRange: new PodRange(podCIDR),
    nodeAnnotations: () => annotations,
    defaults: options.behaviour === undefined ? behaviourDefaults : { ...behaviourDefaults, ...options.behaviour },
  })
  const runtime =
    real === undefined
      ? simulated
      : joinRuntimes(new Map<string, Runtime>([[simulatedRuntime, simulated], ...real.runtimes]), own)
  const isSimulated = own === simulatedRuntime
  const facts = (node: Node | undefined): NodeFacts => {
    // A Node whose last annotation was taken away has none: it is not a Node that nobody has heard of yet.
    if (node !== undefined) annotations = node.metadata.annotations ?? {}
    return {
      capacity: capacityOf(options.capacity ?? simulatedCapacity, annotations[`${annotationPrefix}capacity`]),
      addresses: [
        { type: 'InternalIP', address: hostIP },
        { type: 'Hostname', address: nodeName },
      ],
      nodeInfo: { ...nodeInfo(runtime.version), ...(isSimulated ? {} : real?.nodeInfo) },
      // The label of the runtime is there: by it somebody has asked for this node (fleet.ts).
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': nodeName,
        'kubernetes.io/os': 'linux',
      },
      podCIDR,
      readyMessage: `${isSimulated ? 'simulated ' : ''}kubelet is posting ready status`,
    }
  }
  return startKubelet({
    ...options,
    runtime,
    facts,
    journal: real?.journal,
    component: isSimulated ? 'simulated-kubelet' : 'kubelet',
  })
}

function nodeInfo(containerRuntimeVersion: string): Record<string, string> {
  return {
    architecture: 'amd64',
    bootID: '',
    containerRuntimeVersion,
    kernelVersion: 'simulated',
    kubeProxyVersion: '',
    kubeletVersion: kubernetesVersion,
    machineID: '',
    operatingSystem: 'linux',
    osImage: 'everynode simulated node',
    systemUUID: '',
  }
}

/** `simulated.everynode.dev/capacity: cpu=8,nvidia.com/gpu=2` over the defaults; what is no quantity is passed over. */
function capacityOf(defaults: Readonly<Record<string, string>>, text = ''): Record<string, string> {
  const capacity = { ...defaults }
  for (const part of text.split(',')) {
    const [resource = '', quantity = ''] = part.split('=').map((word) => word.trim())
    if (resource !== '' && milliValue(quantity) !== undefined) capacity[resource] = canonical(quantity)
  }
  return capacity
}

/** The same for the same name everywhere (FNV-1a). */
function numberOfName(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0
  return hash % 65_536
}
