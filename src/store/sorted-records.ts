// The records of one collection, found by key and read in key order. A list of short sorted chunks: a new key moves the
// few hundred slots of its own chunk, never the whole collection, and counting adds up the lengths of the chunks.

import type { StoredRecord } from './store.ts'

/** Both the map and the order hold the slot, so an update of a known key touches neither. */
interface Slot {
  readonly key: string
  record: StoredRecord
}

/** A chunk that grows beyond this is cut in two. */
const chunkLimit = 512

export class SortedRecords {
  readonly #slots = new Map<string, Slot>()
  /** In key order, none of them empty. */
  readonly #chunks: Slot[][] = []

  get size(): number {
    return this.#slots.size
  }

  get(key: string): StoredRecord | undefined {
    return this.#slots.get(key)?.record
  }

  set(record: StoredRecord): void {
    const known = this.#slots.get(record.key)
    if (known !== undefined) {
      known.record = record
      return
    }
    const slot = { key: record.key, record }
    this.#slots.set(slot.key, slot)
    this.#insert(slot)
  }

  delete(key: string): void {
    if (!this.#slots.delete(key)) return
    const at = this.#chunkOf(key)
    const chunk = this.#chunks[at]!
    chunk.splice(positionIn(chunk, key), 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
  }

  /** How many keys come before `key`; with it, the position at which `slice` finds it. */
  rank(key: string): number {
    if (this.#chunks.length === 0) return 0
    const at = this.#chunkOf(key)
    let rank = 0
    for (let i = 0; i < at; i++) rank += this.#chunks[i]!.length
    return rank + positionIn(this.#chunks[at]!, key)
  }

  /** The records at positions `from` … `to`-1, in key order. */
  slice(from: number, to: number): StoredRecord[] {
    const records: StoredRecord[] = []
    let start = 0
    for (const chunk of this.#chunks) {
      if (start >= to) break
      const last = Math.min(chunk.length, to - start)
      for (let i = Math.max(0, from - start); i < last; i++) records.push(chunk[i]!.record)
      start += chunk.length
    }
    return records
  }

  #insert(slot: Slot): void {
    const last = this.#chunks.at(-1)
    // In key order, as a store is read when it is opened: chunks are filled up, and none is searched.
    if (last === undefined || last.at(-1)!.key < slot.key) {
      if (last !== undefined && last.length < chunkLimit) last.push(slot)
      else this.#chunks.push([slot])
      return
    }
    const at = this.#chunkOf(slot.key)
    const chunk = this.#chunks[at]!
    chunk.splice(positionIn(chunk, slot.key), 0, slot)
    if (chunk.length > chunkLimit) this.#chunks.splice(at + 1, 0, chunk.splice(chunkLimit / 2))
  }

  /** The last chunk whose first key is not above `key`, or the first chunk. */
  #chunkOf(key: string): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#chunks[middle]![0]!.key <= key) low = middle
      else high = middle - 1
    }
    return low
  }
}

function positionIn(chunk: readonly Slot[], key: string): number {
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (chunk[middle]!.key < key) low = middle + 1
    else high = middle
  }
  return low
}
