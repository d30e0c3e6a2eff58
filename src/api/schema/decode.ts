// Reading an object somebody sent: JSON in, an object of its kind out. Fields the kind does not have are dropped and
// told, duplicate fields too; a value of the wrong type is refused in upstream's words (W6.3, W9.1, W9.2).
// Upstream: apimachinery/pkg/runtime/serializer/json, apiserver/pkg/endpoints/handlers/create.go.

import { isObject, type JsonObject, setKey } from '../../base/json.ts'
import { apiVersionOf, type Resource, resourceOfKind } from '../resources.ts'
import { type ApiError, badRequestError } from '../status.ts'
import type { ApiObject } from '../types.ts'
import { decodeFields } from './decode-fields.ts'
import { shapeOf, Undecodable } from './decode-scalar.ts'
import { countMembers, strictProblems } from './strict-problems.ts'

export interface Decoded {
  readonly object: ApiObject
  /** `unknown field "spec.bogus"`, `duplicate field "spec.x"`, in the order of the document. */
  readonly problems: string[]
}

/** The kind that is expected: a resource, or one of the kinds that only travel (Eviction, Binding, DeleteOptions). */
export type ExpectedKind = Pick<Resource, 'group' | 'version' | 'kind' | 'schema'>

/** An object from its JSON text. */
export function decodeJson(expected: ExpectedKind, text: string): Decoded {
  const value = parse(expected, text)
  const { object, problems, members } = decode(expected, value)
  // JSON.parse keeps one of several members of a name in silence. Counting tells, and only then is the text read again.
  if (members === countMembers(text)) return { object, problems }
  return { object, problems: refusing(expected, value, () => strictProblems(expected.schema, text)) }
}

/**
 * An object from a value that is already parsed: YAML, protobuf, the outcome of a patch. The value is not changed; the
 * object shares with it what needs no change.
 */
export function decodeValue(expected: ExpectedKind, value: unknown): Decoded {
  const { object, problems } = decode(expected, value)
  return { object, problems }
}

function decode(expected: ExpectedKind, value: unknown): Decoded & { members: number } {
  if (!isObject(value))
    throw unrecognized(expected, `json: cannot unmarshal ${shapeOf(value)} into Go value of type ${typeMeta}`)
  checkKind(expected, value)
  const { fields, problems, members } = refusing(expected, value, () => decodeFields(expected.schema, value))
  const { kind } = expected
  const apiVersion = apiVersionOf(expected)
  if (fields.kind === kind && fields.apiVersion === apiVersion && isObject(fields.metadata)) {
    return { object: fields as unknown as ApiObject, problems, members }
  }
  const object: JsonObject = { apiVersion, kind, metadata: {} }
  for (const [key, one] of Object.entries(fields)) if (key !== 'apiVersion' && key !== 'kind') setKey(object, key, one)
  return { object: object as unknown as ApiObject, problems, members }
}

function parse(expected: ExpectedKind, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw unrecognized(expected, cause instanceof Error ? cause.message : String(cause))
  }
}

/** Absent apiVersion and kind are taken from the URL; others than expected are refused (W9.3). */
function checkKind(expected: ExpectedKind, value: JsonObject): void {
  const kind = textOr(expected, 'kind', value.kind, expected.kind)
  const apiVersion = textOr(expected, 'apiVersion', value.apiVersion, apiVersionOf(expected))
  if (kind !== expected.kind) {
    const known = resourceOfKind(apiVersion, kind) !== undefined
    const why = known
      ? `converting (${goPackage(apiVersion)}.${kind}) to (${expected.group === '' ? 'core' : expected.group}.${expected.kind}): unknown conversion`
      : `no kind "${kind}" is registered for version "${apiVersion}" in scheme "everynode"`
    throw cannotBeHandled(expected, { kind, apiVersion }, why)
  }
  if (apiVersion !== apiVersionOf(expected)) {
    throw badRequestError(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(expected)})`,
    )
  }
}

function textOr(expected: ExpectedKind, name: string, value: unknown, absent: string): string {
  if (value === undefined || value === null || value === '') return absent
  if (typeof value === 'string') return value
  throw unrecognized(expected, `json: cannot unmarshal ${shapeOf(value)} into Go struct field .${name} of type string`)
}

/** Runs one decoder; what it cannot decode becomes the answer 400. */
function refusing<T>(expected: ExpectedKind, value: unknown, decoder: () => T): T {
  try {
    return decoder()
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error
    const { kind, apiVersion } = isObject(value) ? value : {}
    throw cannotBeHandled(expected, { kind, apiVersion }, error.message, error)
  }
}

/** `DaemonSet in version "v1" cannot be handled as a DaemonSet: …`; the cause carries the last part alone. */
function cannotBeHandled(
  expected: ExpectedKind,
  found: { kind: unknown; apiVersion: unknown },
  why: string,
  cause: Error = new Undecodable(why),
): ApiError {
  const kind = typeof found.kind === 'string' && found.kind !== '' ? found.kind : expected.kind
  const apiVersion =
    typeof found.apiVersion === 'string' && found.apiVersion !== '' ? found.apiVersion : expected.version
  return badRequest(
    `${kind} in version "${goPackage(apiVersion)}" cannot be handled as a ${expected.kind}: ${why}`,
    cause,
  )
}

function unrecognized(expected: ExpectedKind, why: string): ApiError {
  const cause = `couldn't get version/kind; json parse error: ${why}`
  return badRequest(
    `the object provided is unrecognized (must be of type ${expected.kind}): ${cause}`,
    new Undecodable(cause),
  )
}

function badRequest(message: string, cause: Error): ApiError {
  const error = badRequestError(message)
  error.cause = cause
  return error
}

/** `v1` of `apps/v1`. */
function goPackage(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1)
}

/** How upstream's first look at a body names what it wanted. */
const typeMeta =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
