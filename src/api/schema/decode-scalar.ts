// One value that is no object, list or map: is it of its type, and how is it kept? Quantities and times are rewritten to
// the one way upstream answers them (W14.5). Upstream: encoding/json's literalStore, and the UnmarshalJSON of
// resource.Quantity, intstr.IntOrString, meta/v1's Time and MicroTime.

import { canonical, quantityProblem } from '../quantity.ts'
import { formatMicroTime, formatTime, parseTime } from '../time.ts'
import type { ScalarKind } from './schema.ts'

/** Why a value is no object of its kind, in upstream's words, without the sentence around it. */
export class Undecodable extends Error {
  override name = 'Undecodable'
}

/** A value of the wrong type; whoever knows the field says where. */
export class WrongType extends Error {
  override name = 'WrongType'
  /** `string`, `number 1.5`, `object`. */
  readonly found: string
  /** `int32`, `v1.PodSpec`. */
  readonly wanted: string

  constructor(found: string, wanted: string) {
    super(`cannot unmarshal ${found} into ${wanted}`)
    this.found = found
    this.wanted = wanted
  }
}

export const scalarLimits = {
  /** Longer texts are no amount anybody means, and reading long numbers takes long. */
  quantityLength: 100,
  /** Quantities repeat (`100m`, `200Mi`): so many texts are remembered with their canonical form. */
  quantitiesKnown: 1000,
} as const

/** `goText` is the Go type, for the text of a refusal. */
export function decodeScalar(kind: Exclude<ScalarKind, 'any'>, goText: string, value: unknown): unknown {
  switch (kind) {
    case 'string':
      if (typeof value !== 'string') throw new WrongType(shapeOf(value), goText)
      return wellFormed(value)
    case 'bool':
      if (typeof value !== 'boolean') throw new WrongType(shapeOf(value), goText)
      return value
    case 'int32':
      return decodeInteger(value, goText, -0x80000000, 0x7fffffff)
    case 'int64':
      // Beyond 2^53 JSON.parse has already rounded: refused rather than changed in silence.
      return decodeInteger(value, goText, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    case 'double':
      if (typeof value !== 'number') throw new WrongType(shapeOf(value), goText)
      if (!Number.isFinite(value)) throw new WrongType(`number ${value}`, goText)
      return value
    case 'bytes':
      if (typeof value !== 'string') throw new WrongType(shapeOf(value), goText)
      return decodeBase64(value)
    case 'time':
      if (typeof value !== 'string') throw new WrongType(shapeOf(value), 'string')
      return decodeTime(value, wholeSeconds, '2006-01-02T15:04:05Z07:00', formatTime)
    case 'micro-time':
      if (typeof value !== 'string') throw new WrongType(shapeOf(value), 'string')
      return decodeTime(value, sixDecimals, '2006-01-02T15:04:05.000000Z07:00', formatMicroTime)
    case 'quantity':
      return decodeQuantity(value)
    case 'int-or-string':
      return typeof value === 'string' ? wellFormed(value) : decodeInteger(value, 'int32', -0x80000000, 0x7fffffff)
  }
}

export function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return value === null ? 'null' : typeof value
}

/** Half of a surrogate pair is no text: it becomes U+FFFD, as it does upstream and in any UTF-8 that leaves here. */
export function wellFormed(text: string): string {
  return (text as WellFormed).isWellFormed() ? text : (text as WellFormed).toWellFormed()
}

/** ES2024, in every Node we run on; our `lib` is older. */
type WellFormed = string & { isWellFormed(): boolean; toWellFormed(): string }

function decodeInteger(value: unknown, goText: string, least: number, most: number): number {
  if (typeof value !== 'number') throw new WrongType(shapeOf(value), goText)
  if (!Number.isInteger(value) || value < least || value > most) throw new WrongType(`number ${value}`, goText)
  return value
}

const wholeSeconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const sixDecimals = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/

function decodeTime(text: string, canonicalForm: RegExp, layout: string, format: (ms: number) => string): string {
  const ms = parseTime(text)
  if (ms === undefined) {
    throw new Undecodable(`parsing time ${JSON.stringify(text)} as "${layout}": cannot parse ${JSON.stringify(text)}`)
  }
  // Our clocks count milliseconds: a time that is already written in full keeps its microseconds.
  return canonicalForm.test(text) ? text : format(ms)
}

const knownQuantities = new Map<string, string>()

function decodeQuantity(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : ''
  const known = knownQuantities.get(text)
  if (known !== undefined) return known
  const problem = quantityProblem(text.length > scalarLimits.quantityLength ? '' : text)
  if (problem !== undefined) throw new Undecodable(problem)
  const written = canonical(text)
  if (knownQuantities.size === scalarLimits.quantitiesKnown) knownQuantities.clear()
  knownQuantities.set(text, written)
  return written
}

/** Base64 without line breaks. Upstream: encoding/base64, StdEncoding. */
function decodeBase64(text: string): string {
  const compact = /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]/g, '') : text
  const end = compact.endsWith('==') ? compact.length - 2 : compact.endsWith('=') ? compact.length - 1 : compact.length
  for (let i = 0; i < end; i++) {
    if (!isBase64(compact.charCodeAt(i))) throw new Undecodable(`illegal base64 data at input byte ${i}`)
  }
  if (compact.length % 4 !== 0) throw new Undecodable(`illegal base64 data at input byte ${compact.length}`)
  return compact
}

function isBase64(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || // a-z
    (code >= 0x41 && code <= 0x5a) || // A-Z
    (code >= 0x2f && code <= 0x39) || // / and 0-9
    code === 0x2b // +
  )
}
