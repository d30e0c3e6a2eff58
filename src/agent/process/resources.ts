// What a container may use of the machine, as cgroup files say it: v1 and v2. Pure: which hierarchies there are is
// handed in. Upstream: pkg/kubelet/cm/helpers_linux.go, and kuberuntime_container_linux.go for the values.

import { milliValue } from '../../api/quantity.ts'
import type { Container, Pod } from '../../api/types.ts'
import type { CgroupOrder } from './orders.ts'

/** Where limits can be set; undefined: not here, or not by this user. */
export interface CgroupHierarchies {
  /** Directories of v1 controllers in which this agent may make its own: `/sys/fs/cgroup/memory/everynode`. */
  readonly memory?: string | undefined
  readonly cpu?: string | undefined
  readonly pids?: string | undefined
  /** The v2 tree: `/sys/fs/cgroup/everynode`, or beside v1 one that only kills. */
  readonly unified?: string | undefined
  /** The v2 tree has these controllers. */
  readonly unifiedControllers: readonly string[]
}

const periodUs = 100_000

export function cgroupOrders(
  container: Container,
  hierarchies: CgroupHierarchies,
  name: string,
  needsTree: boolean,
): CgroupOrder[] {
  const { limits = {}, requests = {} } = container.resources ?? {}
  const cpuLimit = milliCpu(limits.cpu)
  const cpuRequest = milliCpu(requests.cpu) ?? cpuLimit
  const memoryLimit = bytesOf(limits.memory)
  const orders: CgroupOrder[] = []
  const { memory, cpu, unified, unifiedControllers } = hierarchies
  if (memory !== undefined && memoryLimit !== undefined) {
    const files = [['memory.limit_in_bytes', String(memoryLimit)]] as const
    orders.push({ path: `${memory}/${name}`, files, oomFile: 'memory.oom_control' })
  }
  if (cpu !== undefined && cpuRequest !== undefined) {
    const files: [string, string][] = [['cpu.shares', String(sharesOf(cpuRequest))]]
    if (cpuLimit !== undefined) {
      files.push(['cpu.cfs_period_us', String(periodUs)], ['cpu.cfs_quota_us', String(quotaOf(cpuLimit))])
    }
    orders.push({ path: `${cpu}/${name}`, files, oomFile: undefined })
  }
  if (unified !== undefined) {
    const files: [string, string][] = []
    const hasMemory = unifiedControllers.includes('memory') && memoryLimit !== undefined
    if (hasMemory) files.push(['memory.max', String(memoryLimit)])
    if (unifiedControllers.includes('cpu') && cpuRequest !== undefined) {
      files.push(['cpu.weight', String(weightOf(sharesOf(cpuRequest)))])
      if (cpuLimit !== undefined) files.push(['cpu.max', `${quotaOf(cpuLimit)} ${periodUs}`])
    }
    const oomFile = hasMemory ? 'memory.events' : undefined
    if (needsTree || files.length > 0) orders.push({ path: `${unified}/${name}`, files, oomFile })
  }
  return orders
}

/** What was asked for and cannot be set, in words; empty where all is. */
export function unlimited(container: Container, hierarchies: CgroupHierarchies): string[] {
  const limits = container.resources?.limits ?? {}
  const { memory, cpu, unified, unifiedControllers } = hierarchies
  const can = {
    memory: memory !== undefined || (unified !== undefined && unifiedControllers.includes('memory')),
    cpu: cpu !== undefined || (unified !== undefined && unifiedControllers.includes('cpu')),
  }
  return (['cpu', 'memory'] as const).filter((resource) => limits[resource] !== undefined && !can[resource])
}

/** Upstream: pkg/kubelet/qos/policy.go, GetContainerOOMScoreAdjust. Undefined: cannot be lowered by just anybody. */
export function oomScoreAdj(pod: Pod, container: Container, machineMemoryBytes: number): number | undefined {
  if ((pod.spec.priority ?? 0) >= 2_000_000_000) return undefined
  switch (pod.status?.qosClass) {
    case 'Guaranteed':
      return undefined
    case 'Burstable': {
      const requested = bytesOf(container.resources?.requests?.memory) ?? 0
      const adjusted = 1000 - Math.floor((1000 * requested) / machineMemoryBytes)
      return Math.min(Math.max(adjusted, 3), 999)
    }
    default:
      return 1000
  }
}

function milliCpu(quantity: string | undefined): number | undefined {
  const value = quantity === undefined ? undefined : milliValue(quantity)
  return value === undefined || value === 0n ? undefined : Number(value)
}

function bytesOf(quantity: string | undefined): number | undefined {
  const value = quantity === undefined ? undefined : milliValue(quantity)
  return value === undefined || value === 0n ? undefined : Math.ceil(Number(value) / 1000)
}

/** Upstream: MilliCPUToShares: at least 2. */
function sharesOf(milli: number): number {
  return Math.min(Math.max(2, Math.floor((milli * 1024) / 1000)), 262_144)
}

/** Upstream: MilliCPUToQuota: at least 1 ms. */
function quotaOf(milli: number): number {
  return Math.max(1000, Math.floor((milli * periodUs) / 1000))
}

/** Upstream: getCPUWeight. */
function weightOf(shares: number): number {
  return 1 + Math.floor(((shares - 2) * 9999) / 262_142)
}
