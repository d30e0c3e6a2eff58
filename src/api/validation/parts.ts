// Reading parts of an object that our types do not name. The schema has checked their types before any rule looks at
// them; what has another type all the same counts as absent.

import { isObject, type JsonObject } from '../../base/json.ts'

export function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.map((item) => (isObject(item) ? item : {})) : []
}

export function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOf) : []
}

export function entriesOf(value: unknown): readonly (readonly [key: string, value: unknown])[] {
  return isObject(value) ? Object.entries(value) : []
}

/** '' for what is absent. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** 0 for what is absent. */
export function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

export function isPresent<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null
}
