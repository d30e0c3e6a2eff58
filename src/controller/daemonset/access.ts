// What the DaemonSet controller does to what: asked for at its start, and held against the roles that we install. A test
// holds it against the requests that are really made.

export interface Access {
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly verbs: readonly string[]
}

/** In all namespaces. */
export const daemonSetControllerAccess: readonly Access[] = [
  { group: '', resource: 'nodes', verbs: ['list', 'watch'] },
  { group: '', resource: 'pods', verbs: ['create', 'delete', 'get', 'list', 'patch', 'watch'] },
  { group: '', resource: 'events', verbs: ['create', 'patch'] },
  { group: 'apps', resource: 'daemonsets', verbs: ['get', 'list', 'watch'] },
  { group: 'apps', resource: 'daemonsets', subresource: 'status', verbs: ['update'] },
  // Asked of whoever sets `blockOwnerDeletion`, where the admission plugin OwnerReferencesPermissionEnforcement is on.
  { group: 'apps', resource: 'daemonsets', subresource: 'finalizers', verbs: ['update'] },
  {
    group: 'apps',
    resource: 'controllerrevisions',
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  },
]

/** In the namespace of the lease. */
export const leaderElectionAccess: readonly Access[] = [
  { group: 'coordination.k8s.io', resource: 'leases', verbs: ['create', 'get', 'update'] },
]

/** `daemonsets.apps/status`: how a refusal names it. */
export function accessName({ group, resource, subresource }: Omit<Access, 'verbs'>): string {
  return `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`
}
