// Objects as JSON, as kubectl prints them: keys in order, four spaces. Upstream: cli-runtime/pkg/printers/json.go.

import { isObject } from '../../base/json.ts'

export function jsonText(value: unknown): string {
  return `${JSON.stringify(sortedKeys(value), undefined, 4)}\n`
}

/** A copy with every mapping's keys in order, as Go prints its maps. */
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortedKeys(value[key])]),
  )
}
