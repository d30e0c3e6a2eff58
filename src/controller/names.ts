// The names by which one asks for controllers, or to leave them out: `*,-daemonset`. Upstream's names and their short
// old ones. Upstream: cmd/kube-controller-manager/names, controller-manager/pkg/app, IsControllerEnabled.

/** Long name → the short one, which older versions had. */
const shortNames = {
  'daemonset-controller': 'daemonset',
  'garbage-collector-controller': 'garbagecollector',
  'pod-garbage-collector-controller': 'podgc',
  'node-lifecycle-controller': 'nodelifecycle',
  'namespace-controller': 'namespace',
  'serviceaccount-controller': 'serviceaccount',
  'disruption-controller': 'disruption',
  'token-cleaner-controller': 'tokencleaner',
  'certificatesigningrequest-cleaner-controller': 'csrcleaner',
  'clusterrole-aggregation-controller': 'clusterrole-aggregation',
  'certificatesigningrequest-signing-controller': 'csrsigning',
  // Ours: upstream's events end with a lease of etcd's.
  'event-cleanup-controller': 'event-cleanup',
} as const

export type ControllerName = keyof typeof shortNames

export const controllerNames = Object.keys(shortNames) as readonly ControllerName[]

/** `list`: names, `-name`, and `*` for all that are not named. What stands there by name counts before `*`. */
export function isControllerEnabled(name: ControllerName, list: readonly string[]): boolean {
  const names: readonly string[] = [name, shortNames[name]]
  for (const entry of list) {
    if (names.includes(entry)) return true
    if (entry.startsWith('-') && names.includes(entry.slice(1))) return false
  }
  return list.includes('*')
}

/** The first entry that names nothing we have. */
export function unknownController(list: readonly string[]): string | undefined {
  const known = new Set<string>(Object.entries(shortNames).flat())
  return list.find((entry) => entry !== '*' && !known.has(entry.replace(/^-/, '')))
}
