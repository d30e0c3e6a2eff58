// A record as it lies on disk: a checksum over everything that makes it this record, its revision, and its bytes.

import * as zlib from 'node:zlib'
import type { StoredRecord } from './store.ts'

const headerBytes = 12

/** What lies under `name` in the database (see `nameOf`). */
export function encodeRecord(name: string, record: StoredRecord): Buffer {
  const encoded = Buffer.allocUnsafeSlow(headerBytes + record.bytes.byteLength)
  encoded.writeDoubleBE(record.revision, 4)
  encoded.set(record.bytes, headerBytes)
  encoded.writeUInt32BE(checksum(name, encoded), 0)
  return encoded
}

/** Undefined when the bytes are not what was written under this name. The record shares their memory. */
export function decodeRecord(name: string, encoded: Buffer): StoredRecord | undefined {
  if (encoded.byteLength < headerBytes || encoded.readUInt32BE(0) !== checksum(name, encoded)) return undefined
  const { key } = partsOf(name)
  return { key, revision: encoded.readDoubleBE(4), bytes: encoded.subarray(headerBytes) }
}

/** One name for collection and key: a space is in neither of them. */
export function nameOf(collection: string, key: string): string {
  return `${collection} ${key}`
}

export function partsOf(name: string): { readonly collection: string; readonly key: string } {
  const space = name.indexOf(' ')
  return { collection: name.slice(0, space), key: name.slice(space + 1) }
}

function checksum(name: string, encoded: Buffer): number {
  return crc32(encoded.subarray(4), crc32(Buffer.from(name), 0))
}

/** CRC-32 as in zlib (ISO 3309), continued from `before`. Node has it since 20.15; the table serves the older ones. */
export const crc32: (bytes: Uint8Array, before: number) => number = zlib.crc32 ?? crc32ByTable

export function crc32ByTable(bytes: Uint8Array, before: number): number {
  let crc = ~before
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})
