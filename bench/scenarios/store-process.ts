// One half of the scenario `store`: node --expose-gc --import tsx store-process.ts write|read DIRECTORY RECORDS
// Prints its figures as JSON.

import { openLmdbStore } from '../../src/store/lmdb.ts'
import type { Store } from '../../src/store/store.ts'
import { anonymousBytes } from '../machine.ts'

const [what, directory = '', records = ''] = process.argv.slice(2)
const count = Number(records)
const figures = what === 'write' ? await writing() : await reading()
console.log(JSON.stringify(figures))

async function writing(): Promise<Record<string, number>> {
  const store = await openLmdbStore({ directory })
  const perSecond = async (writes: number, atATime: number, durability: 'flushed' | 'written') => {
    const startedMs = performance.now()
    for (let i = 0; i < writes; i += atATime) {
      await Promise.all(Array.from({ length: atATime }, (_, j) => put(store, 'warm', i + j, durability)))
    }
    return (writes / (performance.now() - startedMs)) * 1000
  }
  await perSecond(500, 50, 'flushed')
  const figures: Record<string, number> = {
    'durable writes, one after another': await perSecond(1_000, 1, 'flushed'),
    'durable writes, 64 at a time': await perSecond(32_000, 64, 'flushed'),
    'writes that need not be durable': await perSecond(32_000, 64, 'written'),
  }
  const startedMs = performance.now()
  for (let i = 0; i < count; i += 1_000) {
    const length = Math.min(1_000, count - i)
    await Promise.all(Array.from({ length }, (_, j) => put(store, 'pods', i + j, 'flushed')))
  }
  figures['filling it, 1,000 at a time'] = (count / (performance.now() - startedMs)) * 1000
  await store.close()
  return figures
}

async function reading(): Promise<Record<string, number>> {
  globalThis.gc?.()
  const [before, cpuBefore, startedMs] = [
    anonymousBytes(process.pid) ?? Number.NaN,
    process.cpuUsage(),
    performance.now(),
  ]
  const store = await openLmdbStore({ directory })
  const openMs = performance.now() - startedMs
  const { user, system } = process.cpuUsage(cpuBefore)
  globalThis.gc?.()
  const anonymous = (anonymousBytes(process.pid) ?? Number.NaN) - before
  const figures = {
    open: openMs,
    'CPU of open': (user + system) / 1000,
    'RssAnon of a record': anonymous / (store.count('pods') + store.count('warm')),
    'list all, in order': median(20, () => store.list('pods', { prefix: 'default/' })),
    'list 5,000 of them': median(50, () => store.list('pods', { after: key(count >> 1), limit: 5_000 })),
    'count by prefix': median(50, () => repeat(1_000, () => store.count('pods', 'default/pod-0001'))),
    get: median(20, () => repeat(10_000, (i) => store.get('pods', key((i * 7919) % count)))) / 10,
  }
  const then = store.revision
  await Promise.all(Array.from({ length: 1_000 }, (_, i) => put(store, 'pods', i * 97, 'flushed')))
  const page = { prefix: 'default/', after: key(count >> 1), limit: 500, at: then }
  const past = median(20, () => store.list('pods', page))
  await store.close()
  return { ...figures, 'a page of 500, as it was 1,000 writes ago': past }
}

function key(number: number): string {
  return `default/pod-${String(number).padStart(8, '0')}`
}

function put(store: Store, collection: string, number: number, durability: 'flushed' | 'written'): Promise<unknown> {
  const encode = (revision: number) => Buffer.alloc(2_000, `${number} at ${revision} `)
  return store.write({ collection, key: key(number), expect: undefined, encode, durability })
}

function repeat(times: number, act: (i: number) => unknown): void {
  for (let i = 0; i < times; i++) act(i)
}

/** Milliseconds of the middle one of so many runs. */
function median(runs: number, act: () => unknown): number {
  const tookMs = Array.from({ length: runs }, () => {
    const startedMs = performance.now()
    act()
    return performance.now() - startedMs
  })
  return tookMs.sort((a, b) => a - b)[runs >> 1]!
}
