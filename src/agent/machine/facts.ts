// What a machine's readings mean for its Node: capacity, what of it pods may have, and what it runs on. Pure.
// Upstream: pkg/kubelet/nodestatus/setters.go, pkg/kubelet/cm/node_container_manager_linux.go.

import { kubernetesVersion } from '../../base/version.ts'
import type { NodeFacts } from '../node-status.ts'
import { evictionThresholds } from './pressure.ts'
import type { Readings } from './readings.ts'

export interface NodeSettings {
  readonly nodeName: string
  readonly nodeIP: string
  /** `process://0.1.0`. */
  readonly runtimeVersion: string
  readonly labels: Readonly<Record<string, string>>
  /** Most pods at a time. Upstream's default: 110. */
  readonly maxPods: number
}

export function factsOf(readings: Readings, settings: NodeSettings): NodeFacts {
  const { nodeName, nodeIP, runtimeVersion } = settings
  const pods = String(settings.maxPods)
  const cpu = String(readings.cpus)
  const { memoryAvailableKiB, diskAvailable } = evictionThresholds
  return {
    capacity: {
      cpu,
      'ephemeral-storage': `${Math.floor(readings.diskBytes / 1024)}Ki`,
      memory: `${readings.memoryKiB}Ki`,
      pods,
    },
    // Below these a kubelet evicts, so they are promised to nobody.
    allocatable: {
      cpu,
      'ephemeral-storage': String(Math.floor(readings.diskBytes * (1 - diskAvailable))),
      memory: `${Math.max(0, readings.memoryKiB - memoryAvailableKiB)}Ki`,
      pods,
    },
    addresses: [
      { type: 'InternalIP', address: nodeIP },
      { type: 'Hostname', address: nodeName },
    ],
    nodeInfo: {
      architecture: goArchitecture(readings.arch),
      bootID: readings.bootID,
      containerRuntimeVersion: runtimeVersion,
      kernelVersion: readings.kernelVersion,
      kubeProxyVersion: '',
      kubeletVersion: kubernetesVersion,
      machineID: readings.machineID,
      operatingSystem: readings.platform,
      osImage: readings.osImage,
      systemUUID: readings.systemUUID,
    },
    // Not the label by which the server is asked to play a node: this one has an agent of its own.
    labels: {
      ...settings.labels,
      'kubernetes.io/arch': goArchitecture(readings.arch),
      'kubernetes.io/hostname': nodeName,
      'kubernetes.io/os': readings.platform,
    },
    readyMessage: 'kubelet is posting ready status',
  }
}

function goArchitecture(arch: string): string {
  return goArchitectures[arch] ?? arch
}

/** Where Go and Node have different words. */
const goArchitectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' }
