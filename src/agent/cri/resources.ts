// Requests and limits of a container as the numbers of its control group. Pure.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_container_linux.go, calculateLinuxResources; pkg/kubelet/cm/helpers_linux.go;
// pkg/kubelet/qos/policy.go.

import { milliValue } from '../../api/quantity.ts'
import type { Container, Pod } from '../../api/types.ts'
import type { Resources } from './messages.ts'

export function resourcesOf(pod: Pod, container: Container, memoryCapacityBytes: number): Resources {
  const { requests = {}, limits = {} } = container.resources ?? {}
  const cpuLimit = milli(limits.cpu)
  // A limit alone is a request as well.
  const cpuRequest = requests.cpu === undefined && cpuLimit > 0 ? cpuLimit : milli(requests.cpu)
  return {
    cpuShares: sharesOf(cpuRequest),
    cpuPeriod: periodMicros,
    cpuQuota: cpuLimit > 0 ? quotaOf(cpuLimit) : 0,
    memoryLimitInBytes: bytes(limits.memory),
    oomScoreAdj: oomScoreAdjustment(pod, container, memoryCapacityBytes),
  }
}

const periodMicros = 100_000
const least = { shares: 2, quotaMicros: 1000 } as const
const most = { shares: 262_144 } as const

function sharesOf(milliCpu: number): number {
  return Math.min(most.shares, Math.max(least.shares, Math.floor((milliCpu * 1024) / 1000)))
}

function quotaOf(milliCpu: number): number {
  return Math.max(least.quotaMicros, Math.floor((milliCpu * periodMicros) / 1000))
}

/** Who asks for more memory and keeps to it is killed later. */
export function oomScoreAdjustment(pod: Pod, container: Container, memoryCapacityBytes: number): number {
  if (pod.spec.priorityClassName === 'system-node-critical') return scores.guaranteed
  switch (pod.status?.qosClass) {
    case 'Guaranteed':
      return scores.guaranteed
    case 'BestEffort':
      return scores.bestEffort
  }
  const requested = memoryRequest(container)
  const isSidecar = pod.spec.initContainers?.includes(container) === true && container.restartPolicy === 'Always'
  // A sidecar is killed no earlier than those it serves.
  const least = isSidecar ? Math.min(...pod.spec.containers.map(memoryRequest)) : 0
  const score = 1000 - Math.floor((1000 * Math.max(requested, least)) / memoryCapacityBytes)
  return Math.min(scores.bestEffort - 1, Math.max(1000 + scores.guaranteed, score))
}

const scores = { guaranteed: -997, bestEffort: 1000 } as const

function memoryRequest({ resources }: Container): number {
  return bytes(resources?.requests?.memory ?? resources?.limits?.memory)
}

function milli(quantity: string | undefined): number {
  return quantity === undefined ? 0 : Number(milliValue(quantity) ?? 0n)
}

function bytes(quantity: string | undefined): number {
  return Math.ceil(milli(quantity) / 1000)
}
