// A set of field paths, as a tree: the form of FieldsV1 (W13.3), and what ownership is counted in.
// Upstream: structured-merge-diff/fieldpath/set.go and serialize.go.

import { isObject, type JsonObject, setKey } from '../../base/json.ts'
import { compareElements, elementOf } from './element.ts'

/** Nodes without members below them do not exist: two sets are equal when their trees are. */
export interface FieldSet {
  /** The path that ends here is in the set. */
  readonly member: boolean
  /** By element: `f:name`, `k:{"name":"main"}`, `v:"x"`, `i:0`. */
  readonly children: ReadonlyMap<string, FieldSet>
}

export const emptySet: FieldSet = { member: false, children: new Map() }
export const leafSet: FieldSet = { member: true, children: new Map() }

export function isEmptySet(set: FieldSet): boolean {
  return !set.member && set.children.size === 0
}

/** A node of these parts, without the empty ones. */
export function fieldSet(member: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet {
  const kept = new Map<string, FieldSet>()
  for (const [element, child] of children) if (!isEmptySet(child)) kept.set(element, child)
  return member || kept.size > 0 ? { member, children: kept } : emptySet
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a)) return b
  if (isEmptySet(b)) return a
  const children = new Map(a.children)
  for (const [element, child] of b.children) {
    const other = children.get(element)
    children.set(element, other === undefined ? child : union(other, child))
  }
  return { member: a.member || b.member, children }
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const shared = [...a.children].map(([element, child]) => {
    const other = b.children.get(element)
    return [element, other === undefined ? emptySet : intersection(child, other)] as const
  })
  return fieldSet(a.member && b.member, shared)
}

/** The paths of `a` that are not in `b`, whatever lies above or below them. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || isEmptySet(b)) return a
  const left = [...a.children].map(([element, child]) => {
    const other = b.children.get(element)
    return [element, other === undefined ? child : difference(child, other)] as const
  })
  return fieldSet(a.member && !b.member, left)
}

/** The paths of `a` that are not in `b` and not below one of `b`. */
export function differenceBelow(a: FieldSet, b: FieldSet): FieldSet {
  if (b.member) return emptySet
  if (isEmptySet(a) || isEmptySet(b)) return a
  const left = [...a.children].map(([element, child]) => {
    const other = b.children.get(element)
    return [element, other === undefined ? child : differenceBelow(child, other)] as const
  })
  return fieldSet(a.member, left)
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a.member !== b.member || a.children.size !== b.children.size) return false
  for (const [element, child] of a.children) {
    const other = b.children.get(element)
    if (other === undefined || !equalSets(child, other)) return false
  }
  return true
}

/** Every path in the set, in the order of FieldsV1. */
export function pathsOf(set: FieldSet, above: readonly string[] = []): (readonly string[])[] {
  const paths: (readonly string[])[] = set.member ? [above] : []
  for (const [element, child] of inOrder(set)) paths.push(...pathsOf(child, [...above, element]))
  return paths
}

/** The set of these paths, each a list of elements. */
export function setOfPaths(paths: readonly (readonly string[])[]): FieldSet {
  let set = emptySet
  for (const path of paths) {
    const branch = path.reduceRight((below, element) => fieldSet(false, [[element, below]]), leafSet)
    set = union(set, branch)
  }
  return set
}

export function toFieldsV1(set: FieldSet): JsonObject {
  const fields: JsonObject = {}
  if (set.member && set.children.size > 0) fields['.'] = {}
  for (const [element, child] of inOrder(set)) setKey(fields, element, toFieldsV1(child))
  return fields
}

/** Undefined for what is no FieldsV1. */
export function fromFieldsV1(fields: unknown): FieldSet | undefined {
  if (!isObject(fields)) return undefined
  const children: [string, FieldSet][] = []
  let member = false
  for (const [key, below] of Object.entries(fields)) {
    if (key === '.') {
      member = true
      continue
    }
    const element = elementOf(key)
    const child = isObject(below) && Object.keys(below).length === 0 ? leafSet : fromFieldsV1(below)
    if (element === undefined || child === undefined) return undefined
    children.push([element, child])
  }
  return fieldSet(member, children)
}

function inOrder(set: FieldSet): [string, FieldSet][] {
  if (set.children.size < 2) return [...set.children]
  return [...set.children].sort(([a], [b]) => compareElements(a, b))
}
