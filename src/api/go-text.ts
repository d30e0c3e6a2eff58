// JSON values the way Go prints them with %v: upstream's error texts contain them.

import { isObject } from '../base/json.ts'
import { sortedBy } from '../base/sorted.ts'

/** `map[image:q ports:[1 2]]`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (!isObject(value)) return String(value)
  const entries = sortedBy(Object.entries(value), ([key]) => key)
  return `map[${entries.map(([key, one]) => `${key}:${goText(one)}`).join(' ')}]`
}

/** The Go type that a JSON value is read into. */
export function goTypeText(value: unknown): string {
  if (value === null || value === undefined) return 'nil'
  if (Array.isArray(value)) return '[]interface {}'
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64'
    default:
      return 'map[string]interface {}'
  }
}
