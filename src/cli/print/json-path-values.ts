// What a template of `-o jsonpath` finds in an object, and how it is printed.
// Upstream: client-go/util/jsonpath/jsonpath.go, with AllowMissingKeys, as kubectl has it.

import { isObject } from '../../base/json.ts'
import { JsonPathError, type Node, type Part, type Path } from './json-path.ts'

/** Throws JsonPathError. */
export function printTemplate(parts: readonly Part[], object: unknown): string {
  return foundBy(parts, object)
    .map((values) => values.map(textOf).join(' '))
    .join('')
}

/** The values of each part, one after the other. */
export function foundBy(parts: readonly Part[], object: unknown): readonly (readonly unknown[])[] {
  return parts.flatMap((part) => {
    if (part.is === 'path') return [walk([object], part.path)]
    return walk([object], part.over).flatMap((one) => foundBy(part.parts, one))
  })
}

function walk(values: readonly unknown[], path: Path): readonly unknown[] {
  let found = values
  for (const node of path) found = step(found, node)
  return found
}

function step(values: readonly unknown[], node: Node): readonly unknown[] {
  switch (node.is) {
    case 'text':
      return [node.text]
    case 'value':
      return [node.value]
    case 'field':
      return values.flatMap((value) => (isObject(value) && Object.hasOwn(value, node.name) ? [value[node.name]] : []))
    case 'wildcard':
      return values.flatMap(childrenOf)
    case 'recursive':
      return values.flatMap(descendantsOf)
    case 'union':
      return node.of.flatMap((path) => walk(values, path))
    case 'slice':
      return values.flatMap((value) => sliceOf(value, node))
    case 'filter':
      return values.flatMap((value) => arrayOf(value).filter((one) => passes(one, node)))
    default:
      return node satisfies never
  }
}

/** Of an object in the order of its keys: Go's own order is by chance. */
function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return isObject(value)
    ? Object.keys(value)
        .sort()
        .map((key) => value[key])
    : []
}

function descendantsOf(value: unknown): readonly unknown[] {
  const children = childrenOf(value)
  return children.length === 0 ? [] : [value, ...children.flatMap(descendantsOf)]
}

function arrayOf(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return value
  throw new JsonPathError(`${goType(value)} is not array or slice`)
}

function sliceOf(value: unknown, { from = 0, to, step: by }: Node & { readonly is: 'slice' }): readonly unknown[] {
  const array = arrayOf(value)
  const { length } = array
  const first = from < 0 ? from + length : from
  const last = to === undefined ? length : to < 0 ? to + length : to
  if (first === last) return []
  const outside = (index: number) => new JsonPathError(`array index out of bounds: index ${index}, length ${length}`)
  if (first < 0 || first >= length) throw outside(first)
  if (last < 0 || last > length) throw outside(last - 1)
  if (first > last) throw new JsonPathError(`starting index ${first} is greater than ending index ${last}`)
  if (by <= 0) throw new JsonPathError('step must be > 0')
  return array.slice(first, last).filter((_, index) => index % by === 0)
}

function passes(value: unknown, { left, operator, right }: Node & { readonly is: 'filter' }): boolean {
  const lefts = walk([value], left)
  if (operator === 'exists') return lefts.length > 0
  const rights = walk([value], right)
  if (lefts.length > 1 || rights.length > 1) throw new JsonPathError('can only compare one element at a time')
  if (lefts.length === 0 || rights.length === 0) return false
  const [a, b] = [lefts[0], rights[0]]
  if (typeof a !== typeof b || typeof a === 'object') throw new JsonPathError('incompatible types for comparison')
  const [one, other] = [a, b] as [string, string]
  switch (operator) {
    case '==':
      return one === other
    case '!=':
      return one !== other
    case '<':
      return one < other
    case '>':
      return one > other
    case '<=':
      return one <= other
    case '>=':
      return one >= other
    default:
      throw new JsonPathError(`unrecognized filter operator ${operator}`)
  }
}

function textOf(value: unknown): string {
  if (value === null) return '<nil>'
  return typeof value === 'object' ? goJson(value) : String(value)
}

/** As Go marshals: keys in order, and what could end a script escaped. */
function goJson(value: unknown): string {
  return JSON.stringify(value, (_, one) =>
    isObject(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
  ).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function goType(value: unknown): string {
  return isObject(value) ? 'map[string]interface {}' : typeof value === 'number' ? 'int64' : typeof value
}
