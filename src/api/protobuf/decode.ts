// Bodies in protobuf, as typed Go clients send them, turned into what the same object is in JSON (W5.5 to W5.10). Only
// reading: an answer in JSON is always accepted (X2). Zeros that mean "not set" are still there; the schema's decoder,
// which every object goes through next, drops them.
// Upstream: apimachinery/pkg/runtime/serializer/protobuf.

import { type JsonObject, setKey } from '../../base/json.ts'
import { resourceOfKind } from '../resources.ts'
import { hasObjectSchema, type ObjectSchema, objectSchema, type TypeRef } from '../schema/schema.ts'
import { badRequestError } from '../status.ts'
import { formatMicroTime, formatTime } from '../time.ts'
import { fieldsByNumber } from './field-numbers.ts'
import {
  base64Of,
  type FieldValue,
  MalformedProtobuf,
  type Reader,
  readerOf,
  readFields,
  readVarint,
  textOf,
} from './wire-format.ts'

export const protobufMediaType = 'application/vnd.kubernetes.protobuf'

/** The object in a body, with its apiVersion and kind. Throws 400 where it is none, or of a kind nobody knows here. */
export function decodeProtobuf(body: Uint8Array): unknown {
  try {
    return decodeEnvelope(body)
  } catch (error) {
    if (!(error instanceof MalformedProtobuf)) throw error
    const refusal = badRequestError(`the object provided is unrecognized: protobuf: ${error.message}`)
    refusal.cause = error
    throw refusal
  }
}

const magic = [0x6b, 0x38, 0x73, 0x00] // "k8s" and a zero

/** `runtime.Unknown`: the kind, and the object itself as bytes. */
function decodeEnvelope(body: Uint8Array): JsonObject {
  if (magic.some((byte, i) => body[i] !== byte)) throw new MalformedProtobuf('the body does not begin with "k8s"')
  let apiVersion = ''
  let kind = ''
  let raw = readerOf(new Uint8Array())
  readFields(readerOf(body, magic.length), (fieldNumber, value) => {
    if (fieldNumber === 1) {
      readFields(bytesOf(value), (number, part) => {
        if (number === 1) apiVersion = textOf(bytesOf(part))
        if (number === 2) kind = textOf(bytesOf(part))
      })
    }
    if (fieldNumber === 2) raw = bytesOf(value)
  })
  const typeName = resourceOfKind(apiVersion, kind)?.schema ?? kind
  if (!hasObjectSchema(typeName))
    throw new MalformedProtobuf(`no kind "${kind}" is registered for version "${apiVersion}"`)
  return { apiVersion, kind, ...decodeMessage(raw, objectSchema(typeName)) }
}

function decodeMessage(reader: Reader, schema: ObjectSchema): JsonObject {
  const message: JsonObject = {}
  decodeInto(message, reader, schema, schema.name)
  return message
}

/** `numbering` differs from the schema's type where a message is inlined: its numbers, the outer one's fields. */
function decodeInto(message: JsonObject, reader: Reader, schema: ObjectSchema, numbering: string): void {
  const numbers = fieldsByNumber(numbering)
  readFields(reader, (fieldNumber, value) => {
    const numbered = numbers.get(fieldNumber)
    if (numbered === undefined) return // newer than our tables
    if (numbered.inlined !== undefined) return decodeInto(message, bytesOf(value), schema, numbered.inlined)
    const field = schema.fields.get(numbered.name!)
    if (field !== undefined) addField(message, field.name, field.type, value)
  })
}

/** Lists and maps arrive one entry at a time. */
function addField(message: JsonObject, name: string, type: TypeRef, value: FieldValue): void {
  switch (type.kind) {
    case 'list':
      message[name] ??= []
      addItems(message[name] as unknown[], type.of, value)
      break
    case 'map':
      message[name] ??= {}
      addEntry(message[name] as JsonObject, type.of, bytesOf(value))
      break
    default:
      message[name] = decodeOne(type, value)
  }
}

function addItems(list: unknown[], type: TypeRef, value: FieldValue): void {
  if (value.wire === 'bytes' && isNumeric(type)) {
    // Several numbers packed into one field.
    while (value.reader.at < value.reader.end) list.push(readVarint(value.reader))
  } else list.push(decodeOne(type, value))
}

