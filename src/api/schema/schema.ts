// What a kind may contain: fields, their types, which are required, and how a patch or a server-side apply merges them.
// Decoding, strategic merge patches and the OpenAPI documents read it. The types are generated (types.generated.ts, from
// Kubernetes' own descriptions), how lists merge is a table of ours (list-types.ts).

import { atomicStructs, type MergeRule, mergeRules } from './list-types.ts'
import { generatedTypes } from './types.generated.ts'

export type ScalarKind =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'double'
  /** Base64 text. */
  | 'bytes'
  /** RFC 3339, whole seconds. */
  | 'time'
  /** RFC 3339 with six decimals. */
  | 'micro-time'
  /** A string or a number: `100m`, `1Gi`, `0.5`. */
  | 'quantity'
  /** An int32 or a string: `1`, `"10%"`. */
  | 'int-or-string'
  /** Any JSON, kept as it came. */
  | 'any'

export type TypeRef =
  | { readonly kind: ScalarKind; readonly goText: string }
  | { readonly kind: 'list'; readonly of: TypeRef; readonly goText: string }
  | { readonly kind: 'map'; readonly of: TypeRef; readonly goText: string }
  /** `type` is a name for objectSchema. */
  | { readonly kind: 'object'; readonly type: string; readonly goText: string }

export interface FieldSchema extends MergeRule {
  readonly name: string
  readonly type: TypeRef
  readonly required: boolean
  /** An explicit zero is a value (required, or a pointer in Go); any other field's zero means "not set" (W5.9). */
  readonly keepsZero: boolean
}

export interface ObjectSchema {
  /** Its name in this table: `DaemonSet`, `DaemonSetV1beta1`. */
  readonly name: string
  /** `DaemonSet`, as error texts name the Go struct. */
  readonly goName: string
  /** `io.k8s.api.apps.v1.DaemonSet`. */
  readonly openapiKey: string
  readonly fields: ReadonlyMap<string, FieldSchema>
  /** Server-side apply owns the whole struct or nothing of it (W10.9). */
  readonly atomic: boolean
}

/** The schema of a type by its name in the table: a resource's `schema`, or a type some field refers to. */
export function objectSchema(typeName: string): ObjectSchema {
  const known = schemas.get(typeName)
  if (known !== undefined) return known
  const line = lines.get(typeName)
  if (line === undefined) throw new Error(`the table of types has no ${typeName}`)
  const schema = parseType(typeName, line)
  schemas.set(typeName, schema)
  return schema
}

export function hasObjectSchema(typeName: string): boolean {
  return lines.has(typeName)
}

/** The names of all types, sorted. */
export function typeNames(): string[] {
  return [...lines.keys()]
}

const schemas = new Map<string, ObjectSchema>()

const lines: ReadonlyMap<string, string> = new Map(
  generatedTypes
    .trim()
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(' ')), line] as const),
)

function parseType(typeName: string, line: string): ObjectSchema {
  const brace = line.indexOf(' { ')
  const openapiKey = line.slice(typeName.length + 1, brace)
  const fields = new Map<string, FieldSchema>()
  for (const text of line.slice(brace + 3, -2).split('; ')) {
    if (text !== '') fields.set(...parseField(typeName, text))
  }
  return {
    name: typeName,
    goName: openapiKey.slice(openapiKey.lastIndexOf('.') + 1),
    openapiKey,
    fields,
    atomic: atomicStructs.has(typeName),
  }
}

function parseField(owner: string, text: string): [string, FieldSchema] {
  const [, name, required, zeroKept, type, goName] = /^(\w+)(!?):(\*?)([^=]+)(?:=(.+))?$/.exec(text) ?? unreadable(text)
  const parsed = parseTypeRef(type!, goName)
  const rule = mergeRules[`${owner}.${name}`] ?? (parsed.kind === 'list' ? { listType: 'atomic' as const } : {})
  return [
    name!,
    { name: name!, type: parsed, required: required === '!', keepsZero: `${required}${zeroKept}` !== '', ...rule },
  ]
}

/** `goName` is the Go name of the innermost scalar. */
function parseTypeRef(text: string, goName: string | undefined): TypeRef {
  if (text.startsWith('[]')) {
    const of = parseTypeRef(text.slice(2), goName)
    return { kind: 'list', of, goText: `[]${of.goText}` }
  }
  if (text.startsWith('map[')) {
    const of = parseTypeRef(text.slice(4, -1), goName)
    return { kind: 'map', of, goText: of.kind === 'quantity' ? 'v1.ResourceList' : `map[string]${of.goText}` }
  }
  const scalar = goScalars[text]
  if (scalar !== undefined) return { kind: text as ScalarKind, goText: goName ?? scalar }
  return { kind: 'object', type: text, goText: goTextOf(text) }
}

/** `v1.PodSpec`, `v1beta1.DaemonSet`: package and name, as Go prints a type. */
function goTextOf(typeName: string): string {
  const line = lines.get(typeName)
  if (line === undefined) throw new Error(`the table of types has no ${typeName}`)
  return line
    .slice(typeName.length + 1, line.indexOf(' { '))
    .split('.')
    .slice(-2)
    .join('.')
}

/** How Go prints the type of a scalar. */
const goScalars: Readonly<Record<string, string>> = {
  string: 'string',
  bool: 'bool',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  bytes: '[]uint8',
  time: 'v1.Time',
  'micro-time': 'v1.MicroTime',
  quantity: 'resource.Quantity',
  'int-or-string': 'intstr.IntOrString',
  any: 'runtime.RawExtension',
} satisfies Record<ScalarKind, string>

function unreadable(text: string): never {
  throw new Error(`the table of types has an unreadable field: ${text}`)
}
