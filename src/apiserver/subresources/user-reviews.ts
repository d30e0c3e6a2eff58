// Who am I, what may I do in a namespace, and whose token is this?
// Upstream: pkg/registry/authentication/{selfsubjectreview,tokenreview}, pkg/registry/authorization/selfsubjectrulesreview.

import type { PolicyRule } from '../../api/rbac.ts'
import { badRequestError } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import type { ApiResponse, User } from '../../api/wire.ts'
import { groups } from '../identity/groups.ts'
import { nodeNameOf } from '../identity/node-rules.ts'
import type { Call, Parts } from '../parts.ts'
import { answerReview, readReview } from './review.ts'

export async function reviewSelf(_parts: Parts, call: Call): Promise<ApiResponse> {
  const { object, warnings } = readReview(call)
  return answerReview(call, { ...object, status: { userInfo: userInfo(call.user) } } as ApiObject, warnings)
}

export async function reviewOwnRules(parts: Parts, call: Call): Promise<ApiResponse> {
  const { object, warnings } = readReview(call)
  const { spec = {} } = object as ApiObject & { spec?: { namespace?: string } }
  const { namespace = '' } = spec
  if (namespace === '') throw badRequestError('no namespace on request')
  const rules = parts.facts.grants.rulesFor(call.user, namespace)
  // What a node may do hangs on each object, and cannot be told as a list of rules.
  const isNode = nodeNameOf(call.user) !== undefined
  const status = {
    resourceRules: rules.filter(({ nonResourceURLs = [] }) => nonResourceURLs.length === 0).map(resourceRule),
    nonResourceRules: rules.flatMap(({ verbs, nonResourceURLs = [] }) =>
      nonResourceURLs.length === 0 ? [] : [{ verbs, nonResourceURLs }],
    ),
    incomplete: isNode,
    ...(isNode ? { evaluationError: 'node authorizer does not support user rule resolution' } : {}),
  }
  // What was asked is not told back.
  return answerReview(call, { ...object, spec: {}, status } as ApiObject, warnings)
}

export async function reviewToken(parts: Parts, call: Call): Promise<ApiResponse> {
  const { object, warnings } = readReview(call)
  const { spec = {} } = object as ApiObject & { spec?: { token?: string; audiences?: string[] } }
  const { token = '', audiences = [] } = spec
  if (token === '') throw badRequestError('token is required for TokenReview in authentication')
  const holder = parts.tokens.holderOf(token, audiences.length === 0 ? undefined : audiences)
  const status =
    holder === undefined
      ? { user: {}, error: 'invalid bearer token' }
      : { authenticated: true, user: userInfo(authenticated(holder.user)), audiences: holder.audiences }
  return answerReview(call, { ...object, spec, status } as ApiObject, warnings)
}

function userInfo({ name, uid, groups, extra }: User): object {
  const hasExtra = extra !== undefined && Object.keys(extra).length > 0
  return { username: name, ...(uid === undefined ? {} : { uid }), groups, ...(hasExtra ? { extra } : {}) }
}

function authenticated(user: User): User {
  return { ...user, groups: [...user.groups, groups.authenticated] }
}

function resourceRule({ verbs, apiGroups, resources, resourceNames = [] }: PolicyRule): object {
  return { verbs, apiGroups, resources, ...(resourceNames.length === 0 ? {} : { resourceNames }) }
}
