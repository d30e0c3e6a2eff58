// Nobody gives away what he does not hold: whoever writes a role must hold its rules, whoever writes a binding must hold
// the rules of its role, unless he may `escalate` or `bind`. Called with the object as it would be stored.
// Upstream: pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased/storage.go.

import { type ClusterRole, type PolicyRule, type Role, type RoleBinding, rbacGroup } from '../../api/rbac.ts'
import type { Resource } from '../../api/resources.ts'
import { type ApiError, forbiddenError, notFoundError } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import type { User } from '../../api/wire.ts'
import { jsonEqual } from '../../base/json.ts'
import type { AuthorizationFacts, Authorizer } from './authorize.ts'
import { groups } from './groups.ts'
import { missingRights, quotedList } from './policy-rules.ts'

export interface RbacWrite {
  readonly user: User
  readonly resource: Pick<Resource, 'group' | 'plural'>
  readonly object: ApiObject
  /** Before the write; undefined for a create. */
  readonly old: ApiObject | undefined
}

/** Undefined when the write may go on; anything that is no role and no binding may. */
export function escalation(write: RbacWrite, authorizer: Authorizer, facts: AuthorizationFacts): ApiError | undefined {
  const { user, resource, object, old } = write
  if (resource.group !== rbacGroup || user.groups.includes(groups.masters)) return undefined
  if (old !== undefined && givesTheSame(object, old)) return undefined
  const { namespace, name = '' } = object.metadata
  const may = (verb: string, plural: string, of: string) =>
    authorizer(
      { kind: 'resource', user, verb, group: rbacGroup, plural, namespace, name: of === '' ? undefined : of },
      facts,
    ).allowed
  const refuse = (why: string) => forbiddenError(resource, name, why)

  const { roleRef } = object as RoleBinding
  if (roleRef === undefined) {
    if (may('escalate', resource.plural, old === undefined ? '' : name)) return undefined
    if ((object as ClusterRole).aggregationRule !== undefined && lacks(write, everyRight, facts) !== undefined) {
      return refuse('must have cluster-admin privileges to use the aggregationRule')
    }
    const why = lacks(write, (object as Role).rules ?? [], facts)
    return why === undefined ? undefined : refuse(why)
  }
  const referred = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (may('bind', referred, roleRef.name)) return undefined
  const rules = facts.grants.rulesOf(roleRef, namespace)
  if (rules === undefined) return notFoundError({ group: rbacGroup, plural: referred }, roleRef.name)
  const why = lacks(write, rules, facts)
  return why === undefined ? undefined : refuse(why)
}

const everyRight: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

/** Labels and finalizers are no rights. */
function givesTheSame(object: ApiObject, old: ApiObject): boolean {
  const given = ({ rules, aggregationRule, roleRef, subjects }: Partial<ClusterRole & RoleBinding>) => {
    return [rules ?? [], aggregationRule ?? null, roleRef ?? null, subjects ?? []]
  }
  return jsonEqual(
    given(object as Partial<ClusterRole & RoleBinding>),
    given(old as Partial<ClusterRole & RoleBinding>),
  )
}

/** Why the user may not give these rules away; undefined: he holds them all. */
function lacks({ user, object }: RbacWrite, rules: readonly PolicyRule[], { grants }: AuthorizationFacts) {
  const missing = missingRights(grants.rulesFor(user, object.metadata.namespace), rules)
  if (missing.length === 0) return undefined
  return (
    `user "${user.name}" (groups=${quotedList(user.groups)}) ` +
    `is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}`
  )
}
