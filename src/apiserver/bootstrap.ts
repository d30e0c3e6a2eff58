// What every cluster has from its first moment: the namespaces its own parts live in (W11.12), the service by which
// pods find the server, and the roles by which everybody may do what he may. Upstream: pkg/controlplane/controller/systemnamespaces, pkg/registry/rbac/rest.

import type { ClusterRole, RoleBinding } from '../api/rbac.ts'
import { clusterRoleBindings, clusterRoles, namespaces } from '../api/resources.ts'
import { defaultClusterRoleBindings, defaultClusterRoles } from './identity/default-policy.ts'
import { gathered, upkeptBinding, upkeptRole } from './identity/policy-upkeep.ts'
import { ensureOwnService } from './own-service.ts'
import { change, make, nameOf, storedAs } from './own-writes.ts'
import type { Parts } from './parts.ts'
import { removeObject } from './verbs/delete.ts'
import { parseDeletion } from './verbs/delete-options.ts'

export const systemNamespaces: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

/** Resolves when they are stored. They are decided at once: a write that comes next finds its namespace. */
export async function bootstrap(parts: Parts): Promise<void> {
  await Promise.all([
    ...systemNamespaces.map((name) => ensureNamespace(parts, name)),
    ensureOwnService(parts),
    ...gathered(defaultClusterRoles).map((role) => ensureRole(parts, role)),
    ...defaultClusterRoleBindings.map((binding) => ensureBinding(parts, binding)),
  ])
}

async function ensureNamespace(parts: Parts, name: string): Promise<void> {
  if (storedAs(parts, namespaces, name) === undefined) await make(parts, namespaces, { metadata: { name } })
}

async function ensureRole(parts: Parts, wanted: ClusterRole): Promise<void> {
  const found = storedAs<ClusterRole>(parts, clusterRoles, nameOf(wanted))
  const role = upkeptRole(wanted, found)
  if (role === undefined) return
  await (found === undefined ? make(parts, clusterRoles, role) : change(parts, clusterRoles, role))
}

async function ensureBinding(parts: Parts, wanted: RoleBinding): Promise<void> {
  const name = nameOf(wanted)
  const found = storedAs<RoleBinding>(parts, clusterRoleBindings, name)
  const upkept = upkeptBinding(wanted, found)
  if (upkept === undefined) return
  if (upkept.replaces) {
    const place = { resource: clusterRoleBindings, namespace: undefined, name }
    await removeObject(parts, place, parseDeletion({}))
  }
  const isNew = found === undefined || upkept.replaces
  await (isNew ? make(parts, clusterRoleBindings, upkept.binding) : change(parts, clusterRoleBindings, upkept.binding))
}
