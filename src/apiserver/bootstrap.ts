// What every cluster has from its first moment: the namespaces its own parts live in (W11.12), and the roles by which
// everybody may do what he may. Upstream: pkg/controlplane/controller/systemnamespaces, pkg/registry/rbac/rest.

import type { ClusterRole, RoleBinding } from '../api/rbac.ts'
import { clusterRoleBindings, clusterRoles, namespaces, type Resource } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import type { ApiObject } from '../api/types.ts'
import type { User } from '../api/wire.ts'
import { defaultClusterRoleBindings, defaultClusterRoles } from './identity/default-policy.ts'
import { groups } from './identity/groups.ts'
import { gathered, upkeptBinding, upkeptRole } from './identity/policy-upkeep.ts'
import type { Call, Parts } from './parts.ts'
import { parseStored } from './stored.ts'
import { changeObject } from './verbs/change.ts'
import { createObject } from './verbs/create.ts'
import { removeObject } from './verbs/delete.ts'
import { parseDeletion } from './verbs/delete-options.ts'

export const systemNamespaces: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

/** One of the controllers, too, as far as it is about who keeps which fields: what it makes needs no record of that. */
const self: User = { name: 'system:apiserver', groups: [groups.masters, groups.controllers] }

/** Resolves when they are stored. They are decided at once: a write that comes next finds its namespace. */
export async function bootstrap(parts: Parts): Promise<void> {
  await Promise.all([
    ...systemNamespaces.map((name) => ensureNamespace(parts, name)),
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

/** As it will be stored, flushed or not. */
function storedAs<T extends ApiObject>({ store }: Parts, resource: Resource, name: string): T | undefined {
  const record = store.head(resource.collection, name)
  return record === undefined ? undefined : parseStored<T>(record.bytes)
}

/** The table of defaults is shared: what is made of it is ours to change. */
async function make(parts: Parts, resource: Resource, object: ApiObject): Promise<void> {
  try {
    await createObject(parts, selfCall(resource, undefined), structuredClone(object), { dryRun: false })
  } catch (error) {
    if (reasonOf(error) !== 'AlreadyExists') throw error
  }
}

async function change(parts: Parts, resource: Resource, object: ApiObject): Promise<void> {
  const made = structuredClone(object)
  await changeObject(parts, selfCall(resource, nameOf(object)), { by: 'put', dryRun: false, make: () => made })
}

function nameOf({ metadata }: ApiObject): string {
  return metadata.name ?? ''
}

function selfCall(resource: Resource, name: string | undefined): Call {
  return {
    request: {
      method: name === undefined ? 'POST' : 'PUT',
      path: '',
      query: new URLSearchParams(),
      headers: {},
      body: new Uint8Array(),
      user: self,
    },
    user: self,
    target: { resource, namespace: undefined, name, subresource: undefined },
    presentation: { as: 'object', format: 'json', pretty: false },
  }
}
