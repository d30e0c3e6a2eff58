// Whether the node has room for one more pod: asked by the agent itself when a pod arrives, because whoever bound it may
// have looked at old figures. Upstream: pkg/kubelet/lifecycle/predicate.go.

import { type Amounts, podRequests } from '../api/pod-requests.ts'
import type { PodSpec } from '../api/types.ts'

/** Why a pod is refused, for good: it fails. */
export interface Rejection {
  /** `OutOfcpu`, `OutOfpods`. */
  readonly reason: string
  readonly message: string
}

/** The first resource of which too little is left, in the order upstream looks: pods, cpu, memory, the others. */
export function whyRejected(requests: Amounts, allocatable: Amounts, others: Iterable<Amounts>): Rejection | undefined {
  const used = new Map<string, bigint>()
  for (const amounts of others) for (const [resource, amount] of amounts) add(used, resource, amount)
  for (const [resource, requested] of requests) {
    const capacity = allocatable.get(resource) ?? 0n
    const inUse = used.get(resource) ?? 0n
    if (requested === 0n || inUse + requested <= capacity) continue
    const shown = (amount: bigint) => inItsUnit(resource, amount)
    return {
      reason: `OutOf${resource}`,
      message:
        `Node didn't have enough resource: ${resource}, requested: ${shown(requested)}, ` +
        `used: ${shown(inUse)}, capacity: ${shown(capacity)}`,
    }
  }
  return undefined
}

/** In the order upstream looks. */
export function requestsOf(spec: PodSpec): Amounts {
  const requests = podRequests(spec)
  const ordered = new Map<string, bigint>([['pods', 1000n]])
  for (const name of ['cpu', 'memory', ...requests.keys()]) ordered.set(name, requests.get(name) ?? 0n)
  return ordered
}

/** cpu in thousandths, everything else whole. Upstream: InsufficientResourceError. */
function inItsUnit(resource: string, amount: bigint): string {
  return resource === 'cpu' ? String(amount) : String((amount + 999n) / 1000n)
}

function add(sums: Map<string, bigint>, resource: string, amount: bigint): void {
  sums.set(resource, (sums.get(resource) ?? 0n) + amount)
}
