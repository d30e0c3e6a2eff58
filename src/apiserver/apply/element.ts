// One step of a field path, as FieldsV1 writes it and as error texts do (W13.3, W13.9).
// Upstream: structured-merge-diff/fieldpath/element.go and serialize-pe.go.

import { isObject, type JsonObject } from '../../base/json.ts'
import { compareText, sortedBy } from '../../base/sorted.ts'

export function fieldElement(name: string): string {
  return `f:${name}`
}

/** Of an item of a list of objects: the values of its keys, in the order of their names. */
export function keyElement(keys: JsonObject): string {
  const entries = Object.entries(keys)
  return `k:${JSON.stringify(entries.length < 2 ? keys : Object.fromEntries(sortedBy(entries, ([name]) => name)))}`
}

/** Of an item of a set. */
export function valueElement(value: unknown): string {
  return `v:${JSON.stringify(value)}`
}

/** The element that a key of FieldsV1 stands for, in its one form; undefined for what is none. */
export function elementOf(text: string): string | undefined {
  if (text.startsWith('f:')) return text
  if (/^i:\d+$/.test(text)) return text
  const value = jsonOrNothing(text.slice(2))
  if (text.startsWith('v:') && value !== undefined) return valueElement(value)
  return text.startsWith('k:') && isObject(value) ? keyElement(value) : undefined
}

/** The name of a field or the key of a map; undefined for the items of lists. */
export function fieldNameOf(element: string): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined
}

/** `.spec.containers[name="main"].ports[containerPort=80,protocol="TCP"]`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join('')
}

function elementText(element: string): string {
  const rest = element.slice(2)
  switch (element[0]) {
    case 'f':
      return `.${rest}`
    case 'k': {
      const keys = Object.entries(JSON.parse(rest) as JsonObject)
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`
    }
    case 'v':
      return `[=${rest}]`
    default:
      return `[${rest}]`
  }
}

const kinds = 'fkvi'

/** Fields by name, then items by key, then items by value, then indexes. */
export function compareElements(a: string, b: string): number {
  if (a[0] !== b[0]) return kinds.indexOf(a[0]!) - kinds.indexOf(b[0]!)
  if (a[0] === 'f') return compareText(a, b)
  return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)))
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (!isObject(a) || !isObject(b)) return compareText(String(a), String(b))
  const [left, right] = [Object.entries(a), Object.entries(b)]
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareText(left[i]![0], right[i]![0]) || compareValues(left[i]![1], right[i]![1])
    if (order !== 0) return order
  }
  return left.length - right.length
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
