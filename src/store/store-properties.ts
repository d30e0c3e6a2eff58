// Any history of writes, held against the simplest store there is: the list of everything that ever happened.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RevisionMismatch, type Store, type StoreEvent } from './store.ts'
import type { StoreUnderTest } from './store-under-test.ts'

type Act =
  | {
      readonly do: 'write'
      readonly collection: string
      readonly key: string
      readonly expect: 'none' | 'right' | 'wrong' | 'any'
      readonly delete: boolean
      readonly durability: 'flushed' | 'written'
      readonly size: number
    }
  | { readonly do: 'settle' }
  /** How far back, as a share of all there was. */
  | { readonly do: 'compact'; readonly share: number }
  | { readonly do: 'reopen' }

const collections = ['leases', 'pods']
const keys = ['a/1', 'a/2', 'a/20', 'b/1', 'c']

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        do: fc.constant('write' as const),
        collection: fc.constantFrom(...collections),
        key: fc.constantFrom(...keys),
        expect: fc.constantFrom('any' as const, 'any' as const, 'right' as const, 'none' as const, 'wrong' as const),
        delete: fc.boolean(),
        durability: fc.constantFrom('flushed' as const, 'written' as const),
        size: fc.nat(20),
      }),
    },
    { weight: 4, arbitrary: fc.constant({ do: 'settle' as const }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('compact' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    },
    { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
  ),
  { maxLength: 40 },
)

/** Everything that ever happened, and from where on it is still told. */
class Model {
  readonly events: { collection: string; key: string; revision: number; text: string; deleted: boolean }[] = []
  revision = 1
  floor = 1

  at(collection: string, revision: number): Map<string, string> {
    const records = new Map<string, string>()
    for (const event of this.events) {
      if (event.collection !== collection || event.revision > revision) continue
      if (event.deleted) records.delete(event.key)
      else records.set(event.key, event.text)
    }
    return new Map([...records].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

export function storeProperties(name: string, underTest: StoreUnderTest): void {
  const { runs } = underTest

  describe(`${name}: any history`, () => {
    test('ST2 ST3 WA1 is what the list of everything that happened says', () =>
      fc.assert(
        fc.asyncProperty(acts, fc.infiniteStream(fc.nat()), async (acts, numbers) => {
          const opened = await underTest.open(1000)
          try {
            await play(
              opened.store,
              () => opened.reopen(),
              acts,
              () => numbers.next().value ?? 0,
            )
          } finally {
            await opened.dispose()
          }
        }),
        { numRuns: runs },
      ))
  })
}

async function play(
  first: Store,
  reopen: () => Promise<Store>,
  acts: readonly Act[],
  number: () => number,
): Promise<void> {
  const model = new Model()
  let store = first
  let writing: Promise<unknown>[] = []
  let heard = listenToAll(store)
  for (const act of [...acts, { do: 'settle' as const }]) {
    if (act.do === 'write') writing.push(decide(store, model, act))
    if (act.do === 'settle' || act.do === 'reopen') {
      await Promise.all(writing)
      writing = []
      expect(heard.map(asText)).toEqual(expectedEvents(model, heard[0]?.revision ?? model.revision + 1))
      expectSame(store, model, number)
    }
    if (act.do === 'compact') {
      await Promise.all(writing)
      const revision = Math.round(act.share * model.revision)
      await store.compact(revision)
      model.floor = Math.max(model.floor, revision)
    }
    if (act.do === 'reopen') {
      store = await reopen()
      heard = listenToAll(store)
      model.floor = model.revision
      expectSame(store, model, number)
    }
  }
}

/** The write, and what the model says becomes of it. */
async function decide(store: Store, model: Model, act: Act & { do: 'write' }): Promise<void> {
  const { collection, key, durability } = act
  const head = model.events.filter((event) => event.collection === collection && event.key === key).at(-1)
  const there = head !== undefined && !head.deleted
  const at = there ? head.revision : 0
  const expected = { none: 0, right: at, wrong: at + 1, any: undefined }[act.expect]
  const refused = (expected !== undefined && expected !== at) || (act.delete && !there)
  const value = (revision: number) => `${key}@${revision}${'.'.repeat(act.size)}`
  if (!refused) {
    const revision = ++model.revision
    model.events.push({ collection, key, revision, text: value(revision), deleted: act.delete })
  }
  const encode = (revision: number) => new TextEncoder().encode(value(revision))
  const options = { collection, key, expect: expected, encode, delete: act.delete, durability }
  const { revision } = model
  const outcome = await store.write(options).catch((error: unknown) => {
    if (error instanceof RevisionMismatch) return error
    throw error
  })
  if (outcome instanceof RevisionMismatch) expect([refused, outcome.found?.revision ?? 0]).toEqual([true, at])
  else expect([refused, outcome.revision]).toEqual([false, revision])
}

/** Every question at a few revisions, each of them drawn. */
function expectSame(store: Store, model: Model, number: () => number): void {
  expect(store.revision).toBe(model.revision)
  expect(store.collections()).toEqual(collections.filter((name) => model.at(name, model.revision).size > 0))
  for (const collection of collections) {
    const now = model.at(collection, model.revision)
    for (const key of keys) expect(asString(store.get(collection, key)?.bytes)).toBe(now.get(key))
    for (const revision of [model.revision, 1 + (number() % model.revision)]) {
      const options = { prefix: ['', 'a/', 'a/2', 'b/', 'x'][number() % 5]!, limit: number() % 4 }
      const wanted = [...model.at(collection, revision)].filter(([key]) => key.startsWith(options.prefix))
      if (revision === model.revision) expect(store.count(collection, options.prefix)).toBe(wanted.length)
      if (revision < model.floor) {
        expect(store.list(collection, { ...options, at: revision })).toBe('compacted')
        expect(store.eventsAfter(collection, revision)).toBe('compacted')
      } else {
        expect(inPages(store, collection, revision, options)).toEqual(wanted)
        const events = store.eventsAfter(collection, revision)
        expect(events === 'compacted' ? events : events.map(asText)).toEqual(
          expectedEvents(model, revision + 1, collection),
        )
      }
    }
  }
}

function inPages(store: Store, collection: string, at: number, options: { prefix: string; limit: number }) {
  const records: [string, string | undefined][] = []
  for (let after: string | undefined; ; ) {
    const page = store.list(collection, { ...options, at, ...(after === undefined ? {} : { after }) })
    if (page === 'compacted') return page
    records.push(...page.records.map((record): [string, string | undefined] => [record.key, asString(record.bytes)]))
    if (page.remaining === 0) return records
    after = page.records.at(-1)!.key
  }
}

function listenToAll(store: Store): StoreEvent[] {
  const heard: StoreEvent[] = []
  for (const collection of collections) store.subscribe(collection, (event) => heard.push(event))
  return heard
}

function expectedEvents(model: Model, from: number, collection?: string): string[] {
  return model.events
    .filter((event) => event.revision >= from && (collection === undefined || event.collection === collection))
    .map((event) => {
      const before = model.at(event.collection, event.revision - 1).get(event.key)
      const type = event.deleted ? 'deleted' : before === undefined ? 'created' : 'updated'
      return `${event.collection} ${type} ${event.text} was ${before}`
    })
}

function asText({ collection, type, record, previous }: StoreEvent): string {
  return `${collection} ${type} ${asString(record.bytes)} was ${asString(previous?.bytes)}`
}

function asString(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString()
}
