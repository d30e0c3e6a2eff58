// What must hold of lmdb's file before lmdb may touch it. It maps the file into memory, so one that is not a database, or
// was cut short, ends the process with a signal instead of an error (seen with lmdb 3.5.6).

import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'

/** Undefined when lmdb may open it, else what is wrong. A file that was cut short gets its length back, filled with 0. */
export function problemOfDataFile(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  const file = openSync(path, 'r+')
  try {
    const { size } = fstatSync(file)
    if (size === 0) return undefined
    const first = metaAt(file, 0)
    if (first === undefined) return 'it is not a database of this version of lmdb'
    const second = metaAt(file, first.pageBytes)
    const newest = second === undefined || second.transaction < first.transaction ? first : second
    const needed = Number(newest.lastPage + 1n) * newest.pageBytes
    if (needed > sanityBytes) return 'its first page is damaged'
    // Now what is missing is a page of zeros, which lmdb knows not to be one of its own.
    if (size < needed) ftruncateSync(file, needed)
    return undefined
  } finally {
    closeSync(file)
  }
}

const sanityBytes = 2 ** 44

interface Meta {
  readonly pageBytes: number
  readonly lastPage: bigint
  readonly transaction: bigint
}

/** Little endian, as lmdb writes on every machine we know of. Layout: struct MDB_meta in lmdb-js' dependencies/lmdb/libraries/liblmdb/mdb.c. */
function metaAt(file: number, position: number): Meta | undefined {
  const page = Buffer.alloc(0xa0)
  if (readSync(file, page, 0, page.length, position) < page.length) return undefined
  if (page.readUInt32LE(0x18) !== 0xbeefc0de || page.readUInt32LE(0x1c) !== 2) return undefined
  const pageBytes = page.readUInt32LE(0x30)
  if (pageBytes < 512 || pageBytes > 65_536) return undefined
  return { pageBytes, lastPage: page.readBigUInt64LE(0x90), transaction: page.readBigUInt64LE(0x98) }
}
