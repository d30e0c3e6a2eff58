// Names that mean something by themselves: groups, and users that are a node or a service account.
// Upstream: apiserver/pkg/authentication/user, pkg/serviceaccount/util.go.

export const groups = {
  /** Everything. Only a certificate of this cluster's own authority can say it. */
  masters: 'system:masters',
  controllers: 'system:controllers',
  nodes: 'system:nodes',
  bootstrappers: 'system:bootstrappers',
  serviceAccounts: 'system:serviceaccounts',
  monitoring: 'system:monitoring',
  viewers: 'everynode:viewers',
  authenticated: 'system:authenticated',
  unauthenticated: 'system:unauthenticated',
} as const

const accountPrefix = 'system:serviceaccount:'

export function accountUserName(namespace: string, name: string): string {
  return `${accountPrefix}${namespace}:${name}`
}

/** Undefined for a user that is no service account. */
export function accountOfUser(userName: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!userName.startsWith(accountPrefix)) return undefined
  const [namespace = '', name = '', more] = userName.slice(accountPrefix.length).split(':')
  return namespace === '' || name === '' || more !== undefined ? undefined : { namespace, name }
}

/** The groups every service account of a namespace is in. */
export function accountGroups(namespace: string): string[] {
  return [groups.serviceAccounts, `${groups.serviceAccounts}:${namespace}`]
}
