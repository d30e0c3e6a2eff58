import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32, crc32ByTable, decodeRecord, encodeRecord } from './record-bytes.ts'

const name = 'apps/daemonsets kube-system/logger'
const record = (bytes: Uint8Array, revision = 7) => ({ key: 'kube-system/logger', revision, bytes })

test('a record comes back as it was', () =>
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (bytes, revision) => {
      const decoded = decodeRecord(name, encodeRecord(name, record(bytes, revision)))
      expect({ ...decoded, bytes: Uint8Array.from(decoded!.bytes) }).toEqual(record(bytes, revision))
    }),
  ))

test('ST5 one flipped bit, a cut tail or another name, and it is not the record any more', () =>
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (bytes, where) => {
      const encoded = encodeRecord(name, record(bytes))
      const flipped = Buffer.from(encoded)
      const bit = where % (flipped.length * 8)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(decodeRecord(name, flipped)).toBeUndefined()
      expect(decodeRecord(name, encoded.subarray(0, where % encoded.length))).toBeUndefined()
      expect(decodeRecord(`${name}2`, encoded)).toBeUndefined()
    }),
  ))

test('the checksum is the same with and without the help of Node', () =>
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (first, second) => {
      expect(crc32ByTable(second, crc32ByTable(first, 0))).toBe(crc32(second, crc32(first, 0)))
    }),
  ))
