// Rules for numbers, percentages and ports. Upstream: apimachinery/pkg/util/validation/validation.go and
// pkg/apis/apps/validation/validation.go, ValidatePositiveIntOrPercent.

import { type FieldError, invalid } from '../field-error.ts'
import { percentOf } from '../int-or-string.ts'
import { portName, regexProblem } from '../names.ts'
import { isPresent, numberOf } from './parts.ts'

export const notBelowZero = 'must be greater than or equal to 0'
export const largestInt32 = 2_147_483_647

/** Absent counts as 0. */
export function nonNegative(field: string, value: unknown): FieldError[] {
  return numberOf(value) < 0 ? [invalid(field, value, notBelowZero)] : []
}

export function inRange(field: string, value: unknown, low: number, high: number): FieldError[] {
  const number = numberOf(value)
  if (number >= low && number <= high) return []
  return [invalid(field, value, `must be between ${low} and ${high}, inclusive`)]
}

export function portNumber(field: string, value: unknown): FieldError[] {
  return inRange(field, value, 1, 65_535)
}

/** A port by number, or by the name a container gave it. Absent counts as 0. */
export function portNumberOrName(field: string, value: unknown): FieldError[] {
  if (typeof value === 'string') return portName(value).map((problem) => invalid(field, value, problem))
  return portNumber(field, value ?? 0)
}

/** Absent is fine. */
export function intOrPercent(field: string, value: number | string | undefined): FieldError[] {
  if (!isPresent(value)) return []
  if (typeof value === 'number') return nonNegative(field, value)
  if (/^[0-9]+%$/.test(value)) return []
  const rule = "a valid percent string must be a numeric string followed by an ending '%'"
  return [invalid(field, value, regexProblem(rule, '[0-9]+%', ['1%', '93%']))]
}

export function notMoreThan100Percent(field: string, value: number | string | undefined): FieldError[] {
  const percent = isPresent(value) && /^[0-9]+%$/.test(`${value}`) ? percentOf(value) : undefined
  return percent === undefined || percent <= 100 ? [] : [invalid(field, value, 'must not be greater than 100%')]
}
