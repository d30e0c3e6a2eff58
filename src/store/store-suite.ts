// What every store must do, whatever it keeps its records on. Run by memory.test.ts and lmdb.test.ts.

import { describe, expect, test } from 'vitest'
import {
  RevisionMismatch,
  type Store,
  type StoredRecord,
  type StoreEvent,
  StoreUnavailable,
  type WriteOptions,
} from './store.ts'
import { storeProperties } from './store-properties.ts'

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

export function storeSuite(name: string, underTest: StoreUnderTest): void {
  /** A test over a store of its own. */
  const withStore = (title: string, run: (store: Store, opened: OpenedStore) => Promise<void>, events = 1000) =>
    test(title, async () => {
      const opened = await underTest.open(events)
      try {
        await run(opened.store, opened)
      } finally {
        await opened.dispose()
      }
    })

  describe(`${name}: writes`, () => {
    withStore('ST2 each write takes the next revision, and is encoded with it', async (store) => {
      expect(store.revision).toBe(1)
      const first = await write(store, 'pods', 'a/x', 'v')
      const second = await write(store, 'nodes', 'n', 'v')
      expect([first.revision, second.revision, store.revision]).toEqual([2, 3, 3])
      expect(text(store.get('pods', 'a/x'))).toBe('v@2')
      expect(store.get('nodes', 'n')).toEqual(second)
      expect(store.collections()).toEqual(['nodes', 'pods'])
    })

    const table: [expectation: string, there: boolean, options: Partial<WriteOptions>, outcome: string][] = [
      ['a create where nothing is', false, { expect: 0 }, 'created'],
      ['a create where something is', true, { expect: 0 }, 'found 2'],
      ['an update from the revision it has', true, { expect: 2 }, 'updated'],
      ['an update from an older one', true, { expect: 1 }, 'found 2'],
      ['an update of what is not there', false, { expect: 2 }, 'found nothing'],
      ['a write of whatever is there', true, { expect: undefined }, 'updated'],
      ['a write of whatever is not there', false, { expect: undefined }, 'created'],
      ['a delete from the revision it has', true, { expect: 2, delete: true }, 'deleted'],
      ['a delete from an older one', true, { expect: 1, delete: true }, 'found 2'],
      ['a delete of whatever is there', true, { expect: undefined, delete: true }, 'deleted'],
      ['a delete of what is not there', false, { expect: undefined, delete: true }, 'found nothing'],
      ['a delete that expects nothing, of nothing', false, { expect: 0, delete: true }, 'found nothing'],
    ]
    for (const [expectation, there, options, outcome] of table) {
      withStore(`ST2 ${expectation}: ${outcome}`, async (store) => {
        if (there) await write(store, 'pods', 'a/x', 'old')
        const before = store.revision
        const events = listen(store, 'pods')
        let encoded = 0
        const encode = (revision: number) => {
          encoded++
          return bytes(`new@${revision}`)
        }
        const said = await store.write({ collection: 'pods', key: 'a/x', expect: undefined, encode, ...options }).then(
          () => events.map(({ type }) => type).join(),
          (error: unknown) => {
            if (!(error instanceof RevisionMismatch)) throw error
            return `found ${error.found?.revision ?? 'nothing'}`
          },
        )
        expect(said).toBe(outcome)
        const stored = !outcome.startsWith('found')
        expect([encoded, store.revision - before, events.length]).toEqual(stored ? [1, 1, 1] : [0, 0, 0])
        const gone = outcome === 'deleted' || outcome === 'found nothing'
        expect(store.get('pods', 'a/x') === undefined).toBe(gone)
      })
    }

    withStore('ST2 of many who write from the same revision, one wins', async (store) => {
      await write(store, 'pods', 'a/x', 'old')
      const writers = Array.from({ length: 20 }, (_, i) => write(store, 'pods', 'a/x', `w${i}`, { expect: 2 }))
      const outcomes = await Promise.allSettled(writers)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(text(store.get('pods', 'a/x'))).toBe('w0@3')
      expect(store.revision).toBe(3)
    })

    withStore('head tells what is decided, get what is visible', async (store) => {
      const writing = write(store, 'pods', 'a/x', 'new')
      expect(text(store.head('pods', 'a/x'))).toBe('new@2')
      expect([store.get('pods', 'a/x'), store.revision, store.count('pods')]).toEqual([undefined, 1, 0])
      await writing
      expect(store.get('pods', 'a/x')).toBe(store.head('pods', 'a/x'))
      const deleting = write(store, 'pods', 'a/x', 'last', { delete: true })
      expect(store.head('pods', 'a/x')).toBeUndefined()
      expect(text(store.get('pods', 'a/x'))).toBe('new@2')
      await deleting
      expect(store.get('pods', 'a/x')).toBeUndefined()
    })

    withStore('head is the newest of several writes on their way', async (store) => {
      const heads: (string | undefined)[] = []
      store.subscribe('pods', () => heads.push(text(store.head('pods', 'a/x'))))
      await Promise.all([write(store, 'pods', 'a/x', 'one'), write(store, 'pods', 'a/x', 'two')])
      expect(heads).toEqual(['two@3', 'two@3'])
    })

    withStore('writes become visible in the order of their revisions, whatever their durability', async (store) => {
      await write(store, 'leases', 'n', 'first')
      const seen: number[] = []
      for (const collection of ['pods', 'leases']) store.subscribe(collection, ({ revision }) => seen.push(revision))
      await Promise.all(
        Array.from({ length: 30 }, (_, i) =>
          i % 3 === 0
            ? write(store, 'pods', `a/x${i}`, 'v')
            : write(store, 'leases', 'n', `v${i}`, { durability: 'written' }),
        ),
      )
      expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => i + 3))
    })

    withStore('an encode that throws leaves no trace', async (store) => {
      const encode = () => {
        throw new Error('cannot be encoded')
      }
      const writing = store.write({ collection: 'pods', key: 'a/x', expect: 0, encode })
      await expect(writing).rejects.toThrow('cannot be encoded')
      expect(store.head('pods', 'a/x')).toBeUndefined()
      expect((await write(store, 'pods', 'a/x', 'v')).revision).toBe(2)
    })

    withStore('close waits for what was written, and refuses what comes after', async (store, opened) => {
      const writing = write(store, 'pods', 'a/x', 'v')
      const lazy = write(store, 'leases', 'n', 'v', { durability: 'written' })
      await Promise.all([store.close(), store.close()])
      expect([(await writing).revision, (await lazy).revision]).toEqual([2, 3])
      await expect(write(store, 'pods', 'a/y', 'v')).rejects.toThrow(StoreUnavailable)
      const again = await opened.reopen()
      expect([text(again.get('pods', 'a/x')), text(again.get('leases', 'n'))]).toEqual(['v@2', 'v@3'])
    })

    withStore('bytes that share a larger buffer are stored, not the buffer', async (store) => {
      const shared = Buffer.from('before inside after')
      const encode = () => shared.subarray(7, 13)
      await store.write({ collection: 'pods', key: 'a/x', expect: 0, encode })
      shared.fill('!')
      expect(text(store.get('pods', 'a/x'))).toBe('inside')
    })
  })

  describe(`${name}: listings`, () => {
    const keys = ['a/1', 'a/10', 'a/2', 'a-b/1', 'b/1', 'cluster-wide']
    const fill = async (store: Store) => {
      for (const key of keys) await write(store, 'pods', key, key)
    }
    const table: [question: string, options: Parameters<Store['list']>[1], answer: string[], remaining: number][] = [
      ['everything, in byte order', {}, ['a-b/1', 'a/1', 'a/10', 'a/2', 'b/1', 'cluster-wide'], 0],
      ['one namespace', { prefix: 'a/' }, ['a/1', 'a/10', 'a/2'], 0],
      ['a namespace that has none', { prefix: 'z/' }, [], 0],
      ['a first page', { limit: 2 }, ['a-b/1', 'a/1'], 4],
      ['a later page', { limit: 2, after: 'a/1' }, ['a/10', 'a/2'], 2],
      ['a last page', { limit: 2, after: 'a/2' }, ['b/1', 'cluster-wide'], 0],
      ['a page of a namespace', { prefix: 'a/', after: 'a/1', limit: 1 }, ['a/10'], 1],
      ['after a key that is gone', { after: 'a/11' }, ['a/2', 'b/1', 'cluster-wide'], 0],
      ['after the end', { prefix: 'a/', after: 'a/2' }, [], 0],
      ['after a key beyond the prefix', { prefix: 'a/', after: 'b/1' }, [], 0],
      ['a limit of 0 is none', { prefix: 'a/', limit: 0 }, ['a/1', 'a/10', 'a/2'], 0],
    ]
    for (const [question, options, answer, remaining] of table) {
      withStore(`ST3 ${question}`, async (store) => {
        await fill(store)
        expect(listed(store, 'pods', options)).toEqual({ keys: answer, remaining, revision: 7 })
        const { limit: _, after: __, ...whole } = options ?? {}
        expect(store.count('pods', whole.prefix)).toBe(listed(store, 'pods', whole)?.keys.length)
      })
    }

    withStore('ST3 a listing of the past, in pages, is what stood there then', async (store) => {
      await fill(store)
      const then = store.revision
      await write(store, 'pods', 'a/10', 'last', { delete: true })
      await write(store, 'pods', 'a/15', 'late')
      await write(store, 'pods', 'b/1', 'changed')
      await write(store, 'pods', 'b/1', 'last', { delete: true })
      const pages: string[] = []
      for (let after: string | undefined; ; ) {
        const page = store.list('pods', { at: then, limit: 2, ...(after === undefined ? {} : { after }) })
        if (page === 'compacted') throw new Error('nothing was compacted')
        expect(page.revision).toBe(then)
        pages.push(...page.records.map((record) => text(record) ?? ''), `${page.remaining} more`)
        if (page.remaining === 0) break
        after = page.records.at(-1)!.key
      }
      expect(pages).toEqual([
        'a-b/1@5',
        'a/1@2',
        '4 more',
        'a/10@3',
        'a/2@4',
        '2 more',
        'b/1@6',
        'cluster-wide@7',
        '0 more',
      ])
    })

    withStore('a collection nobody wrote to is empty, and still has a past', async (store) => {
      await write(store, 'nodes', 'n', 'v')
      expect(listed(store, 'pods')).toEqual({ keys: [], remaining: 0, revision: 2 })
      expect(listed(store, 'pods', { at: 1 })).toEqual({ keys: [], remaining: 0, revision: 1 })
      expect([store.count('pods'), store.eventsAfter('pods', 1), store.collections()]).toEqual([0, [], ['nodes']])
    })
  })

  describe(`${name}: watching`, () => {
    withStore('WA1 every event once, in order, with what was there before', async (store) => {
      const events = listen(store, 'pods')
      await Promise.all([write(store, 'pods', 'a/x', 'one'), write(store, 'nodes', 'n', 'elsewhere')])
      await write(store, 'pods', 'a/x', 'two')
      await write(store, 'pods', 'a/x', 'last', { delete: true })
      expect(events.map(told)).toEqual(['created one@2', 'updated two@4 was one@2', 'deleted last@5 was two@4'])
      expect(store.eventsAfter('pods', 1)).toEqual(events)
      expect(store.eventsAfter('pods', 4)).toEqual(events.slice(2))
    })

    withStore('WA9 an event that is going round is in the history already, and nowhere twice', async (store) => {
      const late: string[] = []
      const stop = store.subscribe('pods', ({ revision }) => {
        stop()
        const past = store.eventsAfter('pods', 1)
        if (past === 'compacted') throw new Error('nothing was compacted')
        late.push(...past.map((event) => `past ${event.revision}`))
        store.subscribe('pods', (event) => late.push(`heard ${event.revision}`))
        expect(store.revision).toBe(revision)
      })
      await Promise.all([write(store, 'pods', 'a/x', 'v'), write(store, 'pods', 'a/y', 'v')])
      expect(late).toEqual(['past 2', 'heard 3'])
    })

    withStore('who has stopped hears nothing more, not even of the event that is going round', async (store) => {
      const heard: string[] = []
      const stops: (() => void)[] = []
      stops.push(store.subscribe('pods', () => stops[1]?.()))
      stops.push(store.subscribe('pods', () => heard.push('the second')))
      stops.push(store.subscribe('pods', () => heard.push('the third')))
      await write(store, 'pods', 'a/x', 'v')
      expect(heard).toEqual(['the third'])
    })

    withStore('a listener that writes hears of its own write after everybody heard of the first', async (store) => {
      const heard: string[] = []
      let writing: Promise<unknown> | undefined
      store.subscribe('leases', ({ revision }) => {
        heard.push(`first ${revision}`)
        writing ??= write(store, 'leases', 'm', 'v', { durability: 'written' })
      })
      store.subscribe('leases', ({ revision }) => heard.push(`second ${revision}`))
      await write(store, 'leases', 'n', 'v', { durability: 'written' })
      await writing
      expect(heard).toEqual(['first 2', 'second 2', 'first 3', 'second 3'])
    })
  })

  describe(`${name}: history`, () => {
    withStore('WA5 what is compacted is said to be, what is not is whole', async (store) => {
      for (let i = 2; i <= 10; i++) await write(store, 'pods', 'a/x', 'v')
      await store.compact(6)
      expect([store.eventsAfter('pods', 5), store.list('pods', { at: 5 })]).toEqual(['compacted', 'compacted'])
      expect([store.eventsAfter('nodes', 5), store.list('nodes', { at: 5 })]).toEqual(['compacted', 'compacted'])
      expect(revisions(store.eventsAfter('pods', 6))).toEqual([7, 8, 9, 10])
      expect(listed(store, 'pods', { at: 6 })).toEqual({ keys: ['a/x'], remaining: 0, revision: 6 })
      await store.compact(3)
      expect(revisions(store.eventsAfter('pods', 6))).toEqual([7, 8, 9, 10])
    })

    withStore(
      'WA5 beyond its limit a collection forgets its oldest events, and no other does',
      async (store) => {
        await write(store, 'nodes', 'n', 'v')
        for (let i = 3; i <= 30; i++) await write(store, 'pods', `a/${i}`, 'v')
        expect(revisions(store.eventsAfter('pods', 20))).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30])
        expect([store.eventsAfter('pods', 19), store.list('pods', { at: 19 })]).toEqual(['compacted', 'compacted'])
        expect(listed(store, 'pods', { at: 20 })?.keys).toHaveLength(18)
        expect(revisions(store.eventsAfter('nodes', 1))).toEqual([2])
      },
      10,
    )

    withStore(
      'ST1 after a restart: the same records, revisions that go on, and no gap that is not said',
      async (store, opened) => {
        await write(store, 'pods', 'a/x', 'v')
        await write(store, 'pods', 'a/y', 'v')
        await write(store, 'pods', 'a/x', 'last', { delete: true })
        await write(store, 'nodes', 'n', 'v', { durability: 'written' })
        const again = await opened.reopen()
        expect(again.revision).toBe(5)
        expect([...(listed(again, 'pods')?.keys ?? []), text(again.get('pods', 'a/y'))]).toEqual(['a/y', 'v@3'])
        expect(text(again.get('nodes', 'n'))).toBe('v@5')
        expect([again.eventsAfter('pods', 4), again.list('pods', { at: 4 })]).toEqual(['compacted', 'compacted'])
        expect(again.eventsAfter('pods', 5)).toEqual([])
        expect((await write(again, 'pods', 'a/x', 'again')).revision).toBe(6)
        expect(revisions(again.eventsAfter('pods', 5))).toEqual([6])
      },
    )
  })

  storeProperties(name, underTest)
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

function listen(store: Store, collection: string): StoreEvent[] {
  const events: StoreEvent[] = []
  store.subscribe(collection, (event) => events.push(event))
  return events
}

function told({ type, record, previous }: StoreEvent): string {
  return `${type} ${text(record)}${previous === undefined ? '' : ` was ${text(previous)}`}`
}

function revisions(events: readonly StoreEvent[] | 'compacted'): number[] | 'compacted' {
  return events === 'compacted' ? events : events.map(({ revision }) => revision)
}

function listed(store: Store, collection: string, options?: Parameters<Store['list']>[1]) {
  const listing = store.list(collection, options)
  if (listing === 'compacted') return undefined
  return { keys: listing.records.map(({ key }) => key), remaining: listing.remaining, revision: listing.revision }
}
