// Questions about what somebody may do: I, or whoever is named, in the whole cluster or in one namespace. Nothing is
// stored (W12.10). Upstream: pkg/registry/authorization, pkg/apis/authorization/validation.

import { type FieldError, invalid } from '../../api/field-error.ts'
import { badRequestError, invalidError } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import type { ApiResponse, User } from '../../api/wire.ts'
import type { RequestAttributes } from '../identity/authorize.ts'
import { grantText } from '../identity/grants.ts'
import type { Call, Parts } from '../parts.ts'
import { answerReview, readReview } from './review.ts'

export function reviewOwnAccess(parts: Parts, call: Call): Promise<ApiResponse> {
  return review(parts, call, () => call.user, [])
}

export function reviewAccess(parts: Parts, call: Call): Promise<ApiResponse> {
  return review(parts, call, namedUser, [checkUser])
}

export function reviewLocalAccess(parts: Parts, call: Call): Promise<ApiResponse> {
  return review(parts, call, namedUser, [checkUser, checkLocal])
}

interface Spec {
  resourceAttributes?: {
    namespace?: string
    verb?: string
    group?: string
    resource?: string
    subresource?: string
    name?: string
    fieldSelector?: { rawSelector?: string }
  }
  nonResourceAttributes?: { path?: string; verb?: string }
  user?: string
  groups?: string[]
  uid?: string
  extra?: Record<string, string[]>
}

type AccessReview = ApiObject & { spec?: Spec }
type Check = (spec: Spec, call: Call) => FieldError[]

async function review(
  parts: Parts,
  call: Call,
  userOf: (spec: Spec) => User,
  checks: readonly Check[],
): Promise<ApiResponse> {
  const { object, warnings } = readReview(call)
  const { spec = {} } = object as AccessReview
  const { resource, namespace } = call.target
  if (resource.namespaced && (object.metadata.namespace ?? namespace) !== namespace) {
    throw badRequestError('the namespace of the provided object does not match the namespace sent on the request')
  }
  const errors = [checkAttributes, ...checks].flatMap((check) => check(spec, call))
  if (errors.length > 0) throw invalidError(resource.group, resource.kind, '', errors)
  const decision = parts.authorizer(attributesOf(userOf(spec), spec), parts.facts)
  const reason = decision.allowed
    ? decision.grant === undefined
      ? ''
      : `RBAC: allowed by ${grantText(decision.grant)}`
    : decision.reason
  const status = { allowed: decision.allowed, ...(reason === '' ? {} : { reason }) }
  return answerReview(call, { ...object, spec, status } as ApiObject, warnings)
}

function checkAttributes({ resourceAttributes, nonResourceAttributes }: Spec): FieldError[] {
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const why = 'cannot be specified in combination with resourceAttributes'
    return [invalid('spec.nonResourceAttributes', nonResourceAttributes, why)]
  }
  if (resourceAttributes !== undefined || nonResourceAttributes !== undefined) return []
  const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
  return [invalid('spec.resourceAttributes', null, why)]
}

function checkUser({ user = '', groups = [] }: Spec): FieldError[] {
  if (user !== '' || groups.length > 0) return []
  return [invalid('spec.user', user, 'at least one of user or group must be specified')]
}

function checkLocal({ resourceAttributes, nonResourceAttributes }: Spec, { target }: Call): FieldError[] {
  const errors: FieldError[] = []
  if (resourceAttributes !== undefined && resourceAttributes.namespace !== target.namespace) {
    const why = 'must match metadata.namespace'
    errors.push(invalid('spec.resourceAttributes.namespace', resourceAttributes.namespace ?? '', why))
  }
  if (nonResourceAttributes !== undefined) {
    const why = 'disallowed on this kind of request'
    errors.push(invalid('spec.nonResourceAttributes', nonResourceAttributes, why))
  }
  return errors
}

/** As told: nobody is put into a group that is not named. */
function namedUser({ user = '', groups = [], uid = '', extra = {} }: Spec): User {
  return { name: user, groups, ...(uid === '' ? {} : { uid }), extra }
}

function attributesOf(user: User, spec: Spec): RequestAttributes {
  const { resourceAttributes: asked, nonResourceAttributes: path } = spec
  if (path !== undefined) return { kind: 'path', user, verb: path.verb ?? '', path: path.path ?? '' }
  const { verb = '', group = '', resource = '', subresource, namespace, name, fieldSelector } = asked ?? {}
  return {
    kind: 'resource',
    user,
    verb,
    group,
    plural: resource,
    subresource: subresource || undefined,
    namespace: namespace || undefined,
    name: name || undefined,
    fieldSelector: fieldSelector?.rawSelector,
  }
}
