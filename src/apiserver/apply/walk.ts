// The walks of server-side apply over typed values: which fields a value has, how two values differ, what one becomes
// when another is merged into it or some fields are taken out of it. Upstream: structured-merge-diff/typed.

import { isObject, type JsonObject, jsonClone, jsonEqual, setKey } from '../../base/json.ts'
import { fieldNameOf } from './element.ts'
import { emptySet, type FieldSet, fieldSet, isEmptySet, leafSet } from './field-set.ts'
import { itemsOfPart, type Part, type Parts, type Place, partsOf, placeBelow } from './parts.ts'

/** The fields that an applied configuration speaks for. Upstream: tofieldset.go. */
export function fieldsOf(place: Place, value: unknown): FieldSet {
  const parts = partsOf(place, value)
  if (parts === undefined) return leafSet
  const below = [...parts.parts].map(([element, part]) => {
    const inside = fieldsOf(part.place, part.value)
    // Keys of maps and items of lists are owned themselves; fields of structs only by what is in them, unless empty.
    const isEmptyStruct = isObject(part.value) && Object.keys(part.value).length === 0
    return [element, parts.kind !== 'struct' || isEmptyStruct ? { ...inside, member: true } : inside] as const
  })
  return fieldSet(false, below)
}

export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

const same: Comparison = { added: emptySet, modified: emptySet, removed: emptySet }

/** How `after` differs from `before`; undefined stands for absent. Upstream: compare.go. */
export function compare(place: Place, before: unknown, after: unknown): Comparison {
  if (before === undefined && after === undefined) return same
  const [left, right] = [partsOrNothing(place, before), partsOrNothing(place, after)]
  if (left === 'whole' || right === 'whole' || (isBare(left) && isBare(right))) {
    if (before === undefined) return { ...same, added: leafSet }
    if (after === undefined) return { ...same, removed: leafSet }
    return jsonEqual(before, after) ? same : { ...same, modified: leafSet }
  }
  const [added, modified, removed] = [new Branch(), new Branch(), new Branch()]
  for (const element of new Set([...(left?.parts.keys() ?? []), ...(right?.parts.keys() ?? [])])) {
    const old = left?.parts.get(element)
    const now = right?.parts.get(element)
    const inside = (now ?? old)!.place
    const place = samePlace(old, now) ?? inside
    const below = compare(place, present(inside, old, left), present(inside, now, right))
    added.put(element, below.added)
    modified.put(element, below.modified)
    removed.put(element, below.removed)
  }
  return {
    added: added.set(before === undefined),
    modified: modified.set(false),
    removed: removed.set(after === undefined),
  }
}

/** A set in the making. Most stay empty, as two of the three of every comparison do, and those cost nothing. */
class Branch {
  #children: Map<string, FieldSet> | undefined

  put(element: string, below: FieldSet): void {
    if (isEmptySet(below)) return
    this.#children ??= new Map()
    this.#children.set(element, below)
  }

  set(member: boolean): FieldSet {
    if (this.#children !== undefined) return { member, children: this.#children }
    return member ? leafSet : emptySet
  }
}

function partsOrNothing(place: Place, value: unknown): Parts | 'whole' | undefined {
  return value === undefined ? undefined : (partsOf(place, value) ?? 'whole')
}

function isBare(parts: Parts | undefined): boolean {
  return parts === undefined || parts.parts.size === 0
}

/** A list item that stands alone on one side and shares its key on the other is compared whole. */
function samePlace(old: Part | undefined, now: Part | undefined): Place | undefined {
  if (old === undefined || now === undefined || old.place.type.kind === now.place.type.kind) return undefined
  return old.place.type.kind === 'any' ? old.place : now.place
}

/** The value of a part; an empty one where its owner has it by value. */
function present(place: Place, part: Part | undefined, owner: Parts | undefined): unknown {
  if (part !== undefined || owner === undefined || place.byValue !== true) return part?.value
  return place.type.kind === 'list' ? [] : {}
}

/** What `live` becomes when `applied` is merged into it: applied values win, parts only live stay. Upstream: merge.go. */
export function mergeInto(place: Place, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live
  if (live === undefined) return jsonClone(applied)
  const [left, right] = [partsOf(place, live), partsOf(place, applied)]
  if (left === undefined || right === undefined) return jsonClone(applied)
  if (right.kind === 'list') return mergedItems(left, right)
  const merged: JsonObject = { ...(live as JsonObject) }
  for (const [element, part] of right.parts) {
    setKey(merged, fieldNameOf(element)!, mergeInto(part.place, left.parts.get(element)?.value, part.value))
  }
  return merged
}

/** Applied items in the order applied; items only live before the next item both have. */
function mergedItems(live: Parts, applied: Parts): unknown[] {
  const merged: unknown[] = []
  const liveOrder = [...live.parts.keys()]
  const appliedOrder = [...applied.parts.keys()]
  const shared = appliedOrder.filter((element) => live.parts.has(element))
  const take = (element: string) => {
    const [old, now] = [live.parts.get(element), applied.parts.get(element)]
    if (now === undefined) merged.push(...itemsOfPart(old!))
    else merged.push(mergeInto(now.place, old?.value, now.value))
    if (shared[0] === element) shared.shift()
  }
  let [l, a] = [0, 0]
  while (l < liveOrder.length || a < appliedOrder.length) {
    const [left, right] = [liveOrder[l], appliedOrder[a]]
    if (left !== undefined && left === right) {
      take(left)
      l++
      a++
    } else if (
      left !== undefined &&
      right !== undefined &&
      applied.parts.has(left) &&
      shared.length > 0 &&
      shared[0] !== left
    ) {
      l++ // Both have it, but it is not its turn: it comes where the applied list has it.
    } else if (left !== undefined && !applied.parts.has(left)) {
      take(left)
      l++
    } else if (right !== undefined) {
      take(right)
      a++
    } else l++
  }
  return merged
}

/** What is left of a value without these fields; undefined when nothing is. Upstream: remove.go. */
export function without(place: Place, value: unknown, gone: FieldSet): unknown {
  const parts = partsOf(place, value)
  if (parts === undefined || parts.parts.size === 0 || isEmptySet(gone)) return value
  const left: [string, unknown][] = []
  for (const [element, part] of parts.parts) {
    const below = gone.children.get(element) ?? emptySet
    const inside = below.member ? undefined : without(part.place, part.value, below)
    if (inside !== undefined) left.push([element, inside])
  }
  if (left.length === 0) return undefined
  if (parts.kind === 'list') {
    return left.flatMap(([element, inside]) => itemsOfPart({ place: parts.parts.get(element)!.place, value: inside }))
  }
  const result: JsonObject = {}
  for (const [element, inside] of left) setKey(result, fieldNameOf(element)!, inside)
  return result
}

/**
 * The set with the fields of structs that its paths lead through: who owns `spec.a.b` owns `spec.a`, for the question
 * whether it may be removed. Upstream: Set.EnsureNamedFieldsAreMembers.
 */
export function withNamedFields(place: Place, set: FieldSet): FieldSet {
  const below = [...set.children].map(([element, child]) => {
    const inside = placeBelow(place, element)
    if (inside === undefined) return [element, child] as const
    const named = withNamedFields(inside, child)
    return [
      element,
      place.type.kind === 'object' && child.children.size > 0 ? { ...named, member: true } : named,
    ] as const
  })
  return fieldSet(set.member, below)
}
