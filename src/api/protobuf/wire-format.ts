// Protobuf's own encoding, as far as messages are read here: fields one after the other, varints, texts and bytes.
// Upstream: https://protobuf.dev/programming-guides/encoding.

/** A message that cannot be read; the message says what was met. */
export class MalformedProtobuf extends Error {
  override name = 'MalformedProtobuf'
}

/** A stretch of bytes that is being read. */
export interface Reader {
  readonly bytes: Uint8Array
  at: number
  readonly end: number
}

export type FieldValue =
  | { readonly wire: 'varint'; readonly number: number }
  | { readonly wire: 'bytes'; readonly reader: Reader }

export function readerOf(bytes: Uint8Array, start = 0): Reader {
  return { bytes, at: start, end: bytes.length }
}

/** Calls `each` for every field, in order. Fields of fixed width occur in no kind of ours and are passed over. */
export function readFields(reader: Reader, each: (fieldNumber: number, value: FieldValue) => void): void {
  while (reader.at < reader.end) {
    const tag = readVarint(reader)
    const fieldNumber = Math.floor(tag / 8)
    switch (tag % 8) {
      case 0:
        each(fieldNumber, { wire: 'varint', number: readVarint(reader) })
        break
      case 1:
        skip(reader, 8)
        break
      case 2: {
        const length = readVarint(reader)
        const start = reader.at
        skip(reader, length)
        each(fieldNumber, { wire: 'bytes', reader: { bytes: reader.bytes, at: start, end: reader.at } })
        break
      }
      case 5:
        skip(reader, 4)
        break
      default:
        throw new MalformedProtobuf(`wire type ${tag % 8} at byte ${reader.at}`)
    }
  }
}

function skip(reader: Reader, length: number): void {
  if (length < 0 || length > reader.end - reader.at) {
    throw new MalformedProtobuf(`${length} bytes at byte ${reader.at}, ${reader.end - reader.at} are left`)
  }
  reader.at += length
}

/** A number of up to 64 bits, negative ones in two's complement; beyond 2^53 the nearest one. */
export function readVarint(reader: Reader): number {
  let number = 0
  let scale = 1
  for (let length = 0; length < 7; length++) {
    const byte = readByte(reader)
    number += (byte & 0x7f) * scale
    if (byte < 0x80) return number
    scale *= 128
  }
  return readLongVarint(reader, number)
}

/** Negative numbers take ten bytes: more than a number holds exactly before the sign is known. */
function readLongVarint(reader: Reader, first49Bits: number): number {
  let number = BigInt(first49Bits)
  for (let shift = 49n; shift < 70n; shift += 7n) {
    const byte = readByte(reader)
    number |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return Number(BigInt.asIntN(64, number))
  }
  throw new MalformedProtobuf(`a number of more than 64 bits at byte ${reader.at}`)
}

function readByte(reader: Reader): number {
  if (reader.at >= reader.end) throw new MalformedProtobuf(`a number is cut off at byte ${reader.at}`)
  return reader.bytes[reader.at++]!
}

/** UTF-8, by hand: the pure floor has no TextDecoder. What is no UTF-8 becomes U+FFFD, byte by byte, as in Go. */
export function textOf({ bytes, at, end }: Reader): string {
  const parts: string[] = []
  let codes: number[] = []
  for (let i = at; i < end; ) {
    const [code, length] = codePointAt(bytes, i, end)
    codes.push(code)
    i += length
    // Not all at once: a function takes only so many arguments.
    if (codes.length === 4096) {
      parts.push(String.fromCodePoint(...codes))
      codes = []
    }
  }
  parts.push(String.fromCodePoint(...codes))
  return parts.join('')
}

const replacement = [0xfffd, 1] as const

function codePointAt(bytes: Uint8Array, at: number, end: number): readonly [code: number, length: number] {
  const first = bytes[at]!
  if (first < 0x80) return [first, 1]
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  if (first < 0xc2 || first > 0xf4 || at + length > end) return replacement
  let code = first & (0x7f >> length)
  for (let i = at + 1; i < at + length; i++) {
    const next = bytes[i]!
    if ((next & 0xc0) !== 0x80) return replacement
    code = (code << 6) | (next & 0x3f)
  }
  const least = length === 4 ? 0x10000 : length === 3 ? 0x800 : 0x80
  const isSurrogate = code >= 0xd800 && code <= 0xdfff
  return code < least || code > 0x10ffff || isSurrogate ? replacement : [code, length]
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

export function base64Of({ bytes, at, end }: Reader): string {
  const parts: string[] = []
  for (let i = at; i < end; i += 3) {
    const [a, b, c] = [bytes[i]!, i + 1 < end ? bytes[i + 1]! : 0, i + 2 < end ? bytes[i + 2]! : 0]
    const group = (a << 16) | (b << 8) | c
    parts.push(
      alphabet[group >> 18]! + alphabet[(group >> 12) & 63]!,
      i + 1 < end ? alphabet[(group >> 6) & 63]! : '=',
      i + 2 < end ? alphabet[group & 63]! : '=',
    )
  }
  return parts.join('')
}
