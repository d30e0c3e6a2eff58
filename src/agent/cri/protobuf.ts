// Protobuf messages from a table of their fields: what is sent and what is answered have one description, and its types
// follow from it. As much of the encoding as the CRI needs. Upstream: https://protobuf.dev/programming-guides/encoding.

import { type FieldValue, type Reader, readerOf, readFields, readVarint } from '../../api/protobuf/wire-format.ts'

export type Kind =
  | 'string'
  | 'int'
  | 'bool'
  | 'bytes'
  | 'strings'
  | 'ints'
  /** `map<string, string>`. */
  | 'map'
  | Message
  /** Any number of them. */
  | readonly [Message]

export type Fields = Readonly<Record<string, readonly [fieldNumber: number, kind: Kind]>>

export interface Message<F extends Fields = Fields> {
  readonly fields: F
}

export function message<const F extends Fields>(fields: F): Message<F> {
  return { fields }
}

/** As it is sent: what is left out has proto3's default. */
export type Sent<M extends Message> = {
  readonly [name in keyof M['fields']]?: ValueSent<M['fields'][name][1]> | undefined
}

/** As it is read: what was left out has proto3's default; a message that was left out is undefined. */
export type Told<M extends Message> = { readonly [name in keyof M['fields']]: ValueTold<M['fields'][name][1]> }

interface Scalars {
  readonly string: string
  readonly int: number
  readonly bool: boolean
  readonly bytes: Uint8Array
  readonly strings: readonly string[]
  readonly ints: readonly number[]
  readonly map: Readonly<Record<string, string>>
}

type ValueSent<K> = K extends keyof Scalars
  ? Scalars[K]
  : K extends readonly [infer M extends Message]
    ? readonly Sent<M>[]
    : K extends Message
      ? Sent<K>
      : never

type ValueTold<K> = K extends keyof Scalars
  ? Scalars[K]
  : K extends readonly [infer M extends Message]
    ? readonly Told<M>[]
    : K extends Message
      ? Told<K> | undefined
      : never

export function encode<M extends Message>(type: M, value: Sent<M>): Buffer {
  const parts: Uint8Array[] = []
  for (const [name, [fieldNumber, kind]] of Object.entries(type.fields)) {
    const given = value[name]
    if (given !== undefined) write(parts, fieldNumber, kind, given)
  }
  return Buffer.concat(parts)
}

export function decode<M extends Message>(type: M, bytes: Uint8Array): Told<M> {
  return read(type, readerOf(bytes)) as Told<M>
}

function write(parts: Uint8Array[], fieldNumber: number, kind: Kind, value: unknown): void {
  if (typeof kind === 'object') {
    const [type, values] = 'fields' in kind ? [kind, [value]] : [kind[0], value as unknown[]]
    for (const one of values) writeBytes(parts, fieldNumber, encode(type, one as Sent<Message>))
    return
  }
  switch (kind) {
    case 'string':
      if (value !== '') writeBytes(parts, fieldNumber, Buffer.from(value as string))
      return
    case 'bytes':
      if ((value as Uint8Array).length > 0) writeBytes(parts, fieldNumber, value as Uint8Array)
      return
    case 'int':
    case 'bool':
      if (Number(value) !== 0) parts.push(varint(fieldNumber * 8), varint(Number(value)))
      return
    case 'strings':
      for (const text of value as string[]) writeBytes(parts, fieldNumber, Buffer.from(text))
      return
    case 'ints':
      // Packed, as proto3 has it.
      if ((value as number[]).length > 0) {
        writeBytes(parts, fieldNumber, Buffer.concat((value as number[]).map(varint)))
      }
      return
    case 'map':
      for (const [key, text] of Object.entries(value as Record<string, string>)) {
        writeBytes(parts, fieldNumber, encode(entry, { key, value: text }))
      }
      return
    default:
      kind satisfies never
  }
}

const entry = message({ key: [1, 'string'], value: [2, 'string'] })

function writeBytes(parts: Uint8Array[], fieldNumber: number, bytes: Uint8Array): void {
  parts.push(varint(fieldNumber * 8 + 2), varint(bytes.length), bytes)
}

/** Negative numbers take ten bytes: their two's complement of 64 bits. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (let left = BigInt.asUintN(64, BigInt(value)); ; left >>= 7n) {
    if (left < 128n) {
      bytes.push(Number(left))
      return Uint8Array.from(bytes)
    }
    bytes.push(Number(left & 127n) | 128)
  }
}

function read(type: Message, reader: Reader): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const [name, [, kind]] of Object.entries(type.fields)) value[name] = absent(kind)
  const byNumber = numbered(type)
  readFields(reader, (fieldNumber, field) => {
    const known = byNumber.get(fieldNumber)
    if (known !== undefined) take(value, known[0], known[1], field)
  })
  return value
}

const tables = new WeakMap<Message, ReadonlyMap<number, readonly [name: string, kind: Kind]>>()

function numbered(type: Message): ReadonlyMap<number, readonly [name: string, kind: Kind]> {
  let table = tables.get(type)
  if (table === undefined) {
    const rows = Object.entries(type.fields).map(([name, [number, kind]]) => [number, [name, kind] as const] as const)
    table = new Map(rows)
    tables.set(type, table)
  }
  return table
}

function absent(kind: Kind): unknown {
  if (typeof kind === 'object') return 'fields' in kind ? undefined : []
  switch (kind) {
    case 'string':
      return ''
    case 'int':
      return 0
    case 'bool':
      return false
    case 'bytes':
      return new Uint8Array()
    case 'strings':
    case 'ints':
      return []
    case 'map':
      return {}
    default:
      return kind satisfies never
  }
}

function take(value: Record<string, unknown>, name: string, kind: Kind, field: FieldValue): void {
  if (field.wire === 'varint') {
    if (kind === 'ints') (value[name] as number[]).push(field.number)
    else if (kind === 'int') value[name] = field.number
    else if (kind === 'bool') value[name] = field.number !== 0
    return
  }
  const { reader } = field
  if (typeof kind === 'object') {
    if ('fields' in kind) value[name] = read(kind, reader)
    else (value[name] as unknown[]).push(read(kind[0], reader))
  } else if (kind === 'string') {
    value[name] = text(reader)
  } else if (kind === 'strings') {
    ;(value[name] as string[]).push(text(reader))
  } else if (kind === 'bytes') {
    value[name] = Uint8Array.from(reader.bytes.subarray(reader.at, reader.end))
  } else if (kind === 'ints') {
    while (reader.at < reader.end) (value[name] as number[]).push(readVarint(reader))
  } else if (kind === 'map') {
    const { key, value: of } = read(entry, reader) as { key: string; value: string }
    Object.defineProperty(value[name], key, { value: of, enumerable: true, writable: true, configurable: true })
  }
}

function text({ bytes, at, end }: Reader): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString('utf8')
}
