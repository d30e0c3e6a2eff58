// JSON as a type, and the few questions everybody asks of it.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { [key: string]: unknown }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Equal as JSON: key order does not matter, array order does, absent equals undefined. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => jsonEqual(item, b[i]))
  }
  if (!isObject(a) || !isObject(b)) return false
  for (const key of Object.keys(a)) if (!jsonEqual(a[key], ownValue(b, key))) return false
  for (const key of Object.keys(b)) if (ownValue(a, key) === undefined && b[key] !== undefined) return false
  return true
}

/** The value of an own key: `__proto__` and `constructor` are absent unless the data has them. */
export function ownValue(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** A deep copy of plain JSON data. `__proto__` stays an ordinary key. */
export function jsonClone<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item) => jsonClone(item)) as T
  if (!isObject(value)) return value
  const copy: JsonObject = {}
  for (const key of Object.keys(value)) setKey(copy, key, jsonClone(value[key]))
  return copy as T
}

/** Sets an own property even where the key is `__proto__` (a plain assignment would change the prototype). */
export function setKey(target: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    target[key] = value
  }
}
