// Who may make this request: its attributes for the authorizer, and the refusal where it may not.

import { pods } from '../api/resources.ts'
import { ApiError } from '../api/status.ts'
import type { ApiRequest, User } from '../api/wire.ts'
import { factsOf } from './facts.ts'
import type { AuthorizationFacts, RequestAttributes } from './identity/authorize.ts'
import { refusal } from './identity/forbidden.ts'
import { groups } from './identity/roles.ts'
import type { ApiserverOptions } from './parts.ts'
import type { Route } from './request.ts'
import { storeKey } from './stored.ts'

/** Whoever proved nothing: may read whether the server is well, and no more. */
const anonymous: User = { name: 'system:anonymous', groups: [groups.unauthenticated] }

/** Throws 401 or 403 where the request may not be made; says who makes it. */
export function authorize(
  parts: Pick<ApiserverOptions, 'authorizer' | 'store'>,
  request: ApiRequest,
  route: Route,
): User {
  const user = request.user ?? anonymous
  const attributes = attributesOf(request, route, user)
  const decision = parts.authorizer(attributes, factsForAuthorizer(parts))
  if (decision.allowed) return user
  if (request.user === undefined) throw new ApiError('Unauthorized', 'Unauthorized')
  throw refusal(attributes, decision.reason)
}

export function factsForAuthorizer({ store }: Pick<ApiserverOptions, 'store'>): AuthorizationFacts {
  return {
    nodeOfPod(namespace, name) {
      const record = store.head(pods.collection, storeKey(namespace, name))
      const nodeName = record === undefined ? undefined : factsOf(pods, record.bytes).spec?.nodeName
      return typeof nodeName === 'string' && nodeName !== '' ? nodeName : undefined
    },
  }
}

function attributesOf(request: ApiRequest, route: Route, user: User): RequestAttributes {
  const { method, path, query } = request
  if (route.to !== 'target') return { kind: 'path', user, verb: method === 'GET' ? 'get' : method.toLowerCase(), path }
  const { resource, namespace, name, subresource } = route.target
  return {
    kind: 'resource',
    user,
    verb: route.verb,
    group: resource.group,
    plural: resource.plural,
    subresource: subresource?.name,
    namespace,
    name,
    fieldSelector: query.get('fieldSelector') ?? undefined,
  }
}
