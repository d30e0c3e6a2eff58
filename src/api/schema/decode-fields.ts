// The fields of one object, by its schema: unknown ones dropped and told, nulls and unset zeros left out as upstream's
// encoder leaves them out, wrong types refused. It goes once over the value and copies only what has to change, because
// every write passes here.

import { isObject, type JsonObject, setKey } from '../../base/json.ts'
import { decodeScalar, shapeOf, Undecodable, WrongType, wellFormed } from './decode-scalar.ts'
import { type FieldSchema, type ObjectSchema, objectSchema, type TypeRef } from './schema.ts'

export const decodeLimits = {
  /** Objects and lists inside each other. The kinds themselves need 20; the rest is for data that is only kept. */
  depth: 1000,
  /** Problems told of one document. Upstream: sigs.k8s.io/json, saveStrictError. */
  problems: 100,
} as const

export interface DecodedFields {
  readonly fields: JsonObject
  readonly problems: string[]
  /** Members of all objects in the value, those of dropped fields included. */
  readonly members: number
}

export function decodeFields(typeName: string, value: JsonObject): DecodedFields {
  const owner = objectSchema(typeName)
  const walk: Walk = { problems: [], steps: [], members: 0, owner }
  try {
    return { fields: decodeObject(walk, owner, value), problems: walk.problems, members: walk.members }
  } catch (error) {
    if (!(error instanceof WrongType)) throw error
    throw new Undecodable(`json: cannot unmarshal ${error.found} into Go ${placeOf(walk)} of type ${error.wanted}`)
  }
}

/** `spec.containers[0].image`, as problems name a field. */
export function pathOf(steps: readonly (string | number)[]): string {
  return steps
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .slice(1)
}

export function problem(what: 'unknown' | 'duplicate', path: string): string {
  return `${what} field ${JSON.stringify(path)}`
}

interface Walk {
  readonly problems: string[]
  /** The way to where we are: field names, and the places in lists. */
  readonly steps: (string | number)[]
  members: number
  /** The struct we are in. */
  owner: ObjectSchema
}

/** The struct we are in, and the way there without the places in lists. Upstream: encoding/json, addErrorContext. */
function placeOf({ owner, steps }: Walk): string {
  return `struct field ${owner.goName}.${steps.filter((step) => typeof step === 'string').join('.')}`
}

function decodeObject(walk: Walk, schema: ObjectSchema, value: JsonObject): JsonObject {
  const outer = walk.owner
  walk.owner = schema
  const keys = Object.keys(value)
  walk.members += keys.length
  let copy: JsonObject | undefined
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    const before = value[key]
    const field = schema.fields.get(key)
    const after = field === undefined ? dropUnknown(walk, key, before) : decodeField(walk, field, before)
    if (after !== before) copy ??= firstMembers(value, keys, i)
    if (copy !== undefined && after !== undefined) copy[key] = after
  }
  walk.owner = outer
  return copy ?? value
}

/** No schema has a field called `__proto__`, so plain assignments do no harm. */
function firstMembers(value: JsonObject, keys: readonly string[], count: number): JsonObject {
  const copy: JsonObject = {}
  for (let i = 0; i < count; i++) copy[keys[i]!] = value[keys[i]!]
  return copy
}

function dropUnknown(walk: Walk, key: string, value: unknown): undefined {
  if (walk.problems.length < decodeLimits.problems) walk.problems.push(problem('unknown', pathOf([...walk.steps, key])))
  visitRaw(walk, value, walk.steps.length)
  return undefined
}

function decodeField(walk: Walk, field: FieldSchema, value: unknown): unknown {
  if (value === null || value === undefined) return undefined
  walk.steps.push(field.name)
  const decoded = decodeTyped(walk, field.type, value)
  walk.steps.pop()
  return field.keepsZero || !isUnset(field.type, decoded) ? decoded : undefined
}

/** What Go's `omitempty` leaves out. */
function isUnset(type: TypeRef, value: unknown): boolean {
  switch (type.kind) {
    case 'list':
      return (value as unknown[]).length === 0
    case 'map':
      return Object.keys(value as JsonObject).length === 0
    case 'string':
    case 'bytes':
      return value === ''
    case 'bool':
      return value === false
    case 'int32':
    case 'int64':
    case 'double':
      return value === 0
    default:
      return false
  }
}

function decodeTyped(walk: Walk, type: TypeRef, value: unknown): unknown {
  switch (type.kind) {
    case 'object':
      if (!isObject(value)) throw new WrongType(shapeOf(value), type.goText)
      return decodeObject(walk, objectSchema(type.type), value)
    case 'list':
      if (!Array.isArray(value)) throw new WrongType(shapeOf(value), type.goText)
      return decodeList(walk, type.of, value)
    case 'map':
      if (!isObject(value)) throw new WrongType(shapeOf(value), type.goText)
      return decodeMap(walk, type.of, value)
    case 'any':
      visitRaw(walk, value, walk.steps.length)
      return value
    default:
      return decodeScalar(type.kind, type.goText, value)
  }
}

function decodeList(walk: Walk, type: TypeRef, value: readonly unknown[]): unknown[] {
  let copy: unknown[] | undefined
  for (let i = 0; i < value.length; i++) {
    const before = value[i]
    walk.steps.push(i)
    const after = before === null || before === undefined ? zeroOf(type) : decodeTyped(walk, type, before)
    walk.steps.pop()
    if (after !== before) copy ??= value.slice(0, i)
    copy?.push(after)
  }
  return copy ?? (value as unknown[])
}

function decodeMap(walk: Walk, type: TypeRef, value: JsonObject): JsonObject {
  const keys = Object.keys(value)
  walk.members += keys.length
  let copy: JsonObject | undefined
  for (let i = 0; i < keys.length; i++) {
    const before = value[keys[i]!]
    const key = wellFormed(keys[i]!)
    const after = before === null || before === undefined ? zeroOf(type) : decodeTyped(walk, type, before)
    if (copy === undefined && (after !== before || key !== keys[i])) {
      copy = {}
      for (let j = 0; j < i; j++) setKey(copy, keys[j]!, value[keys[j]!])
    }
    if (copy !== undefined) setKey(copy, key, after)
  }
  return copy ?? value
}

/** What a null in a list or a map means: Go's zero value. */
function zeroOf(type: TypeRef): unknown {
  switch (type.kind) {
    case 'object':
    case 'map':
      return {}
    case 'list':
      return []
    case 'string':
    case 'bytes':
      return ''
    case 'bool':
      return false
    case 'quantity':
      return '0'
    case 'any':
    case 'time':
    case 'micro-time':
      return null
    default:
      return 0
  }
}

/** Data of no schema is kept as it came; it must only not be deeper than everybody after us can go. */
function visitRaw(walk: Walk, value: unknown, depth: number): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new WrongType('number', 'float64')
  if (typeof value !== 'object' || value === null) return
  if (depth >= decodeLimits.depth) throw new Undecodable('exceeded max depth')
  if (Array.isArray(value)) {
    for (const item of value) visitRaw(walk, item, depth + 1)
    return
  }
  const keys = Object.keys(value)
  walk.members += keys.length
  for (const key of keys) visitRaw(walk, (value as JsonObject)[key], depth + 1)
}
