// Strategic merge patch: like a merge patch, but the schema says which lists are merged item by item, and directives in
// the patch say what a merge alone cannot (W10.6 to W10.11).
// Upstream: apimachinery/pkg/util/strategicpatch/patch.go.

import { isObject, type JsonObject, jsonClone, ownValue, setKey } from '../base/json.ts'
import { jsonExtent, maxJsonDepth } from '../base/json-extent.ts'
import { goText, goTypeText } from './go-text.ts'
import { type FieldSchema, objectSchema, type TypeRef } from './schema/schema.ts'
import { badRequestError } from './status.ts'
import {
  deleteDirective,
  internalError,
  mergedList,
  ordered,
  patchDirective,
  replaceDirective,
} from './strategic-merge-patch-list.ts'

/** What `target` becomes: a value of its own, that shares nothing with either argument. Refusals are ApiErrors. */
export function strategicMergePatch(typeName: string, target: object, patch: unknown): JsonObject {
  if (!isObject(patch)) {
    const found = Array.isArray(patch) ? 'array' : patch === null ? 'null' : typeof patch
    throw badRequestError(`json: cannot unmarshal ${found} into Go value of type map[string]interface {}`)
  }
  if (jsonExtent(patch).depth > maxJsonDepth) {
    throw badRequestError(`the patch is more than ${maxJsonDepth} levels deep`)
  }
  const type: TypeRef = { kind: 'object', type: typeName, goText: typeName }
  return mergedMap(type, jsonClone(target) as JsonObject, patch) ?? {}
}

const retainKeysDirective = '$retainKeys'
const orderPrefix = '$setElementOrder/'
const deletionPrefix = '$deleteFromPrimitiveList/'

