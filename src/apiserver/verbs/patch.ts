// PATCH: the object as it stands, changed as the patch says, then treated like any other update (part 10).
// Upstream: apiserver/pkg/endpoints/handlers/patch.go.

import { applyDefaults } from '../../api/defaults/defaults.ts'
import { forbidden, invalid } from '../../api/field-error.ts'
import { goText } from '../../api/go-text.ts'
import { apiVersionOf, type Resource } from '../../api/resources.ts'
import { type Decoded, decodeValue } from '../../api/schema/decode.ts'
import { ApiError, badRequestError, invalidError } from '../../api/status.ts'
import { strategicMergePatch } from '../../api/strategic-merge-patch.ts'
import type { ApiObject } from '../../api/types.ts'
import type { ApiResponse } from '../../api/wire.ts'
import { isObject } from '../../base/json.ts'
import { jsonPatch } from '../../base/json-patch.ts'
import { mergePatch } from '../../base/merge-patch.ts'
import { PatchError } from '../../base/patch-error.ts'
import { warningHeader } from '../answer.ts'
import { bodyText, mediaType } from '../body.ts'
import { type FieldValidation, optionsError, writeOptionsOf } from '../options.ts'
import type { Call, Parts } from '../parts.ts'
import { presentObject } from '../present.ts'
import { mustBeThere } from '../registry.ts'
import { isTrue } from '../request.ts'
import { applyMediaType, apply as applyVerb } from './apply.ts'
import { changeObject } from './change.ts'
import { trackedChange } from './field-manager.ts'

export async function patch(parts: Parts, call: Call): Promise<ApiResponse> {
  if (mediaType(call.request) === applyMediaType) return applyVerb(parts, call)
  const { resource, namespace, name = '' } = call.target
  const type = patchTypeOf(call)
  const { dryRun, fieldValidation } = writeOptionsOf('PatchOptions', call.request.query)
  if (isTrue(call.request.query.get('force'))) {
    throw optionsError('PatchOptions', [forbidden('force', 'may not be specified for non-apply patch')])
  }
  // W10.1: an absent object is told before the body is looked at.
  await mustBeThere(parts, { resource, namespace, name })
  const body = parseBody(type, bodyText(call.request))
  let warnings: readonly string[] = []
  const make = (current: ApiObject) => {
    const patched = apply(type, resource, current, body)
    const { object, problems } = decodePatched(type, resource, patched, body)
    warnings = judge(type, problems, patched, body, fieldValidation)
    applyDefaults(resource, object)
    return trackedChange(parts, call, current, object)
  }
  const changed = await changeObject(parts, call, { by: 'patch', dryRun, make })
  return presentObject(parts, call, 200, changed.bytes, warningHeader([...warnings, ...changed.warnings]))
}

type PatchType = 'json' | 'merge' | 'strategic'

const patchTypes: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
}

function patchTypeOf(call: Call): PatchType {
  const type = patchTypes[mediaType(call.request)]
  if (type === undefined) throw new ApiError('UnsupportedMediaType', '415: Unsupported Media Type', {})
  return type
}

function parseBody(type: PatchType, text: string): unknown {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw badRequestError(type === 'json' ? `error decoding patch: ${why}` : why)
  }
  if (type !== 'json' && !isObject(body)) {
    const found = body === null ? 'null' : Array.isArray(body) ? 'array' : typeof body
    throw badRequestError(`json: cannot unmarshal ${found} into Go value of type map[string]interface {}`)
  }
  return body
}

/** The result is no longer ours to trust: anything may stand in it. */
function apply(type: PatchType, resource: Resource, current: ApiObject, body: unknown): unknown {
  try {
    switch (type) {
      case 'json':
        return jsonPatch(current, body)
      case 'merge':
        return mergePatch(current, body)
      case 'strategic':
        return strategicMergePatch(resource.schema, current, body)
      default:
        return type satisfies never
    }
  } catch (error) {
    throw error instanceof PatchError ? refusedPatch(error) : error
  }
}

function refusedPatch(error: PatchError): ApiError {
  switch (error.reason) {
    case 'malformed':
      return badRequestError(error.message)
    case 'too large':
      return new ApiError('RequestEntityTooLarge', error.message, {})
    case 'does not apply': {
      const message = 'the server rejected our request due to an error in our request'
      return new ApiError('Invalid', message, {}, { cause: error })
    }
    default:
      return error.reason satisfies never
  }
}

/** A patch may say another kind or version: it means nothing (W10.2). */
function decodePatched(type: PatchType, resource: Resource, patched: unknown, body: unknown): Decoded {
  if (!isObject(patched)) throw badRequestError('the patch does not leave an object')
  try {
    return decodeValue(resource, { ...patched, kind: resource.kind, apiVersion: apiVersionOf(resource) })
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const why = error.cause instanceof Error ? error.cause.message : error.message
    throw invalidPatch(type, patched, body, why)
  }
}

function judge(
  type: PatchType,
  problems: readonly string[],
  patched: unknown,
  body: unknown,
  validation: FieldValidation,
): readonly string[] {
  if (problems.length === 0 || validation === 'Ignore') return []
  if (validation === 'Warn') return problems
  throw invalidPatch(type, patched, body, `strict decoding error: ${problems.join(', ')}`)
}

/** W9.1, W9.2: what a patch leads to is told as a fault of the patch, by no name at all. */
function invalidPatch(type: PatchType, patched: unknown, body: unknown, why: string): ApiError {
  const shown = type === 'strategic' ? goText(body) : JSON.stringify(patched)
  return invalidError('', '', '', [invalid('patch', shown, why)])
}
