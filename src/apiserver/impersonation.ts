// Acting as somebody else: `kubectl --as`. Each part of the other identity, name, groups, uid and extras, is a right of
// its own; what follows is decided as if the other had asked.
// Upstream: apiserver/pkg/endpoints/filters/impersonation.

import { ApiError } from '../api/status.ts'
import type { ApiRequest, User } from '../api/wire.ts'
import { anonymous } from './authorization.ts'
import type { AuditTrail } from './identity/audit.ts'
import type { ResourceAttributes } from './identity/authorize.ts'
import { refusal } from './identity/forbidden.ts'
import { accountGroups, accountOfUser, groups } from './identity/groups.ts'
import type { Parts } from './parts.ts'

/** The request as it is to be decided and carried out: the same one where nobody is impersonated. */
export function asWhom(
  parts: Pick<Parts, 'authorizer' | 'facts'>,
  request: ApiRequest,
  trail?: AuditTrail,
): ApiRequest {
  const wanted = wantedUser(request)
  if (wanted === undefined) return request
  const user = request.user ?? anonymous
  for (const attributes of rightsFor(wanted, user)) {
    const decision = parts.authorizer(attributes, parts.facts)
    if (!decision.allowed) {
      trail?.decided(decision)
      throw refusal(attributes, decision.reason)
    }
  }
  const other = complete(wanted)
  trail?.impersonates(other)
  return { ...request, headers: withoutImpersonation(request), user: other }
}

const prefix = 'impersonate-'
const extraPrefix = `${prefix}extra-`

/** Values of a header that was sent more than once are a line each: no value can hold a line break. */
const lines = (value: string | undefined) => (value === undefined ? [] : value.split('\n'))

function wantedUser({ headers }: ApiRequest): User | undefined {
  const names = Object.keys(headers).filter((header) => header.startsWith(prefix))
  if (names.length === 0) return undefined
  const name = headers[`${prefix}user`] ?? ''
  if (name === '') {
    const message = `requested ${names.sort().join(', ')} without impersonating a user`
    throw new ApiError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
  }
  const uid = headers[`${prefix}uid`] ?? ''
  const extra = extrasOf(headers)
  return {
    name,
    groups: lines(headers[`${prefix}group`]),
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

function extrasOf(headers: ApiRequest['headers']): Record<string, readonly string[]> {
  const extras: [string, readonly string[]][] = []
  for (const [header, value] of Object.entries(headers)) {
    if (header.startsWith(extraPrefix)) extras.push([unescaped(header.slice(extraPrefix.length)), lines(value)])
  }
  return Object.fromEntries(extras)
}

/** A key may hold what a header's name may not. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/** What `user` must be allowed, to be `wanted`. */
function rightsFor(wanted: User, user: User): ResourceAttributes[] {
  const right = (plural: string, name: string, more: Partial<ResourceAttributes> = {}): ResourceAttributes => {
    return { kind: 'resource', user, verb: 'impersonate', group: '', plural, name, ...more }
  }
  const account = accountOfUser(wanted.name)
  const authentication = { group: 'authentication.k8s.io' }
  return [
    account === undefined
      ? right('users', wanted.name)
      : right('serviceaccounts', account.name, { namespace: account.namespace }),
    ...wanted.groups.map((group) => right('groups', group)),
    ...Object.entries(wanted.extra ?? {}).flatMap(([subresource, values]) =>
      values.map((value) => right('userextras', value, { ...authentication, subresource })),
    ),
    ...(wanted.uid === undefined ? [] : [right('uids', wanted.uid, authentication)]),
  ]
}

/** The groups everybody of that name is in. */
function complete(wanted: User): User {
  const account = accountOfUser(wanted.name)
  const own = account !== undefined && wanted.groups.length === 0 ? accountGroups(account.namespace) : wanted.groups
  const everybody = wanted.name === anonymous.name ? groups.unauthenticated : groups.authenticated
  const isThere = own.includes(groups.authenticated) || own.includes(groups.unauthenticated)
  return { ...wanted, groups: isThere ? own : [...own, everybody] }
}

function withoutImpersonation({ headers }: ApiRequest): ApiRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([header]) => !header.startsWith(prefix)))
}
