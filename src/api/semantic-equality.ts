// Equality as upstream counts it: an empty list or map is the same as none (R1.8). Quantities are canonical once the
// defaults have been filled in, so their texts can be compared. Upstream: apimachinery/pkg/api/equality.

import { isObject, type JsonObject } from '../base/json.ts'

/** Fields that hold a map, where an empty one means nothing. Elsewhere `{}` says something: `emptyDir: {}`. */
const maps: ReadonlySet<string> = new Set([
  'annotations',
  'binaryData',
  'data',
  'labels',
  'limits',
  'matchLabels',
  'nodeSelector',
  'overhead',
  'requests',
  'selector',
])

export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => semanticEqual(item, b[i]))
  }
  if (!isObject(a) || !isObject(b)) return false
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (!semanticEqual(meant(a, key), meant(b, key))) return false
  }
  return true
}

function meant(object: JsonObject, key: string): unknown {
  const value = Object.hasOwn(object, key) ? object[key] : undefined
  if (value === null || (Array.isArray(value) && value.length === 0)) return undefined
  return maps.has(key) && isObject(value) && Object.keys(value).length === 0 ? undefined : value
}
