// Which taints does a daemon pod tolerate by itself? (section 3.4) Upstream: util.AddOrUpdateDaemonPodTolerations.

import type { PodSpec, Toleration } from '../../api/types.ts'

/** The template's tolerations and the automatic ones, in upstream's order. */
export function daemonTolerations(spec: PodSpec): Toleration[] {
  const automatic = spec.hostNetwork === true ? [...always, onHostNetwork] : always
  return automatic.reduce(addOrReplace, [...(spec.tolerations ?? [])])
}

const always: readonly Toleration[] = [
  exists('node.kubernetes.io/not-ready', 'NoExecute'),
  exists('node.kubernetes.io/unreachable', 'NoExecute'),
  exists('node.kubernetes.io/disk-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/memory-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/pid-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/unschedulable', 'NoSchedule'),
]

const onHostNetwork = exists('node.kubernetes.io/network-unavailable', 'NoSchedule')

function exists(key: string, effect: string): Toleration {
  return { key, operator: 'Exists', effect }
}

/** One that says the same for a limited time gives way, in place (R3.10). */
function addOrReplace(tolerations: Toleration[], added: Toleration): Toleration[] {
  const isSame = (other: Toleration) =>
    other.key === added.key &&
    other.operator === added.operator &&
    other.effect === added.effect &&
    (other.value ?? '') === ''
  return tolerations.some(isSame)
    ? tolerations.map((other) => (isSame(other) ? added : other))
    : [...tolerations, added]
}
