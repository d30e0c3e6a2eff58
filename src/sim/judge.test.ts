// Checks that once saw something where nothing was wrong: found by seeds, and told here event by event.

import { expect, test } from 'vitest'
import { daemonSets, nodes, pods } from '../api/resources.ts'
import type { ApiObject } from '../api/types.ts'
import { seededRandom } from '../base/random.ts'
import { keyOf } from '../client/cache.ts'
import { createMemoryStore, MemoryDisk } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import type { Exchange } from './exchange.ts'
import { Judge } from './judge.ts'
import { SimProcess } from './process.ts'
import { Scheduler } from './scheduler.ts'

const uid = 'uid-agent'
const ours = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid, controller: true }

function judged() {
  const violations: string[] = []
  const judge = new Judge({
    stalenessMs: 60_000,
    controllers: 1,
    onViolation: ({ invariant, what }) => violations.push(`${invariant}: ${what}`),
  })
  return { judge, violations }
}

const scheduler = new Scheduler(seededRandom(1))
const user = { name: 'system:controller:daemonset-controller', groups: [] }
const by: Exchange = {
  id: 1,
  from: new SimProcess('controllers', scheduler),
  who: user.name,
  request: { method: 'POST', path: '/', query: new URLSearchParams(), headers: {}, body: new Uint8Array(), user },
  kind: 'write',
}

function daemonSet(version: string, generation: string, updatedNumberScheduled?: number, ofUid = uid): ApiObject {
  const metadata = {
    name: 'agent',
    namespace: 'default',
    uid: ofUid,
    generation: Number(generation),
    annotations: { 'deprecated.daemonset.template.generation': generation },
  }
  const template = { spec: { containers: [{ name: 'c', image: `i:${version}` }] } }
  const status = updatedNumberScheduled !== undefined && {
    updatedNumberScheduled,
    observedGeneration: Number(generation),
  }
  return Object.assign(
    { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec: { template } },
    status && { status },
  ) as ApiObject
}

function pod(name: string, phase: string, labels: Record<string, string> = {}): ApiObject {
  const metadata = { name, namespace: 'default', uid: `uid-${name}`, labels, ownerReferences: [ours] }
  const spec = { nodeName: 'n1', containers: [{ name: 'c', image: 'i:1' }] }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec, status: { phase } } as ApiObject
}

const node: ApiObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', uid: 'uid-n1' } }

/** Writes through a store, so that revisions are as they are. */
function writing(store: Store, decided?: Judge) {
  return (object: ApiObject, how: { readonly delete?: boolean } = {}) => {
    const { collection } = [daemonSets, nodes, pods].find(({ kind }) => kind === object.kind)!
    const key = keyOf(object)
    const encode = (revision: number) => {
      decided?.decided(collection, key, revision, how.delete === true ? 'deleted' : 'put')
      const metadata = { ...object.metadata, resourceVersion: String(revision) }
      return Buffer.from(JSON.stringify({ ...object, metadata }))
    }
    return store.write({ collection, key, expect: undefined, encode, ...how })
  }
}

test('ST1 one that went and its namesake that came in the same group of a crash are two: the first is gone', async () => {
  const { judge, violations } = judged()
  const disk = new MemoryDisk({ flush: 'by hand' })
  const store = createMemoryStore({ disk })
  store.subscribe(daemonSets.collection, (event) => judge.event(event, undefined, 0))
  const write = writing(store, judge)
  const first = daemonSet('1', '1', undefined, 'first')
  const written = write(first)
  await Promise.resolve()
  disk.flush()
  await written
  void write(first, { delete: true })
  void write(daemonSet('1', '1', undefined, 'second'))
  await Promise.resolve()
  expect(judge.truth.liveDaemonSets().map((one) => one.uid)).toEqual(['first'])

  disk.crash(1)
  judge.reopened(createMemoryStore({ disk }), 1)
  expect(judge.truth.liveDaemonSets().map((one) => [one.uid, one.state.now])).toEqual([['second', 'there']])
  expect(violations).toEqual([])
})

test('I1 a pod that was said to have ended may be replaced, though its agent says once more that it runs', async () => {
  const { judge, violations } = judged()
  const store = createMemoryStore()
  for (const { collection } of [daemonSets, nodes, pods])
    store.subscribe(collection, (event) => judge.event(event, by, 0))
  const write = writing(store)
  await write(node)
  await write(daemonSet('1', '1'))
  await write(pod('a', 'Running'))
  await write(pod('a', 'Succeeded'))
  await write(pod('a', 'Running'))
  await write(pod('b', 'Pending'))
  expect(violations).toEqual([])
  await write(pod('c', 'Pending'))
  expect(violations).toEqual([
    'I1: 2 live pods of agent on n1: b, c',
    'I1: two live pods of one revision of agent on n1: b, c',
  ])
})

test('I10 R5.5 a status may count a pod by a label that it has no more, as long as a cache may be behind', async () => {
  const { judge, violations } = judged()
  const store = createMemoryStore()
  let nowMs = 0
  for (const { collection } of [daemonSets, nodes, pods])
    store.subscribe(collection, (event) => judge.event(event, by, nowMs))
  const write = writing(store)
  await write(node)
  await write(daemonSet('2', '6'))
  await write(pod('a', 'Running', { 'pod-template-generation': '6' }))
  nowMs = 10_000
  await write(pod('a', 'Running'))
  await write(daemonSet('2', '6', 1))
  expect(violations).toEqual([])
  nowMs = 100_000
  await write(daemonSet('2', '6', 0))
  await write(daemonSet('2', '6', 1))
  expect(violations).toEqual(['I10: agent counts 1 updated pods, and there were never more than 0'])
})
