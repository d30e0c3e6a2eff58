// What a pod asks of its node, resource by resource: the controller that picks the node and the node itself must come to
// the same sum. Upstream: component-helpers/resource/helpers.go, PodRequests.

import { milliValue } from './quantity.ts'
import type { Container, PodSpec } from './types.ts'

/** Thousandths, by resource. */
export type Amounts = ReadonlyMap<string, bigint>

/** Containers and sidecars together, or the largest init container where that is more, plus the overhead. */
export function podRequests(spec: PodSpec): Amounts {
  const sum = new Map<string, bigint>()
  const sidecars = new Map<string, bigint>()
  const peak = new Map<string, bigint>()
  for (const container of spec.containers) addAll(sum, containerRequests(container))
  // Sidecars that were started earlier run beside an init container.
  for (const container of spec.initContainers ?? []) {
    const isSidecar = container.restartPolicy === 'Always'
    const running = isSidecar ? sidecars : new Map(sidecars)
    addAll(running, containerRequests(container))
    for (const [resource, amount] of running) raise(peak, resource, amount)
  }
  addAll(sum, sidecars)
  for (const [resource, amount] of peak) raise(sum, resource, amount)
  addAll(sum, amountsOf(spec.overhead))
  return sum
}

/** A list of quantities; those that are none are left out. */
export function amountsOf(list: unknown): Amounts {
  const found = new Map<string, bigint>()
  for (const [resource, quantity] of Object.entries(list ?? {})) {
    const amount = milliValue(String(quantity))
    if (amount !== undefined) found.set(resource, amount)
  }
  return found
}

/** A limit without a request is a request. */
function containerRequests({ resources }: Container): Amounts {
  return new Map([...amountsOf(resources?.limits), ...amountsOf(resources?.requests)])
}

function addAll(sums: Map<string, bigint>, amounts: Amounts): void {
  for (const [resource, amount] of amounts) sums.set(resource, (sums.get(resource) ?? 0n) + amount)
}

function raise(peaks: Map<string, bigint>, resource: string, amount: bigint): void {
  if (amount > (peaks.get(resource) ?? 0n)) peaks.set(resource, amount)
}
