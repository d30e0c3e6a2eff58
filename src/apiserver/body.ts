// The body of a write as an object: which media types are read, how large they may be, and what becomes of fields that
// the kind does not have (W1.4, W9.1).

import type { Resource } from '../api/resources.ts'
import { type Decoded, decodeJson, decodeValue } from '../api/schema/decode.ts'
import { ApiError, badRequestError } from '../api/status.ts'
import type { ApiObject } from '../api/types.ts'
import type { ApiRequest } from '../api/wire.ts'
import { isObject, type JsonObject } from '../base/json.ts'
import type { FieldValidation } from './options.ts'
import { textOf } from './stored.ts'
import { parseYaml } from './yaml.ts'

export const bodyLimits = {
  /** Upstream: apiserver/pkg/server/config.go, MaxRequestBodyBytes. */
  bytes: 3 * 1024 * 1024,
} as const

export interface ReadObject {
  readonly object: ApiObject
  readonly warnings: readonly string[]
}

/** The object a create or an update carries. */
export function readObject(request: ApiRequest, resource: Resource, validation: FieldValidation): ReadObject {
  const text = bodyText(request)
  const decoded = isYaml(request) ? decodeYaml(resource, text) : decodeJson(resource, text)
  return { object: decoded.object, warnings: judge(resource, decoded.problems, validation) }
}

/** What strict decoding found: an error, a warning, or nothing (W9.1). */
function judge(resource: Resource, problems: readonly string[], validation: FieldValidation): readonly string[] {
  if (problems.length === 0 || validation === 'Ignore') return []
  if (validation === 'Warn') return problems
  const { kind, version } = resource
  throw badRequestError(
    `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${problems.join(', ')}`,
  )
}

function decodeYaml(resource: Resource, text: string): Decoded {
  const { value, problems } = parseYaml(text, resource.kind)
  const decoded = decodeValue(resource, value)
  return { object: decoded.object, problems: [...problems, ...decoded.problems] }
}

/** A small body that has no stored kind: Eviction, Binding, DeleteOptions. Undefined when there is none. */
export function readOptionalBody(request: ApiRequest, kind: string): JsonObject | undefined {
  const text = bodyText(request)
  if (text.trim() === '') return undefined
  const value = isYaml(request) ? parseYaml(text, kind).value : parseJson(text, kind)
  if (!isObject(value)) throw badRequestError(`the object provided is unrecognized (must be of type ${kind})`)
  if (value.kind !== undefined && value.kind !== kind) {
    throw badRequestError(`${String(value.kind)} cannot be handled as a ${kind}`)
  }
  return value
}

export function bodyText(request: ApiRequest): string {
  if (request.body.byteLength > bodyLimits.bytes) {
    throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${bodyLimits.bytes}`)
  }
  return textOf(request.body)
}

export function parseJson(text: string, kind: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw badRequestError(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why}`,
    )
  }
}

function isYaml(request: ApiRequest): boolean {
  const type = mediaType(request)
  if (type === 'application/json' || type === '') return false
  if (type === 'application/yaml') return true
  throw new ApiError(
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml',
    {},
  )
}

/** Without parameters; '' where none was sent. */
export function mediaType(request: ApiRequest): string {
  const type = request.headers['content-type'] ?? ''
  const semicolon = type.indexOf(';')
  return (semicolon < 0 ? type : type.slice(0, semicolon)).trim().toLowerCase()
}
