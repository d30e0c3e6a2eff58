// May this user do this? A request's attributes in, a decision out. The first way that allows wins; nobody can forbid
// what another allows: the group of masters may do everything, a node what node-rules.ts says, everybody what the roles
// he holds say (grants.ts).
// Upstream: apiserver/pkg/authorization/authorizer, plugin/pkg/auth/authorizer.

import type { User } from '../../api/wire.ts'
import { type Grant, type Grants, missingRoleText } from './grants.ts'
import { groups } from './groups.ts'
import { nodeNameOf, nodeRules } from './node-rules.ts'
import { ruleAllows } from './policy-rules.ts'

/** What a request wants, told from its method and URL alone: no body is read before this is decided. */
export type RequestAttributes = ResourceAttributes | PathAttributes

export interface ResourceAttributes {
  readonly kind: 'resource'
  readonly user: User
  /** get, list, watch, create, update, patch, delete, deletecollection; impersonate, bind, escalate … */
  readonly verb: string
  /** '' is the core group. */
  readonly group: string
  /** The resource as it stands in the URL: `pods`. */
  readonly plural: string
  readonly subresource?: string | undefined
  /** Absent: cluster-wide, or across all namespaces. */
  readonly namespace?: string | undefined
  /** Absent: the collection, or a create whose name stands in the body. A list may name one by its field selector. */
  readonly name?: string | undefined
  /** The query's `fieldSelector`, as it was sent: a node's lists are limited by it. */
  readonly fieldSelector?: string | undefined
}

/** Anything that is no resource: `/version`, `/openapi/v3`, `/metrics`. */
export interface PathAttributes {
  readonly kind: 'path'
  readonly user: User
  /** The method in lower case. */
  readonly verb: string
  readonly path: string
}

export type Decision =
  /** `grant`: by which binding; without one, by being who the user is. */
  { readonly allowed: true; readonly grant?: Grant } | { readonly allowed: false; readonly reason: string }

/** What a decision may look up. The API server hands it in with every question. */
export interface AuthorizationFacts {
  /** The node a stored pod is bound to; undefined: not bound, or no such pod. */
  nodeOfPod(namespace: string, name: string): string | undefined
  /** Does a pod that is bound to the node refer to this? */
  isUsedOnNode(nodeName: string, used: UsedObject): boolean
  readonly grants: Pick<Grants, 'find' | 'rulesFor' | 'rulesOf'>
}

/** What pods refer to, and so their nodes must read. */
export interface UsedObject {
  readonly plural: 'secrets' | 'configmaps' | 'serviceaccounts'
  readonly namespace: string
  readonly name: string
}

export type Authorizer = (attributes: RequestAttributes, facts: AuthorizationFacts) => Decision

const allowed: Decision = { allowed: true }

export function createAuthorizer(): Authorizer {
  return (attributes, facts) => {
    const { user } = attributes
    if (user.groups.includes(groups.masters)) return allowed
    const nodeName = nodeNameOf(user)
    const asNode = nodeName === undefined ? undefined : nodeRules(nodeName, attributes, facts)
    if (asNode?.allowed === true) return asNode
    const asHolder = byRoles(attributes, facts)
    if (asHolder.allowed || asNode === undefined || asNode.reason === '') return asHolder
    return { allowed: false, reason: [asNode.reason, asHolder.reason].filter((reason) => reason !== '').join('\n') }
  }
}

/** Upstream: plugin/pkg/auth/authorizer/rbac/rbac.go. */
function byRoles(attributes: RequestAttributes, { grants }: AuthorizationFacts): Decision {
  const missing: string[] = []
  const namespace = attributes.kind === 'resource' ? attributes.namespace : undefined
  const grant = grants.find(attributes.user, namespace, (candidate, rules) => {
    if (rules === undefined) missing.push(missingRoleText(candidate))
    return rules?.some((rule) => ruleAllows(rule, attributes)) === true
  })
  if (grant !== undefined) return { allowed: true, grant }
  const [one = '', ...others] = missing
  const what = others.length === 0 ? one : `[${missing.join(', ')}]`
  return { allowed: false, reason: what === '' ? '' : `RBAC: ${what}` }
}
