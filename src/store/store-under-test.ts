// What the suite needs to know of a store under test, and the words its tests are written in.

import { test } from 'vitest'
import type { Store, StoredRecord, StoreEvent, WriteOptions } from './store.ts'

export interface OpenedStore {
  readonly store: Store
  /** Closes it if it is open, and opens what was left on the disk. */
  reopen(): Promise<Store>
  /** Closes it and leaves nothing behind. */
  dispose(): Promise<void>
}

export interface StoreUnderTest {
  /** History is kept for `events` events of each collection. */
  open(events: number): Promise<OpenedStore>
  /** Runs of each property: as many as a second allows. */
  readonly runs: number
}

/** Makes tests that each have a store of their own. */
export function overStores(underTest: StoreUnderTest) {
  return (title: string, run: (store: Store, opened: OpenedStore) => Promise<void>, events = 1000) =>
    test(title, async () => {
      const opened = await underTest.open(events)
      try {
        await run(opened.store, opened)
      } finally {
        await opened.dispose()
      }
    })
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function text(record: StoredRecord | undefined): string | undefined {
  return record === undefined ? undefined : Buffer.from(record.bytes).toString()
}

/** Writes `value@revision`. */
export function write(
  store: Store,
  collection: string,
  key: string,
  value: string,
  options: Partial<WriteOptions> = {},
): Promise<StoredRecord> {
  const encode = (revision: number) => bytes(`${value}@${revision}`)
  return store.write({ collection, key, expect: undefined, encode, ...options })
}

export function listen(store: Store, collection: string): StoreEvent[] {
  const events: StoreEvent[] = []
  store.subscribe(collection, (event) => events.push(event))
  return events
}

export function told({ type, record, previous }: StoreEvent): string {
  return `${type} ${text(record)}${previous === undefined ? '' : ` was ${text(previous)}`}`
}

export function revisions(events: readonly StoreEvent[] | 'compacted'): number[] | 'compacted' {
  return events === 'compacted' ? events : events.map(({ revision }) => revision)
}

export function listed(store: Store, collection: string, options?: Parameters<Store['list']>[1]) {
  const listing = store.list(collection, options)
  if (listing === 'compacted') return undefined
  return { keys: listing.records.map(({ key }) => key), remaining: listing.remaining, revision: listing.revision }
}
