// Which hash names a pod template: FNV-1a over a print of the Go value, as Kubernetes 1.35 makes it (R6.1 to R6.4).
// Upstream: pkg/controller/controller_utils.go, ComputeHash; pkg/util/hash/hash.go, DeepHashObject.

import { decimalExponents } from '../../api/quantity.ts'
import type { PodTemplateSpec } from '../../api/types.ts'
import { isObject, type JsonObject } from '../../base/json.ts'
import { nameAlphabet } from '../../base/random.ts'
import { compareText } from '../../base/sorted.ts'
import { type GoType, goFields, podTemplateSpecType } from './go-types.ts'

/** `collisionCount` undefined and 0 give different hashes (R6.1). */
export function revisionHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  return safeEncode(String(revisionSum(template, collisionCount)))
}

/** The number behind the hash. */
export function revisionSum(template: PodTemplateSpec, collisionCount: number | undefined): number {
  let hash = 0x811c9dc5
  const write = (byte: number) => {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  }
  writeUtf8(dumpTemplate(template), write)
  // Upstream puts a little-endian uint32 into a buffer of eight bytes.
  if (collisionCount !== undefined) for (let i = 0; i < 8; i++) write(i < 4 ? (collisionCount >>> (8 * i)) & 0xff : 0)
  return hash
}

/** The type-annotated print of the whole template (R6.3). Upstream: util/dump, ForHash. */
export function dumpTemplate(template: PodTemplateSpec): string {
  return `(${podTemplateSpecType.text})${body(podTemplateSpecType, template)}`
}

/** Digits become letters that form no words (R6.2). Upstream: apimachinery/pkg/util/rand, SafeEncodeString. */
export function safeEncode(text: string): string {
  let encoded = ''
  for (let i = 0; i < text.length; i++) encoded += nameAlphabet[text.charCodeAt(i) % nameAlphabet.length]
  return encoded
}

function body(type: GoType, value: unknown): string {
  switch (type.kind) {
    case 'string':
      return typeof value === 'string' ? value : ''
    case 'bool':
      return value === true ? 'true' : 'false'
    case 'int':
      return typeof value === 'number' ? String(value) : '0'
    case 'pointer':
      return value === undefined || value === null ? '<nil>' : body(type.of!, value)
    case 'slice': {
      // Empty slices and maps arrive as nil, because upstream's storage is protobuf.
      if (!Array.isArray(value) || value.length === 0 || !knownStruct(type.of!)) return '<nil>'
      return `[${value.map((item) => body(type.of!, item)).join(' ')}]`
    }
    case 'map': {
      if (!isObject(value) || Object.keys(value).length === 0) return '<nil>'
      const entries = Object.keys(value).sort(compareText)
      return `map[${entries.map((key) => `${key}:${body(type.of!, value[key])}`).join(' ')}]`
    }
    case 'struct':
      return struct(type, value)
  }
}

function struct(type: GoType, value: unknown): string {
  switch (type.text) {
    case 'v1.Time':
      // A template's timestamps are never set: the zero time.
      return '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}'
    case 'intstr.IntOrString':
      return typeof value === 'string'
        ? `{Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)${value}}`
        : `{Type:(intstr.Type)0 IntVal:(int32)${body({ text: 'int32', kind: 'int', of: undefined }, value)} StrVal:(string)}`
    case 'resource.Quantity':
      return quantity(value)
    default: {
      const json: JsonObject = isObject(value) ? value : {}
      const fields = goFields(type.text).map((field) => {
        const inner = field.inlined ? json : json[field.jsonName]
        return `${field.name}:(${field.type.text})${body(field.type, inner)}`
      })
      return `{${fields.join(' ')}}`
    }
  }
}

/** metadata.managedFields is not in the table; a template never has it. */
function knownStruct(type: GoType): boolean {
  return type.text !== 'v1.ManagedFieldsEntry'
}

const binarySuffixes = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/** The inside of Go's Quantity after it was read from its canonical text. Upstream: resource.ParseQuantity. */
function quantity(value: unknown): string {
  // One that was never set travels as "0" (the divisor of a resourceFieldRef).
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '0'
  const [, digits = '0', suffix = ''] = /^([+-]?\d+)(.*)$/.exec(text) ?? []
  const power = binarySuffixes.indexOf(suffix) + 1
  if (power > 0) {
    const number = BigInt(digits)
    // Go keeps the text only where it is the shortest one, which it does not check for multiples of eight.
    return printQuantity(String(number << BigInt(10 * power)), 0, number % 8n === 0n ? '' : text, 'BinarySI')
  }
  const exponent = /^[eE]([+-]?\d+)$/.exec(suffix)
  if (exponent !== null) return printQuantity(digits, Number(exponent[1]), text, 'DecimalExponent')
  return printQuantity(digits, decimalExponents[suffix] ?? 0, text, 'DecimalSI')
}

function printQuantity(value: string, scale: number, text: string, format: string): string {
  const amount = `{value:(int64)${value} scale:(resource.Scale)${scale}}`
  return `{i:(resource.int64Amount)${amount} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)${text} Format:(resource.Format)${format}}`
}

/** The pure floor has no TextEncoder. A lone surrogate becomes U+FFFD, as everywhere. */
function writeUtf8(text: string, write: (byte: number) => void): void {
  for (let i = 0; i < text.length; i++) {
    let point = text.codePointAt(i)!
    if (point < 0x80) {
      write(point)
      continue
    }
    if (point > 0xffff) i++
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd
    if (point < 0x800) {
      write(0xc0 | (point >> 6))
    } else {
      if (point < 0x10000) {
        write(0xe0 | (point >> 12))
      } else {
        write(0xf0 | (point >> 18))
        write(0x80 | ((point >> 12) & 0x3f))
      }
      write(0x80 | ((point >> 6) & 0x3f))
    }
    write(0x80 | (point & 0x3f))
  }
}
