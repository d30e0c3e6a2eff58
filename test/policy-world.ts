// Roles and bindings in a store, for tests of who may do what: by default those every cluster has.
import type { ClusterRole, Role, RoleBinding } from '../src/api/rbac.ts'
import { clusterRoleBindings, clusterRoles, type Resource, roleBindings, roles } from '../src/api/resources.ts'
import type { ApiObject } from '../src/api/types.ts'
import { defaultClusterRoleBindings, defaultClusterRoles } from '../src/apiserver/identity/default-policy.ts'
import { Grants } from '../src/apiserver/identity/grants.ts'
import { gathered } from '../src/apiserver/identity/policy-upkeep.ts'
import { encodeStored, storeKey } from '../src/apiserver/stored.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import type { Store } from '../src/store/store.ts'

export interface Policy {
  readonly clusterRoles?: readonly ClusterRole[]
  readonly clusterRoleBindings?: readonly RoleBinding[]
  readonly roles?: readonly Role[]
  readonly roleBindings?: readonly RoleBinding[]
}

export const defaultPolicy: Policy = {
  clusterRoles: gathered(defaultClusterRoles),
  clusterRoleBindings: defaultClusterRoleBindings,
}

export async function policyStore(policy: Policy = defaultPolicy): Promise<{ store: Store; grants: Grants }> {
  const store = createMemoryStore()
  const grants = new Grants(store)
  await Promise.all([
    ...(policy.clusterRoles ?? []).map((role) => put(store, clusterRoles, role)),
    ...(policy.clusterRoleBindings ?? []).map((binding) => put(store, clusterRoleBindings, binding)),
    ...(policy.roles ?? []).map((role) => put(store, roles, role)),
    ...(policy.roleBindings ?? []).map((binding) => put(store, roleBindings, binding)),
  ])
  return { store, grants }
}

export async function put(store: Store, resource: Resource, object: ApiObject): Promise<void> {
  const { namespace, name = '' } = object.metadata
  const key = storeKey(namespace, name)
  await store.write({ collection: resource.collection, key, expect: undefined, encode: encodeStored(resource, object) })
}

export async function drop(store: Store, resource: Resource, key: string): Promise<void> {
  const record = store.head(resource.collection, key)
  if (record === undefined) return
  await store.write({
    collection: resource.collection,
    key,
    expect: undefined,
    encode: () => record.bytes,
    delete: true,
  })
}
