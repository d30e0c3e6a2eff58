// May this user do this? A request's attributes in, a decision out. The first rule that allows wins; nobody can forbid
// what another rule allows. What the roles hold is roles.ts, what a node may do is node-rules.ts.
// Upstream: apiserver/pkg/authorization/authorizer, plugin/pkg/auth/authorizer.

import type { User } from '../../api/wire.ts'
import { nodeNameOf, nodeRules } from './node-rules.ts'
import { allows, type Role, rolesOf } from './roles.ts'

/** What a request wants, told from its method and URL alone: no body is read before this is decided. */
export type RequestAttributes = ResourceAttributes | PathAttributes

export interface ResourceAttributes {
  readonly kind: 'resource'
  readonly user: User
  /** get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verb: string
  /** '' is the core group. */
  readonly group: string
  /** The resource as it stands in the URL: `pods`. */
  readonly plural: string
  readonly subresource?: string | undefined
  /** Absent: cluster-wide, or across all namespaces. */
  readonly namespace?: string | undefined
  /** Absent: the collection, or a create whose name stands in the body. */
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

export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string }

/** What a decision may look up. The API server hands it in with every question. */
export interface AuthorizationFacts {
  /** The node a stored pod is bound to; undefined: not bound, or no such pod. */
  nodeOfPod(namespace: string, name: string): string | undefined
}

export type Authorizer = (attributes: RequestAttributes, facts: AuthorizationFacts) => Decision

/** Groups whose members may do what their roles say, beyond the built-in ones. */
export interface AuthorizerOptions {
  readonly roles?: readonly Role[]
}

const allowed: Decision = { allowed: true }
const noRule: Decision = { allowed: false, reason: '' }

export function createAuthorizer(options: AuthorizerOptions = {}): Authorizer {
  const extraRoles = options.roles ?? []
  return (attributes, facts) => {
    for (const role of rolesOf(attributes.user, extraRoles)) if (allows(role, attributes)) return allowed
    const nodeName = nodeNameOf(attributes.user)
    return nodeName === undefined ? noRule : nodeRules(nodeName, attributes, facts)
  }
}
