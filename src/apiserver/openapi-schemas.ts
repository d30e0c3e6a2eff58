// `components.schemas` of an OpenAPI document: each type with its description, and the marks kubectl merges by (W4.5,
// W4.6). Written the way upstream's documents are, so that `explain` reads the same.

import { describeField, describeType } from '../api/schema/descriptions.ts'
import { type FieldSchema, objectSchema, type ScalarKind, type TypeRef } from '../api/schema/schema.ts'

/** A type that stands alone in a document: it is marked with its group, version and kind. */
export interface ComponentKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly schema: string
  /** Set for `DaemonSetList`: `schema` is that of the items. */
  readonly isList?: true
}

export function listKind(item: ComponentKind): ComponentKind {
  return { ...item, kind: `${item.kind}List`, isList: true }
}

/** `io.k8s.api.apps.v1.DaemonSet`. */
export function componentKey({ schema, isList }: Pick<ComponentKind, 'schema' | 'isList'>): string {
  const key = objectSchema(schema).openapiKey
  return isList ? `${key}List` : key
}

export function refTo(key: string): { $ref: string } {
  return { $ref: `#/components/schemas/${key}` }
}

type Schemas = Record<string, object>

/** The given kinds and every type they refer to, sorted. */
export function componentSchemas(kinds: readonly ComponentKind[]): Schemas {
  const schemas: Schemas = {}
  for (const kind of kinds) {
    if (kind.isList) addList(schemas, kind)
    else addType(schemas, kind.schema)
    const key = componentKey(kind)
    const mark = { group: kind.group, kind: kind.kind, version: kind.version }
    schemas[key] = { ...schemas[key], 'x-kubernetes-group-version-kind': [mark] }
  }
  for (const schema of ['DeleteOptions', 'Status']) addType(schemas, schema)
  Object.assign(schemas, { [patchKey]: patchSchema })
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function addType(schemas: Schemas, typeName: string): void {
  const { openapiKey, fields, atomic } = objectSchema(typeName)
  if (openapiKey in schemas) return
  schemas[openapiKey] = {} // here already, for types that refer to themselves
  const required = [...fields.values()].filter((field) => field.required).map((field) => field.name)
  const properties = [...fields.values()].map((field) => [field.name, property(schemas, typeName, field)])
  schemas[openapiKey] = {
    ...described(describeType(typeName)),
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
    ...(atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  }
}

function addList(schemas: Schemas, { kind, schema }: ComponentKind): void {
  addType(schemas, schema)
  addType(schemas, 'ListMeta')
  const item = objectSchema(schema)
  const { apiVersion, kind: itemKind } = Object.fromEntries(
    ['apiVersion', 'kind'].map((name) => [name, property(schemas, schema, item.fields.get(name)!)]),
  )
  schemas[componentKey({ schema, isList: true })] = {
    description: `${kind} is a list of ${item.goName} objects.`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion,
      items: { description: 'The objects.', type: 'array', items: reference(item.openapiKey) },
      kind: itemKind,
      metadata: {
        description: 'Standard list metadata.',
        ...reference(objectSchema('ListMeta').openapiKey),
      },
    },
  }
}

function property(schemas: Schemas, owner: string, field: FieldSchema): object {
  return {
    ...described(describeField(owner, field.name)),
    ...typed(schemas, field.type, field),
    ...marks(field),
  }
}

function marks(field: FieldSchema): object {
  return {
    ...(field.listType === undefined ? {} : { 'x-kubernetes-list-type': field.listType }),
    ...(field.listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': field.listMapKeys }),
    ...(field.mapType === undefined ? {} : { 'x-kubernetes-map-type': field.mapType }),
    ...(field.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
    ...(field.patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': field.patchStrategy }),
  }
}

function described(description: string): object {
  return description === '' ? {} : { description }
}

/** A reference with anything beside it has to stand in `allOf` in OpenAPI 3.0. */
function reference(key: string): object {
  return { allOf: [refTo(key)], default: {} }
}

/** `field` is undefined inside lists and maps. */
function typed(schemas: Schemas, type: TypeRef, field?: FieldSchema): object {
  switch (type.kind) {
    case 'object':
      addType(schemas, type.type)
      return reference(objectSchema(type.type).openapiKey)
    case 'list':
      return { type: 'array', items: typed(schemas, type.of) }
    case 'map':
      return { type: 'object', additionalProperties: typed(schemas, type.of) }
    case 'any':
      return shared(schemas, field?.name === 'fieldsV1' ? fieldsV1 : rawExtension)
    default:
      return scalar(schemas, type.kind)
  }
}

function scalar(schemas: Schemas, kind: Exclude<ScalarKind, 'any'>): object {
  switch (kind) {
    case 'string':
      return { type: 'string' }
    case 'bool':
      return { type: 'boolean' }
    case 'int32':
    case 'int64':
      return { type: 'integer', format: kind }
    case 'double':
      return { type: 'number', format: 'double' }
    case 'bytes':
      return { type: 'string', format: 'byte' }
    case 'time':
    case 'micro-time':
      return shared(schemas, kind === 'time' ? time : microTime)
    case 'quantity':
      return shared(schemas, quantity)
    case 'int-or-string':
      return shared(schemas, intOrString)
    default:
      return kind satisfies never
  }
}

interface Shared {
  readonly key: string
  readonly schema: object
}

function shared(schemas: Schemas, { key, schema }: Shared): object {
  schemas[key] = schema
  return { allOf: [refTo(key)] }
}

const time: Shared = {
  key: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time',
  schema: { description: 'A point in time: RFC 3339, UTC, whole seconds.', type: 'string', format: 'date-time' },
}
const microTime: Shared = {
  key: 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime',
  schema: { description: 'A point in time: RFC 3339, UTC, six decimals.', type: 'string', format: 'date-time' },
}
const fieldsV1: Shared = {
  key: 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1',
  schema: { description: 'A set of fields, as a tree whose keys start with f:, k:, v: or i:.', type: 'object' },
}
const rawExtension: Shared = {
  key: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
  schema: { description: 'Any JSON object; it is kept as it is.', type: 'object' },
}
const quantity: Shared = {
  key: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  schema: {
    description: 'An amount: a number with an optional suffix, such as 250m (thousandths), 1.5, 64Mi or 2G.',
    oneOf: [{ type: 'string' }, { type: 'number' }],
  },
}
const intOrString: Shared = {
  key: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  schema: {
    description: 'A number, or a text such as a percentage or the name of a port.',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
    format: 'int-or-string',
  },
}

export const patchKey = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch'
const patchSchema = { description: 'A patch; its form is that of its content type.', type: 'object' }
