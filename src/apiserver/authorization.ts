// Who may make this request: its attributes for the authorizer, and the refusal where it may not.

import { exactField, parseFieldSelector } from '../api/field-selectors.ts'
import { ApiError } from '../api/status.ts'
import type { ApiRequest, User } from '../api/wire.ts'
import type { AuditTrail } from './identity/audit.ts'
import type { RequestAttributes } from './identity/authorize.ts'
import { refusal } from './identity/forbidden.ts'
import { groups } from './identity/groups.ts'
import type { Call, Parts } from './parts.ts'
import type { Route } from './request.ts'

/** Whoever proved nothing: may read whether the server is well, and no more. */
export const anonymous: User = { name: 'system:anonymous', groups: [groups.unauthenticated] }

/** Throws 401 or 403 where the request may not be made; says who makes it. */
export function authorize(
  parts: Pick<Parts, 'authorizer' | 'facts'>,
  request: ApiRequest,
  route: Route,
  trail?: AuditTrail,
): User {
  const user = request.user ?? anonymous
  const attributes = attributesOf(request, route, user)
  const decision = parts.authorizer(attributes, parts.facts)
  trail?.decided(decision)
  if (decision.allowed) return user
  if (request.user === undefined) throw new ApiError('Unauthorized', 'Unauthorized')
  throw refusal(attributes, decision.reason)
}

/**
 * A PUT or an apply of what is not there makes it, which is another right than to change it.
 * Upstream: endpoints/handlers/update.go and patch.go, withAuthorization.
 */
export function authorizeCreate({ authorizer, facts }: Pick<Parts, 'authorizer' | 'facts'>, call: Call): void {
  const { request, user, target } = call
  const attributes = attributesOf(request, { to: 'target', target, verb: 'create' }, user)
  const decision = authorizer(attributes, facts)
  if (!decision.allowed) throw refusal(attributes, decision.reason)
}

export function attributesOf(request: ApiRequest, route: Route, user: User): RequestAttributes {
  const { method, path, query } = request
  if (route.to !== 'target') return { kind: 'path', user, verb: method === 'GET' ? 'get' : method.toLowerCase(), path }
  const { resource, namespace, name, subresource } = route.target
  const fieldSelector = query.get('fieldSelector') ?? undefined
  return {
    kind: 'resource',
    user,
    verb: route.verb,
    group: resource.group,
    plural: resource.plural,
    subresource: subresource?.name,
    namespace,
    name: name ?? selectedName(route, fieldSelector),
    fieldSelector,
  }
}

/**
 * A list or a watch of one object by its name counts as one of that object: so a role can allow the watch of one.
 * Upstream: apiserver/pkg/endpoints/request/requestinfo.go.
 */
function selectedName({ target, verb }: Route & { to: 'target' }, fieldSelector = ''): string | undefined {
  if (verb !== 'list' && verb !== 'watch' && verb !== 'deletecollection') return undefined
  if (!fieldSelector.includes('metadata.name')) return undefined
  try {
    const name = exactField(parseFieldSelector(target.resource, fieldSelector), 'metadata.name')
    return name === '' ? undefined : name
  } catch {
    // What does not parse is refused when it is used.
    return undefined
  }
}
