import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../base/clock.ts'
import { createMemoryStore, MemoryDisk } from './memory.ts'
import { historyLimits, type Store, type StoreEvent, StoreUnavailable } from './store.ts'
import { storeSuite } from './store-suite.ts'
import { text, write } from './store-under-test.ts'

storeSuite('memory', {
  runs: 200,
  async open(events) {
    const disk = new MemoryDisk()
    const open = () => createMemoryStore({ disk, history: { ...historyLimits, events } })
    let store = open()
    return {
      store,
      async reopen() {
        await store.close()
        store = open()
        return store
      },
      dispose: () => store.close(),
    }
  },
})

describe('memory: a crash', () => {
  const shown = (store: Store) => {
    const events: StoreEvent[] = []
    for (const collection of ['pods', 'leases']) store.subscribe(collection, (event) => events.push(event))
    return events
  }
  const tick = () => new Promise((resolve) => setImmediate(resolve))

  test('ST1 what is not flushed is neither answered, nor shown, nor there after a crash', async () => {
    const disk = new MemoryDisk({ flush: 'by hand' })
    const store = createMemoryStore({ disk })
    const events = shown(store)
    let answered = false
    void write(store, 'pods', 'a/x', 'v').then(() => {
      answered = true
    })
    await tick()
    expect([disk.waiting, answered, events, store.revision]).toEqual([1, false, [], 1])
    disk.crash()
    await tick()
    expect([answered, createMemoryStore({ disk }).head('pods', 'a/x')]).toEqual([false, undefined])
  })

  test("ST1 durability 'written' is shown at once, may be lost, and its revision is never given again", async () => {
    const disk = new MemoryDisk({ flush: 'by hand' })
    const first = createMemoryStore({ disk })
    const flushed = write(first, 'leases', 'n', 'one')
    await tick()
    disk.flush()
    await flushed
    const lazy = await write(first, 'leases', 'n', 'two', { durability: 'written' })
    expect([lazy.revision, text(first.get('leases', 'n'))]).toEqual([3, 'two@3'])
    disk.crash()
    const second = createMemoryStore({ disk })
    expect(text(second.get('leases', 'n'))).toBe('one@2')
    expect(second.eventsAfter('leases', 3)).toBe('compacted')
    void write(second, 'leases', 'n', 'three', { durability: 'written' })
    expect(second.head('leases', 'n')!.revision).toBeGreaterThan(3)
  })

  test('with a clock, lazy writes wait for company, and not for ever', async () => {
    const clock = new VirtualClock()
    const disk = new MemoryDisk({ flush: 'by hand' })
    const store = createMemoryStore({ disk, clock, lazyFlushMs: 100 })
    const first = write(store, 'leases', 'n', 'one')
    await tick()
    disk.flush()
    await first
    for (let i = 0; i < 5; i++) await write(store, 'leases', 'n', 'more', { durability: 'written' })
    clock.advance(99)
    await tick()
    expect(disk.waiting).toBe(0)
    clock.advance(1)
    await tick()
    expect(disk.waiting).toBe(1)
  })

  test('ST1 for any writes and any crash: the acknowledged are there, the rest is a prefix, no revision comes twice', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.record({ key: fc.constantFrom('a', 'b', 'c'), lazy: fc.boolean(), delete: fc.boolean() }),
            fc.constant('tick' as const),
            fc.constant('flush' as const),
          ),
          { maxLength: 30 },
        ),
        fc.nat(3),
        async (acts, survivors) => {
          const disk = new MemoryDisk({ flush: 'by hand' })
          const store = createMemoryStore({ disk })
          const events = shown(store)
          const all: { key: string; revision: number; deleted: boolean }[] = []
          let acknowledged = 1
          for (const act of acts) {
            if (act === 'tick') await tick()
            else if (act === 'flush') {
              disk.flush()
              await tick()
            } else {
              const before = store.head('pods', act.key)
              const durability = act.lazy ? 'written' : 'flushed'
              const writing = write(store, 'pods', act.key, 'v', { durability, delete: act.delete })
              if (act.delete && before === undefined) {
                await expect(writing).rejects.toThrow('nothing to delete')
                continue
              }
              all.push({ key: act.key, revision: all.length + 2, deleted: act.delete })
              void writing.then(({ revision }) => {
                if (!act.lazy) acknowledged = Math.max(acknowledged, revision)
              })
            }
          }
          await tick()
          disk.crash(survivors)
          const again = createMemoryStore({ disk })
          const listing = again.list('pods')
          const found = listing === 'compacted' ? [] : listing.records.map(({ key, revision }) => `${key}@${revision}`)
          const prefixes = Array.from({ length: all.length + 1 }, (_, length) => {
            const state = new Map<string, number>()
            for (const { key, revision, deleted } of all.slice(0, length)) {
              if (deleted) state.delete(key)
              else state.set(key, revision)
            }
            return { upTo: length + 1, text: [...state].map(([key, revision]) => `${key}@${revision}`).sort() }
          })
          const fitting = prefixes.filter(({ text }) => JSON.stringify(text) === JSON.stringify(found))
          expect(fitting.some(({ upTo }) => upTo >= acknowledged)).toBe(true)
          const newest = Math.max(1, ...events.map(({ revision }) => revision))
          expect(again.revision).toBeGreaterThanOrEqual(newest)
        },
      ),
      { numRuns: 200 },
    ))

  test('ST8 a disk that fails: no more writes, what was visible stays readable, head goes back to it', async () => {
    const disk = new MemoryDisk({ flush: 'by hand' })
    const store = createMemoryStore({ disk })
    const first = write(store, 'pods', 'a/x', 'one')
    await tick()
    disk.flush()
    await first
    const outcomes = Promise.allSettled([write(store, 'pods', 'a/x', 'two'), write(store, 'pods', 'a/y', 'two')])
    await tick()
    disk.fail(new Error('no space left on device'))
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } })
      expect(String((outcome as PromiseRejectedResult).reason)).toMatch('no space left on device')
    }
    await expect(write(store, 'pods', 'a/z', 'v')).rejects.toThrow(StoreUnavailable)
    expect([text(store.get('pods', 'a/x')), text(store.head('pods', 'a/x')), store.revision]).toEqual([
      'one@2',
      'one@2',
      2,
    ])
    expect(store.head('pods', 'a/y')).toBeUndefined()
    await store.close()
  })

  test('WA5 with a clock, history is kept for its age and not much longer', async () => {
    const clock = new VirtualClock()
    const store = createMemoryStore({ clock, history: { ...historyLimits, ageMs: 1000 } })
    const writtenMs = new Map<number, number>()
    for (let i = 0; i < 200; i++) {
      const { revision } = await write(store, 'pods', 'a/x', 'v')
      writtenMs.set(revision, clock.now())
      clock.advance(37)
    }
    const ages = [...writtenMs].map(([revision, atMs]) => ({
      ageMs: clock.now() - atMs,
      told: store.eventsAfter('pods', revision - 1) !== 'compacted',
    }))
    expect(ages.filter(({ ageMs, told }) => told !== ageMs < 1000 && (ageMs < 1000 || ageMs > 1250))).toEqual([])
    expect(ages.some(({ told }) => !told)).toBe(true)
  })

  test('one store at a time', () => {
    const disk = new MemoryDisk()
    createMemoryStore({ disk })
    expect(() => createMemoryStore({ disk })).toThrow('another store uses it')
  })
})
