// Would a daemon pod fit on the node? Asked only where no scheduler is (placement `node-name`): what the pod requests
// against what the node has left, and its host ports against those taken. Upstream: the DaemonSet controller of the
// 1.2 era (section 3.6), scheduler/framework/plugins/{noderesources,nodeports}.

import { type Amounts, amountsOf, podRequests } from '../../api/pod-requests.ts'
import { canonical } from '../../api/quantity.ts'
import type { Container, Node, Pod, PodSpec } from '../../api/types.ts'
import { sortedBy } from '../../base/sorted.ts'

/** What a pod asks of its node. */
export interface Needs {
  readonly requests: Amounts
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
  readonly allocatable: Amounts
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

export function needsOf(spec: PodSpec): Needs {
  return { requests: new Map([['pods', 1000n], ...podRequests(spec)]), hostPorts: hostPortsOf(spec) }
}

export function roomOf(node: Node | undefined, pods: Iterable<Pod>): Room {
  return {
    allocatable: amountsOf(node?.status?.allocatable ?? node?.status?.capacity),
    pods: [...pods]
      .filter(({ status }) => status?.phase !== 'Failed' && status?.phase !== 'Succeeded')
      .map((pod) => ({ name: `${pod.metadata.namespace}/${pod.metadata.name}`, needs: needsOfPod(pod) })),
  }
}

interface Known extends Pick<PodSpec, 'initContainers' | 'overhead' | 'hostNetwork'> {
  readonly needs: Needs
}

/** By the containers: where pods of one kind share theirs (controller/kept.ts), all of them need the same. */
const known = new WeakMap<readonly Container[], Known>()

function needsOfPod({ spec }: Pod): Needs {
  const { containers, initContainers, overhead, hostNetwork } = spec
  const found = known.get(containers)
  if (
    found !== undefined &&
    found.initContainers === initContainers &&
    found.overhead === overhead &&
    found.hostNetwork === hostNetwork
  ) {
    return found.needs
  }
  const needs = needsOf(spec)
  known.set(containers, { initContainers, overhead, hostNetwork, needs } as Known)
  return needs
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