function isNumeric(type: TypeRef): boolean {
  return type.kind === 'int32' || type.kind === 'int64'
}

function addEntry(map: JsonObject, type: TypeRef, entry: Reader): void {
  let key = ''
  let value: unknown = null
  readFields(entry, (fieldNumber, part) => {
    if (fieldNumber === 1) key = textOf(bytesOf(part))
    if (fieldNumber === 2) value = type.kind === 'list' ? decodeItems(type.of, bytesOf(part)) : decodeOne(type, part)
  })
  setKey(map, key, value)
}

/** A list as a map's value has a message around it: `ExtraValue { items = 1 }`. */
function decodeItems(type: TypeRef, reader: Reader): unknown[] {
  const items: unknown[] = []
  readFields(reader, (fieldNumber, value) => {
    if (fieldNumber === 1) items.push(decodeOne(type, value))
  })
  return items
}

function decodeOne(type: TypeRef, value: FieldValue): unknown {
  switch (type.kind) {
    case 'object':
      return decodeMessage(bytesOf(value), objectSchema(type.type))
    case 'string':
      return textOf(bytesOf(value))
    case 'bytes':
      return base64Of(bytesOf(value))
    case 'bool':
      return numberOf(value) !== 0
    case 'int32':
    case 'int64':
      return numberOf(value)
    case 'time':
    case 'micro-time':
      return decodeTime(type.kind, bytesOf(value))
    case 'quantity':
      return decodeQuantity(bytesOf(value))
    case 'int-or-string':
      return decodeIntOrString(bytesOf(value))
    case 'any':
      return decodeRaw(bytesOf(value))
    default:
      throw new MalformedProtobuf(`a ${type.kind} has no form in protobuf`)
  }
}

/** `{ seconds = 1, nanos = 2 }`; without seconds it is no time at all. */
function decodeTime(kind: 'time' | 'micro-time', reader: Reader): string | null {
  let seconds: number | undefined
  let nanos = 0
  readFields(reader, (fieldNumber, value) => {
    if (fieldNumber === 1) seconds = numberOf(value)
    if (fieldNumber === 2) nanos = numberOf(value)
  })
  if (seconds === undefined) return null
  if (seconds < earliestSeconds || seconds > latestSeconds) throw new MalformedProtobuf(`a time of ${seconds} seconds`)
  if (kind === 'time') return formatTime(seconds * 1000)
  const micros = String(Math.floor(nanos / 1000)).padStart(6, '0')
  return formatMicroTime(seconds * 1000).replace(/\.\d+Z$/, `.${micros}Z`)
}

/** The years 1 to 9999: RFC 3339 has four digits for them. */
const earliestSeconds = -62135596800
const latestSeconds = 253402300799

/** `{ string = 1 }` */
function decodeQuantity(reader: Reader): string {
  let text = '0'
  readFields(reader, (fieldNumber, value) => {
    if (fieldNumber === 1) text = textOf(bytesOf(value))
  })
  return text
}

/** `{ type = 1, intVal = 2, strVal = 3 }`; type 0 is the number. */
function decodeIntOrString(reader: Reader): number | string {
  let isText = false
  let number = 0
  let text = ''
  readFields(reader, (fieldNumber, value) => {
    if (fieldNumber === 1) isText = numberOf(value) === 1
    if (fieldNumber === 2) number = numberOf(value)
    if (fieldNumber === 3) text = textOf(bytesOf(value))
  })
  return isText ? text : number
}

/** `{ raw = 1 }`: JSON in bytes. */
function decodeRaw(reader: Reader): unknown {
  let text = ''
  readFields(reader, (fieldNumber, value) => {
    if (fieldNumber === 1) text = textOf(bytesOf(value))
  })
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new MalformedProtobuf('raw data that is no JSON', { cause })
  }
}

function bytesOf(value: FieldValue): Reader {
  if (value.wire !== 'bytes') throw new MalformedProtobuf('a number where bytes belong')
  return value.reader
}

function numberOf(value: FieldValue): number {
  if (value.wire !== 'varint') throw new MalformedProtobuf('bytes where a number belongs')
  return value.number
}
