import { expect, test } from 'vitest'
import { daemonSets } from '../../api/resources.ts'
import { createMemoryStore, MemoryDisk } from '../../store/memory.ts'
import { Judge } from '../judge.ts'

function daemonSet(uid: string, revision: number): Uint8Array {
  const template = { spec: { containers: [{ name: 'c', image: 'i:1' }] } }
  const metadata = { name: 'agent', namespace: 'default', uid, resourceVersion: String(revision) }
  return Buffer.from(JSON.stringify({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec: { template } }))
}

test('ST1 one that went and its namesake that came in the same group of a crash are two: the first is gone', async () => {
  const violations: string[] = []
  const judge = new Judge({
    stalenessMs: 1000,
    controllers: 1,
    onViolation: ({ invariant, what }) => violations.push(`${invariant}: ${what}`),
  })
  const disk = new MemoryDisk({ flush: 'by hand' })
  const store = createMemoryStore({ disk })
  const { collection } = daemonSets
  const write = (uid: string, expect: number, how: { readonly delete?: boolean } = {}) => {
    const encode = (revision: number) => {
      judge.decided(collection, 'default/agent', revision, how.delete === true ? 'deleted' : 'put')
      return daemonSet(uid, revision)
    }
    return store.write({ collection, key: 'default/agent', expect, encode, ...how })
  }
  store.subscribe(collection, (event) => judge.event(event, undefined, 0))
  const first = write('first', 0)
  await Promise.resolve()
  disk.flush()
  const { revision } = await first
  void write('first', revision, { delete: true })
  void write('second', 0)
  await Promise.resolve()
  expect(judge.truth.liveDaemonSets().map(({ uid }) => uid)).toEqual(['first'])

  disk.crash(1)
  judge.reopened(createMemoryStore({ disk }), 1)
  expect(judge.truth.liveDaemonSets().map(({ uid, state }) => [uid, state.now])).toEqual([['second', 'there']])
  expect(violations).toEqual([])
})
