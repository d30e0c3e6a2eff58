// Would a daemon pod fit on the node? Asked only where no scheduler is (placement `node-name`): what the pod requests
// against what the node has left, and its host ports against those taken. Upstream: the DaemonSet controller of the
// 1.2 era (section 3.6), scheduler/framework/plugins/{noderesources,nodeports}.

import { canonical, milliValue } from '../../api/quantity.ts'
import type { Container, Node, Pod, PodSpec } from '../../api/types.ts'
import { sortedBy } from '../../base/sorted.ts'

/** What a pod asks of its node. */
export interface Needs {
  /** Thousandths, by resource. */
  readonly requests: ReadonlyMap<string, bigint>
  readonly hostPorts: readonly HostPort[]
}

export interface HostPort {
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

/** A node's resources, and the pods that are on it and have not ended. */
export interface Room {
  /** Thousandths, by resource. Empty: the node has not said yet, and nothing is held against it. */
  readonly allocatable: ReadonlyMap<string, bigint>
  readonly pods: readonly { readonly name: string; readonly needs: Needs }[]
}

/** Why the pod does not fit, or undefined where it does. */
export function whyNoRoom(needs: Needs, room: Room): string | undefined {
  for (const wanted of needs.hostPorts) {
    for (const pod of room.pods) {
      if (pod.needs.hostPorts.some((taken) => clash(wanted, taken))) {
        return `host port ${wanted.port}/${wanted.protocol} is taken by pod ${pod.name}`
      }
    }
  }
  if (room.allocatable.size === 0) return undefined
  for (const [resource, wanted] of sortedBy(needs.requests, ([name]) => name)) {
    if (wanted === 0n) continue
    const allocatable = room.allocatable.get(resource) ?? 0n
    const free = room.pods.reduce((left, pod) => left - (pod.needs.requests.get(resource) ?? 0n), allocatable)
    if (wanted > free) {
      const [needed, left, all] = [wanted, free, allocatable].map(print)
      return `insufficient ${resource}: needs ${needed}, ${left} of ${all} left`
    }
  }
  return undefined
}

/** Requests of the containers together, or of the largest init container where that is more, plus the overhead. */
export function needsOf(spec: PodSpec): Needs {
  const requests = new Map<string, bigint>([['pods', 1000n]])
  const sidecars = new Map<string, bigint>()
  const initPeak = new Map<string, bigint>()
  // Upstream: component-helpers/resource, PodRequests. Sidecars started earlier run beside an init container.
  for (const container of spec.initContainers ?? []) {
    const asked = requestsOf(container)
    const isSidecar = container.restartPolicy === 'Always'
    const running = isSidecar ? sidecars : new Map(sidecars)
    for (const [resource, amount] of asked) add(running, resource, amount)
    for (const [resource, amount] of running) raise(initPeak, resource, amount)
  }
  for (const container of spec.containers) {
    for (const [resource, amount] of requestsOf(container)) add(requests, resource, amount)
  }
  for (const [resource, amount] of sidecars) add(requests, resource, amount)
  for (const [resource, amount] of initPeak) raise(requests, resource, amount)
  for (const [resource, amount] of amounts(spec.overhead)) add(requests, resource, amount)
  return { requests, hostPorts: hostPortsOf(spec) }
}

export function roomOf(node: Node | undefined, pods: Iterable<Pod>): Room {
  return {
    allocatable: amounts(node?.status?.allocatable ?? node?.status?.capacity),
    pods: [...pods]
      .filter(({ status }) => status?.phase !== 'Failed' && status?.phase !== 'Succeeded')
      .map((pod) => ({ name: `${pod.metadata.namespace}/${pod.metadata.name}`, needs: needsOfPod(pod) })),
  }
}

const known = new WeakMap<Pod, Needs>()

function needsOfPod(pod: Pod): Needs {
  let needs = known.get(pod)
  if (needs === undefined) {
    needs = needsOf(pod.spec)
    known.set(pod, needs)
  }
  return needs
}

/** A limit without a request is a request. */
function requestsOf({ resources }: Container): ReadonlyMap<string, bigint> {
  return new Map([...amounts(resources?.limits), ...amounts(resources?.requests)])
}

function amounts(list: unknown): ReadonlyMap<string, bigint> {
  const found = new Map<string, bigint>()
  for (const [resource, quantity] of Object.entries(list ?? {})) {
    const amount = milliValue(String(quantity))
    if (amount !== undefined) found.set(resource, amount)
  }
  return found
}

function hostPortsOf({ containers, initContainers = [], hostNetwork }: PodSpec): HostPort[] {
  const sidecars = initContainers.filter((container) => container.restartPolicy === 'Always')
  return [...containers, ...sidecars]
    .flatMap((container) => container.ports ?? [])
    .map(({ hostPort, containerPort, hostIP, protocol }) => ({
      ip: hostIP === undefined || hostIP === '' ? '0.0.0.0' : hostIP,
      protocol: protocol ?? 'TCP',
      port: hostPort ?? (hostNetwork === true ? containerPort : 0),
    }))
    .filter(({ port }) => port > 0)
}

function clash(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false
  return a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0'
}

/** As short as it can be said: 1200m, 2Gi. */
function print(milli: bigint): string {
  const plain = canonical(`${milli}m`)
  let [value, power] = [milli / 1000n, 0]
  if (milli % 1000n !== 0n) return plain
  for (; value >= 1024n && value % 1024n === 0n && power < binarySuffixes.length; power++) value /= 1024n
  const binary = power === 0 ? plain : `${value}${binarySuffixes[power - 1]}`
  return binary.length < plain.length ? binary : plain
}

const binarySuffixes = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const

function add(sums: Map<string, bigint>, resource: string, amount: bigint): void {
  sums.set(resource, (sums.get(resource) ?? 0n) + amount)
}

function raise(peaks: Map<string, bigint>, resource: string, amount: bigint): void {
  if (amount > (peaks.get(resource) ?? 0n)) peaks.set(resource, amount)
}
