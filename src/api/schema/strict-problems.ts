// What is wrong with a JSON text that its parsed value no longer shows: members given twice. Only texts that have some
// are read this second time; the problems come in the order of the document, unknown fields among them (W9.1).
// Upstream: sigs.k8s.io/json, kubernetes_patch.go.

import { decodeLimits, pathOf, problem } from './decode-fields.ts'
import { Undecodable } from './decode-scalar.ts'
import { objectSchema, type TypeRef } from './schema.ts'

/** Every strict problem of a text that JSON.parse has accepted as an object. */
export function strictProblems(typeName: string, text: string): string[] {
  const reader: Reader = { text, at: 0, steps: [], depth: 0, problems: new Set() }
  readValue(reader, { kind: 'object', type: typeName, goText: '' })
  return [...reader.problems]
}

/** Members of all objects in a JSON text: colons outside of strings. */
export function countMembers(text: string): number {
  let count = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (inString) {
      if (code === backslash) i++
      else if (code === quote) inString = false
    } else if (code === quote) inString = true
    else if (code === colon) count++
  }
  return count
}

const quote = 0x22
const colon = 0x3a
const backslash = 0x5c

interface Reader {
  readonly text: string
  at: number
  readonly steps: (string | number)[]
  depth: number
  /** A set: one problem is told once, however often it occurs. */
  readonly problems: Set<string>
}

/** Reads the value that starts here. Without a type nothing in it is judged: it is dropped, or kept as it is. */
function readValue(reader: Reader, type: TypeRef | undefined): void {
  skipSpace(reader)
  const first = reader.text[reader.at]
  if (++reader.depth > decodeLimits.depth) throw new Undecodable('exceeded max depth')
  if (first === '{') readObject(reader, type)
  else if (first === '[') readList(reader, type?.kind === 'list' ? type.of : undefined)
  else readScalar(reader)
  reader.depth--
}

function readObject(reader: Reader, type: TypeRef | undefined): void {
  const fields = type?.kind === 'object' ? objectSchema(type.type).fields : undefined
  const seen = new Set<string>()
  reader.at++
  for (skipSpace(reader); reader.text[reader.at] !== '}'; skipSpace(reader)) {
    const key = readString(reader)
    skipSpace(reader)
    reader.at++ // the colon
    reader.steps.push(key)
    const field = fields?.get(key)
    const known = field !== undefined || type?.kind === 'map'
    if (fields !== undefined && field === undefined) tell(reader, 'unknown')
    else if (known && seen.has(key)) tell(reader, 'duplicate')
    seen.add(key)
    readValue(reader, field?.type ?? (type?.kind === 'map' ? type.of : undefined))
    reader.steps.pop()
    skipComma(reader)
  }
  reader.at++
}

function tell(reader: Reader, what: 'unknown' | 'duplicate'): void {
  if (reader.problems.size < decodeLimits.problems) reader.problems.add(problem(what, pathOf(reader.steps)))
}

function readList(reader: Reader, type: TypeRef | undefined): void {
  reader.at++
  skipSpace(reader)
  for (let i = 0; reader.text[reader.at] !== ']'; i++) {
    reader.steps.push(i)
    readValue(reader, type)
    reader.steps.pop()
    skipComma(reader)
    skipSpace(reader)
  }
  reader.at++
}

function readScalar(reader: Reader): void {
  if (reader.text.charCodeAt(reader.at) === quote) readString(reader)
  else while (/[-+.\w]/.test(reader.text[reader.at] ?? '')) reader.at++
}

function readString(reader: Reader): string {
  const start = reader.at
  for (reader.at++; reader.text.charCodeAt(reader.at) !== quote; reader.at++) {
    if (reader.text.charCodeAt(reader.at) === backslash) reader.at++
  }
  reader.at++
  return JSON.parse(reader.text.slice(start, reader.at)) as string
}

function skipComma(reader: Reader): void {
  skipSpace(reader)
  if (reader.text[reader.at] === ',') reader.at++
}

function skipSpace(reader: Reader): void {
  while (/\s/.test(reader.text[reader.at] ?? '')) reader.at++
}
