// Questions about oneself: may I do this, and who am I? Nothing is stored (W12.10).
// Upstream: pkg/registry/authorization/selfsubjectaccessreview, pkg/registry/authentication/selfsubjectreview.

import { invalid } from '../../api/field-error.ts'
import { invalidError } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import type { ApiResponse } from '../../api/wire.ts'
import { warningHeader } from '../answer.ts'
import { readObject } from '../body.ts'
import type { RequestAttributes } from '../identity/authorize.ts'
import { writeOptionsOf } from '../options.ts'
import type { Call, Parts } from '../parts.ts'
import { presentValue } from '../present.ts'

export async function reviewAccess(parts: Parts, call: Call): Promise<ApiResponse> {
  const { object, warnings } = readReview(call)
  const { spec = {} } = object as AccessReview
  const decision = parts.authorizer(attributesOf(call, spec), parts.facts)
  const status = decision.allowed
    ? { allowed: true }
    : { allowed: false, ...(decision.reason === '' ? {} : { reason: decision.reason }) }
  return answer(call, { ...object, spec, status } as ApiObject, warnings)
}

export async function reviewSelf(_parts: Parts, call: Call): Promise<ApiResponse> {
  const { object, warnings } = readReview(call)
  const { name, uid, groups } = call.user
  const userInfo = { username: name, ...(uid === undefined ? {} : { uid }), groups }
  return answer(call, { ...object, status: { userInfo } } as ApiObject, warnings)
}

interface AccessReview extends ApiObject {
  spec?: {
    resourceAttributes?: {
      namespace?: string
      verb?: string
      group?: string
      resource?: string
      subresource?: string
      name?: string
    }
    nonResourceAttributes?: { path?: string; verb?: string }
  }
}

function readReview(call: Call) {
  const { fieldValidation } = writeOptionsOf('CreateOptions', call.request.query)
  return readObject(call.request, call.target.resource, fieldValidation)
}

function attributesOf({ user, target }: Call, spec: NonNullable<AccessReview['spec']>): RequestAttributes {
  const { resourceAttributes: asked, nonResourceAttributes: path } = spec
  if ((asked === undefined) === (path === undefined)) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    const error = invalid('spec.resourceAttributes', asked ?? null, why)
    throw invalidError(target.resource.group, target.resource.kind, '', [error])
  }
  if (path !== undefined) return { kind: 'path', user, verb: path.verb ?? '', path: path.path ?? '' }
  const { verb = '', group = '', resource = '', subresource, namespace, name } = asked ?? {}
  return {
    kind: 'resource',
    user,
    verb,
    group,
    plural: resource,
    subresource: subresource || undefined,
    namespace: namespace || undefined,
    name: name || undefined,
  }
}

function answer({ presentation, target }: Call, review: ApiObject, warnings: readonly string[]): ApiResponse {
  const { kind } = target.resource
  return presentValue(presentation, 201, { ...review, kind, metadata: review.metadata }, warningHeader(warnings))
}
