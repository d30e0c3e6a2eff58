// Whether the node has room for one more pod: asked by the agent itself when a pod arrives, because whoever bound it may
// have looked at old figures. Upstream: pkg/kubelet/lifecycle/predicate.go.

import { milliValue } from '../api/quantity.ts'
import type { Container, PodSpec } from '../api/types.ts'

/** Why a pod is refused, for good: it fails. */
export interface Rejection {
  /** `OutOfcpu`, `OutOfpods`. */
  readonly reason: string
  readonly message: string
}

/** Thousandths, by resource. */
export type Amounts = ReadonlyMap<string, bigint>

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

/** Containers and sidecars together, or the largest init container where that is more, plus the overhead. */
export function requestsOf(spec: PodSpec): Amounts {
  const sum = new Map<string, bigint>()
  const sidecars = new Map<string, bigint>()
  const peak = new Map<string, bigint>()
  for (const container of spec.containers) for (const [name, amount] of ofContainer(container)) add(sum, name, amount)
  for (const container of spec.initContainers ?? []) {
    const isSidecar = container.restartPolicy === 'Always'
    for (const [name, amount] of ofContainer(container)) {
      if (isSidecar) add(sidecars, name, amount)
      raise(peak, name, amount + (isSidecar ? 0n : (sidecars.get(name) ?? 0n)))
    }
  }
  for (const [name, amount] of sidecars) add(sum, name, amount)
  for (const [name, amount] of peak) raise(sum, name, amount)
  for (const [name, amount] of amountsOf(spec.overhead)) add(sum, name, amount)
  const ordered = new Map<string, bigint>([['pods', 1000n]])
  for (const name of ['cpu', 'memory', ...sum.keys()]) ordered.set(name, sum.get(name) ?? 0n)
  return ordered
}

export function amountsOf(list: unknown): Amounts {
  const found = new Map<string, bigint>()
  for (const [resource, quantity] of Object.entries(list ?? {})) {
    const amount = milliValue(String(quantity))
    if (amount !== undefined) found.set(resource, amount)
  }
  return found
}

function ofContainer({ resources }: Container): Amounts {
  return new Map([...amountsOf(resources?.limits), ...amountsOf(resources?.requests)])
}

/** cpu in thousandths, everything else whole. Upstream: InsufficientResourceError. */
function inItsUnit(resource: string, amount: bigint): string {
  return resource === 'cpu' ? String(amount) : String((amount + 999n) / 1000n)
}

function add(sums: Map<string, bigint>, resource: string, amount: bigint): void {
  sums.set(resource, (sums.get(resource) ?? 0n) + amount)
}

function raise(peaks: Map<string, bigint>, resource: string, amount: bigint): void {
  if (amount > (peaks.get(resource) ?? 0n)) peaks.set(resource, amount)
}
