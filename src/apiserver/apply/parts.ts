// How server-side apply sees a value: as one thing that is owned whole, or as parts that are owned one by one.
// Upstream: structured-merge-diff/typed, doScalar, doList and doMap of each walker.

import type { MergeRule } from '../../api/schema/list-types.ts'
import { objectSchema, type TypeRef } from '../../api/schema/schema.ts'
import { isObject, ownValue } from '../../base/json.ts'
import { isByValue } from './by-value.ts'
import { fieldElement, keyElement, valueElement } from './element.ts'

/** Where a value stands: its type, and how a list or map there merges. */
export interface Place extends MergeRule {
  readonly type: TypeRef
  /** A struct that Go holds by value: where its owner is, it is too, if only empty. */
  readonly byValue?: boolean
}

export interface Part {
  readonly place: Place
  readonly value: unknown
}

/** `struct`: the fields have names of their own; `map`: the keys are data. */
export type Parts = { readonly kind: 'struct' | 'map' | 'list'; readonly parts: ReadonlyMap<string, Part> }

export function rootPlace(typeName: string): Place {
  return { type: { kind: 'object', type: typeName, goText: typeName } }
}

/** Undefined: the value is owned whole. */
export function partsOf(place: Place, value: unknown): Parts | undefined {
  const { type } = place
  if (type.kind === 'list') return Array.isArray(value) ? itemsOf(place, type.of, value) : undefined
  if (!isObject(value)) return undefined
  if (type.kind === 'map' && place.mapType !== 'atomic') {
    const parts = Object.keys(value).map((key) => {
      return [fieldElement(key), { place: { type: type.of }, value: value[key] }] as const
    })
    return { kind: 'map', parts: new Map(parts) }
  }
  if (type.kind !== 'object' || objectSchema(type.type).atomic) return undefined
  const parts = new Map<string, Part>()
  for (const key of Object.keys(value)) {
    const inside = fieldPlace(place, key)
    if (inside !== undefined) parts.set(fieldElement(key), { place: inside, value: value[key] })
  }
  return { kind: 'struct', parts }
}

/** Where a field of a struct stands; undefined where the schema has none of the name. */
export function fieldPlace({ type }: Place, name: string): Place | undefined {
  if (type.kind !== 'object') return undefined
  const field = objectSchema(type.type).fields.get(name)
  return field === undefined ? undefined : isByValue(type.type, name) ? { ...field, byValue: true } : field
}

/** Where what an element leads to stands; undefined where the schema does not know it. */
export function placeBelow(place: Place, element: string): Place | undefined {
  const { type } = place
  if (type.kind === 'object') return element.startsWith('f:') ? fieldPlace(place, element.slice(2)) : undefined
  return type.kind === 'list' || type.kind === 'map' ? { type: type.of } : undefined
}

const manyPlace: Place = { type: { kind: 'any', goText: '' } }

/** A list in which an item lacks its key is owned whole: there is no telling its items apart. */
function itemsOf(place: Place, of: TypeRef, list: readonly unknown[]): Parts | undefined {
  const grouped = groupItems(place, list)
  if (grouped === undefined || 'missingKey' in grouped) return undefined
  const parts = [...grouped.groups].map(([element, group]): [string, Part] => {
    // Items that share a key cannot be owned part by part: together they are one thing.
    return [element, group.length === 1 ? { place: { type: of }, value: group[0] } : { place: manyPlace, value: group }]
  })
  return { kind: 'list', parts: new Map(parts) }
}

/** The items of a list by their elements; undefined for an atomic list. */
export function groupItems(
  place: Place,
  list: readonly unknown[],
): { readonly groups: Map<string, unknown[]> } | { readonly missingKey: string; readonly at: number } | undefined {
  if (place.listType !== 'set' && place.listType !== 'map') return undefined
  const groups = new Map<string, unknown[]>()
  for (const [at, item] of list.entries()) {
    const element = place.listType === 'set' ? valueElement(item) : itemElement(item, place.listMapKeys ?? [])
    if (typeof element !== 'string') return { ...element, at }
    const group = groups.get(element)
    if (group === undefined) groups.set(element, [item])
    else group.push(item)
  }
  return { groups }
}

/** The items that a part of a list stands for. */
export function itemsOfPart({ place, value }: Part): readonly unknown[] {
  return place === manyPlace ? (value as unknown[]) : [value]
}

/** Keys that an item may leave out. Upstream: the `default` marks of ContainerPort.protocol and ServicePort.protocol. */
const keyDefaults: Readonly<Record<string, unknown>> = { protocol: 'TCP' }

function itemElement(item: unknown, keys: readonly string[]): string | { missingKey: string } {
  const found: Record<string, unknown> = {}
  for (const key of keys) {
    const value = (isObject(item) ? ownValue(item, key) : undefined) ?? keyDefaults[key]
    if (value === undefined) return { missingKey: key }
    found[key] = value
  }
  return keyElement(found)
}
