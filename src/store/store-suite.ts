// What every store must do, whatever it keeps its records on. Run by memory.test.ts and lmdb.test.ts.

import { describe, expect } from 'vitest'
import { RevisionMismatch, StoreUnavailable, type WriteOptions } from './store.ts'
import { storeProperties } from './store-properties.ts'
import { readingSuite } from './store-suite-reading.ts'
import { bytes, listen, overStores, type StoreUnderTest, text, write } from './store-under-test.ts'

export function storeSuite(name: string, underTest: StoreUnderTest): void {
  const withStore = overStores(underTest)

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

  readingSuite(name, underTest)
  storeProperties(name, underTest)
}