/** Changes and returns `original`. Undefined: the patch deletes it. */
function mergedMap(type: TypeRef | undefined, original: JsonObject, patch: JsonObject): JsonObject | undefined {
  const directive = ownValue(patch, patchDirective)
  if (directive === deleteDirective) return undefined
  if (directive === replaceDirective) return withoutDirectives(type, patch) as JsonObject
  if (directive !== undefined) throw internalError(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`)
  retainKeys(original, patch)
  const done = orderLists(type, original, patch)
  for (const [key, value] of Object.entries(patch)) {
    if (key === retainKeysDirective || key.startsWith(orderPrefix) || done.has(key)) continue
    if (key.startsWith(deletionPrefix)) deleteScalars(original, key.slice(deletionPrefix.length), value)
    else mergeField(type, original, key, value)
  }
  return original
}

function mergeField(type: TypeRef | undefined, original: JsonObject, key: string, value: unknown): void {
  const field = fieldOf(type, key)
  const found = ownValue(original, key)
  const result = value === null ? undefined : mergedValue(field, found, value)
  if (result === undefined) delete original[key]
  else setKey(original, key, result)
}

/** Undefined: the patch deletes it. */
function mergedValue(field: Field, found: unknown, value: unknown): unknown {
  const { type, strategy, mergeKey } = field
  if (type?.kind === 'any') return jsonClone(value)
  if (isObject(found) && isObject(value)) {
    return strategy === 'replace' ? withoutDirectives(type, value) : mergedMap(type, found, value)
  }
  if (Array.isArray(found) && Array.isArray(value) && strategy === 'merge') {
    return mergedList(found, value, mergeKey, mergeItem(type))
  }
  return withoutDirectives(type, value)
}

/** How an item of a list meets the item of the patch with the same key; without one, the patch's is taken. */
function mergeItem(list: TypeRef | undefined) {
  const type = itemType(list)
  return (found: JsonObject | undefined, item: JsonObject): unknown => {
    return found === undefined ? withoutDirectives(type, item) : mergedMap(type, found, item)
  }
}

/** Keeps only the named keys of the live map: of a union, the member that was left out goes (W10.7). */
function retainKeys(original: JsonObject, patch: JsonObject): void {
  const retained = ownValue(patch, retainKeysDirective)
  if (retained === undefined) return
  if (!Array.isArray(retained)) throw badRequestError('invalid patch format of retainKeys')
  const kept = new Set<unknown>(retained)
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key === retainKeysDirective || key.startsWith(orderPrefix) || key.startsWith(deletionPrefix)
    if (!isDirective && value !== null && !kept.has(key)) throw badRequestError('invalid patch format of retainKeys')
  }
  for (const key of Object.keys(original)) if (!kept.has(key)) delete original[key]
}

/** Merges each list that comes with an order, and puts it in that order. Returns the keys it has dealt with. */
function orderLists(type: TypeRef | undefined, original: JsonObject, patch: JsonObject): Set<string> {
  const done = new Set<string>()
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(orderPrefix)) continue
    const key = directive.slice(orderPrefix.length)
    const field = fieldOf(type, key)
    const list = asList(order)
    const found = asList(ownValue(original, key) ?? [])
    const items = ownValue(patch, key)
    if (items === null) continue
    const result = ordered(
      found,
      items === undefined ? undefined : asList(items),
      list,
      field.mergeKey,
      (item, change) => mergeItem(field.type)(item, change),
    )
    done.add(key)
    if (result.length > 0 || items !== undefined) setKey(original, key, result)
  }
  return done
}

function deleteScalars(original: JsonObject, key: string, values: unknown): void {
  if (key === '') throw badRequestError('invalid patch format of primitive list')
  const found = ownValue(original, key)
  if (values === null || found === undefined) return
  const gone = new Set<unknown>(asList(values))
  setKey(
    original,
    key,
    asList(found).filter((one) => !gone.has(one)),
  )
}

/** A value of the patch that meets nothing: its nulls and directives say nothing then. Undefined: nothing is left. */
function withoutDirectives(type: TypeRef | undefined, value: unknown): unknown {
  if (type?.kind === 'any') return jsonClone(value)
  if (Array.isArray(value)) {
    // An item with a directive is an instruction to the list, not a part of it.
    const items = value.filter((item) => !isObject(item) || ownValue(item, patchDirective) === undefined)
    return items.map((item) => withoutDirectives(itemType(type), item)).filter((item) => item !== undefined)
  }
  if (!isObject(value)) return value ?? undefined
  const directive = ownValue(value, patchDirective)
  if (directive === deleteDirective) return undefined
  const kept: JsonObject = {}
  for (const [key, one] of Object.entries(value)) {
    if (key === patchDirective || key === retainKeysDirective) continue
    if (key.startsWith(orderPrefix) || key.startsWith(deletionPrefix)) continue
    const left = withoutDirectives(fieldOf(type, key).type, one)
    if (left !== undefined) setKey(kept, key, left)
  }
  return kept
}

interface Field {
  /** Undefined: the schema does not know it. Decoding will say so; here it merges as plain JSON. */
  readonly type: TypeRef | undefined
  readonly strategy: 'merge' | 'replace' | undefined
  readonly mergeKey: string | undefined
}

const unknownField: Field = { type: undefined, strategy: undefined, mergeKey: undefined }

function fieldOf(type: TypeRef | undefined, key: string): Field {
  if (type?.kind === 'map') return { ...unknownField, type: type.of }
  if (type?.kind !== 'object') return unknownField
  const field: FieldSchema | undefined = objectSchema(type.type).fields.get(key)
  if (field === undefined) return unknownField
  const strategy = field.patchStrategy === 'merge,retainKeys' ? 'merge' : field.patchStrategy
  return { type: field.type, strategy, mergeKey: field.patchMergeKey }
}

function itemType(list: TypeRef | undefined): TypeRef | undefined {
  return list?.kind === 'list' ? list.of : undefined
}

function asList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  throw internalError(`expected a []interface {}, but received a ${goTypeText(value)}`)
}
