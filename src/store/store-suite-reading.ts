// What every store must do for those who read: listings of now and of the past, watching, and history that ends.

import { describe, expect } from 'vitest'
import type { Store } from './store.ts'
import { listed, listen, overStores, revisions, type StoreUnderTest, text, told, write } from './store-under-test.ts'

export function readingSuite(name: string, underTest: StoreUnderTest): void {
  const withStore = overStores(underTest)

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
}
