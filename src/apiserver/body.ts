// The body of a write as an object: which media types are read, how large they may be, and what becomes of fields that
// the kind does not have (W1.4, W9.1).

import { decodeProtobuf, protobufMediaType } from '../api/protobuf/decode.ts'
import type { Resource } from '../api/resources.ts'
import { type Decoded, decodeJson, decodeValue, type ExpectedKind } from '../api/schema/decode.ts'
import { decodeLimits } from '../api/schema/decode-fields.ts'
import { ApiError, badRequestError } from '../api/status.ts'
import type { ApiObject } from '../api/types.ts'
import type { ApiRequest } from '../api/wire.ts'
import { isObject } from '../base/json.ts'
import type { FieldValidation } from './options.ts'
import { textOf } from './stored.ts'
import { parseYaml } from './yaml.ts'

export const bodyLimits = {
  /** Upstream: apiserver/pkg/server/config.go, MaxRequestBodyBytes. */
  bytes: 3 * 1024 * 1024,
  shallowBytes: 64 * 1024,
} as const

export interface ReadObject {
  readonly object: ApiObject
  readonly warnings: readonly string[]
}

/** The object a create or an update carries. */
export function readObject(request: ApiRequest, resource: Resource, validation: FieldValidation): ReadObject {
  const { object, problems } = decodeBody(request, resource)
  return { object, warnings: judge(resource, problems, validation) }
}

function decodeBody(request: ApiRequest, expected: ExpectedKind): Decoded {
  const format = formatOf(request)
  switch (format) {
    case 'json':
      return decodeJson(expected, bodyText(request))
    case 'yaml': {
      const { value, problems } = parseYaml(bodyText(request), expected.kind)
      const decoded = decodeValue(expected, value)
      return { object: decoded.object, problems: [...problems, ...decoded.problems] }
    }
    case 'protobuf':
      return decodeValue(expected, decodeProtobuf(limited(request)))
    default:
      return format satisfies never
  }
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

/**
 * A body of a kind that only travels; undefined when there is none. It may come in any version: `policy/v1beta1` is an
 * Eviction too, and each group has its own DeleteOptions.
 */
export function readPassing<T extends ApiObject>(
  request: ApiRequest,
  kind: 'Binding' | 'DeleteOptions' | 'Eviction' | 'TokenRequest',
): T | undefined {
  if (request.body.byteLength === 0) return undefined
  const value = passingValue(request, kind)
  if (!isObject(value)) throw badRequestError(`the object provided is unrecognized (must be of type ${kind})`)
  if (value.kind !== undefined && value.kind !== '' && value.kind !== kind) {
    throw badRequestError(`${String(value.kind)} cannot be handled as a ${kind}`)
  }
  const expected = { group: '', version: 'v1', kind, schema: kind }
  return decodeValue(expected, { ...value, kind, apiVersion: 'v1' }).object as T
}

function passingValue(request: ApiRequest, kind: string): unknown {
  const format = formatOf(request)
  switch (format) {
    case 'json':
      return parseJson(bodyText(request), kind)
    case 'yaml':
      return parseYaml(bodyText(request), kind).value
    case 'protobuf':
      return decodeProtobuf(limited(request))
    default:
      return format satisfies never
  }
}

function parseJson(text: string, kind: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw badRequestError(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why}`,
    )
  }
}

export function bodyText(request: ApiRequest): string {
  const bytes = limited(request)
  // A short body cannot be deep enough to take long; a long one is looked at before it is parsed.
  if (bytes.byteLength > bodyLimits.shallowBytes && isBracketed(bytes) && isDeeperThan(bytes, decodeLimits.depth)) {
    throw badRequestError('the object provided is unrecognized: exceeded max depth')
  }
  return wellFormed(textOf(bytes))
}

/** JSON, or YAML that looks like it; other YAML has a limit of its own (yaml.ts). */
function isBracketed(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
  return first === openBrace || first === openBracket
}

/** Are more brackets open at a time, outside of strings? */
function isDeeperThan(bytes: Uint8Array, limit: number): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === quote) inString = !inString
    else if (inString) i += byte === backslash ? 1 : 0
    else if ((byte === openBrace || byte === openBracket) && ++depth > limit) return true
    else if (byte === closeBrace || byte === closeBracket) depth--
  }
  return false
}

const quote = 0x22
const backslash = 0x5c
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Half a surrogate pair, which JSON can write and UTF-8 cannot, is a replacement character, as in Go. */
function wellFormed(text: string): string {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return text
  return text.replace(
    /\\(?:u([dD][89a-fA-F][\da-fA-F]{2})(\\u[dD][c-fC-F][\da-fA-F]{2})?|[\s\S])/g,
    (all, first, second) => {
      if (first === undefined) return all
      const isHigh = /^.[89abAB]/.test(first)
      if (isHigh && second !== undefined) return all
      return `\\ufffd${second === undefined ? '' : '\\ufffd'}`
    },
  )
}

function limited({ body }: ApiRequest): Uint8Array {
  if (body.byteLength > bodyLimits.bytes) {
    throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${bodyLimits.bytes}`)
  }
  return body
}

const formats: Readonly<Record<string, 'json' | 'yaml' | 'protobuf'>> = {
  '': 'json',
  'application/json': 'json',
  'application/yaml': 'yaml',
  [protobufMediaType]: 'protobuf',
}

function formatOf(request: ApiRequest): 'json' | 'yaml' | 'protobuf' {
  const format = formats[mediaType(request)]
  if (format !== undefined) return format
  throw new ApiError(
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: ' +
      `application/json, application/yaml, ${protobufMediaType}`,
  )
}

/** Without parameters; '' where none was sent. */
export function mediaType(request: ApiRequest): string {
  const type = request.headers['content-type'] ?? ''
  const semicolon = type.indexOf(';')
  return (semicolon < 0 ? type : type.slice(0, semicolon)).trim().toLowerCase()
}
