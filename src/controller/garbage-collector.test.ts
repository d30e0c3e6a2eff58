import { expect, onTestFinished, test } from 'vitest'
import { type ControllerWorld, controllerWorld, ownedBy } from '../../test/controller-world.ts'
import {
  configMaps,
  controllerRevisions,
  daemonSets,
  leases,
  nodes,
  pods,
  type Resource,
  secrets,
} from '../api/resources.ts'
import { ApiError } from '../api/status.ts'
import type { ApiObject, ControllerRevision, DaemonSet, Lease, Node, Pod } from '../api/types.ts'
import { type Log, silentLog } from '../base/log.ts'
import type { Client } from '../client/client.ts'
import { garbageCollectorLimits, startGarbageCollector } from './garbage-collector.ts'

async function world(): Promise<ControllerWorld & { names(resource?: Resource): Promise<string[]> }> {
  const made = await controllerWorld()
  onTestFinished(() => made.close())
  made.start(startGarbageCollector)
  await made.pass(100)
  return {
    ...made,
    names: async (resource = configMaps) => {
      const { items } = await made.client.list<ApiObject>(resource, { namespace: 'default' })
      return items.map(({ metadata }) => metadata.name ?? '')
    },
  }
}

const at = (name: string) => ({ namespace: 'default', name })

async function daemonSetWithDependents({ client }: ControllerWorld) {
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } }
  const metadata = { name: 'agent', namespace: 'default' }
  const owner = await client.create<DaemonSet>(daemonSets, {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata,
    spec: { selector: { matchLabels: { app: 'a' } }, template },
  })
  const owned = ownedBy(owner, { controller: true, blockOwnerDeletion: true })
  const pod = await client.create<Pod>(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'agent-1', namespace: 'default', labels: { app: 'a' }, ...owned },
    spec: { containers: [{ name: 'c', image: 'i:1' }] },
  })
  const revision = await client.create<ControllerRevision>(controllerRevisions, {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name: 'agent-r1', namespace: 'default', ...owned },
    data: {},
    revision: 1,
  })
  return { owner, pod, revision }
}

test('W11.5 M10 orphan: pods and revisions lose their owner by the recorded patch, then the owner goes', async () => {
  const w = await world()
  const { owner, pod, revision } = await daemonSetWithDependents(w)
  await w.pass(100)
  w.written.length = 0
  const answer = await w.client.delete(daemonSets, at('agent'), { propagationPolicy: 'Orphan' })
  expect(answer).toMatchObject({ kind: 'DaemonSet', metadata: { finalizers: ['orphan'] } })
  await w.pass(1000)
  expect(await w.names(daemonSets)).toEqual([])
  expect((await w.client.get<Pod>(pods, at('agent-1'))).metadata.ownerReferences).toBeUndefined()
  expect((await w.client.get(controllerRevisions, at('agent-r1'))).metadata.ownerReferences).toBeUndefined()
  const patch = ({ metadata: { uid } }: ApiObject) =>
    `{"metadata":{"uid":"${uid}","ownerReferences":[{"$patch":"delete","uid":"${owner.metadata.uid}"}]}}`
  expect(w.written.slice(0, 2).sort()).toEqual([
    `PATCH /api/v1/namespaces/default/pods/agent-1 ${patch(pod)}`,
    `PATCH /apis/apps/v1/namespaces/default/controllerrevisions/agent-r1 ${patch(revision)}`,
  ])
  expect(w.written).toHaveLength(3)
  expect(w.written[2]).toMatch(
    /^PATCH \/apis\/apps\/v1\/namespaces\/default\/daemonsets\/agent {"metadata":{"resourceVersion":"\d+","finalizers":null}}$/,
  )
})

test('W11.7 M10 background: the owner goes at once, its dependents after it, each with its uid as a precondition', async () => {
  const w = await world()
  const { pod } = await daemonSetWithDependents(w)
  await w.pass(100)
  w.written.length = 0
  expect(await w.client.delete(daemonSets, at('agent'), { propagationPolicy: 'Background' })).toMatchObject({
    kind: 'Status',
    status: 'Success',
  })
  expect(await w.names(pods)).toEqual(['agent-1'])
  await w.pass(1000)
  expect([await w.names(pods), await w.names(controllerRevisions)]).toEqual([[], []])
  const deletion = w.written.find((line) => line.startsWith('DELETE /api/v1/namespaces/default/pods/agent-1 '))
  expect(JSON.parse(deletion!.slice(deletion!.indexOf('{')))).toMatchObject({
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    preconditions: { uid: pod.metadata.uid },
    propagationPolicy: 'Background',
  })
})

test('W11.6 M10 foreground: the owner stays until what blocks it is gone', async () => {
  const w = await world()
  const { pod } = await daemonSetWithDependents(w)
  // Held by somebody else, so that the middle can be seen.
  const hold = (finalizers: string[] | null) =>
    w.client.patch<Pod>(pods, at('agent-1'), { type: 'merge', body: { metadata: { finalizers } } })
  await hold(['test/held'])
  await w.client.delete(daemonSets, at('agent'), { propagationPolicy: 'Foreground' })
  await w.pass(1000)
  expect(await w.names(controllerRevisions)).toEqual([])
  const owner = await w.client.get<DaemonSet>(daemonSets, at('agent'))
  expect(owner.metadata).toMatchObject({ finalizers: ['foregroundDeletion'] })
  expect(owner.metadata.deletionTimestamp).toBeDefined()
  expect((await w.client.get<Pod>(pods, at('agent-1'))).metadata).toMatchObject({ uid: pod.metadata.uid })
  await hold(null)
  await w.pass(1000)
  expect([await w.names(daemonSets), await w.names(pods)]).toEqual([[], []])
})

test('W11.6 a dependent that does not block is no reason to wait, and is collected afterwards', async () => {
  const w = await world()
  const owner = await w.addMap('owner')
  await w.addMap('child', { ...ownedBy(owner), finalizers: ['test/held'] })
  await w.client.delete(configMaps, at('owner'), { propagationPolicy: 'Foreground' })
  await w.pass(1000)
  expect(await w.names()).toEqual(['child'])
  expect((await w.client.get(configMaps, at('child'))).metadata.deletionTimestamp).toBeDefined()
})

test('W11.7 a dependent of two owners is deleted with the last one, and forgets the first', async () => {
  const w = await world()
  const [one, two] = [await w.addMap('one'), await w.addMap('two')]
  const ownerReferences = [...ownedBy(one).ownerReferences, ...ownedBy(two).ownerReferences]
  await w.addMap('child', { ownerReferences })
  await w.client.delete(configMaps, at('one'))
  await w.pass(1000)
  expect((await w.client.get(configMaps, at('child'))).metadata).toMatchObject(ownedBy(two))
  await w.client.delete(configMaps, at('two'))
  await w.pass(1000)
  expect(await w.names()).toEqual([])
})

const strangers: [name: string, reference: Record<string, unknown>, collected: boolean][] = [
  ['an owner that was never there', { name: 'ghost', uid: 'no-such-uid' }, true],
  ['an owner of this name with another uid', { uid: 'no-such-uid' }, true],
  ['an owner of another kind under this uid', { kind: 'Secret' }, true],
  ['an owner of a kind nobody serves', { apiVersion: 'example.com/v1', kind: 'Thing' }, false],
  ['the owner itself', {}, false],
]

test.each(strangers)('W11.7 owners are matched by uid, kind and namespace: %s', async (_name, reference, collected) => {
  const w = await world()
  const owner = await w.addMap('owner')
  await w.addMap('child', ownedBy(owner, reference))
  await w.pass(5000)
  expect(await w.names()).toEqual(collected ? ['owner'] : ['child', 'owner'])
})

test('W11.7 an owner in another namespace counts as absent', async () => {
  const w = await world()
  const owner = await w.addMap('owner', { namespace: 'kube-public' })
  await w.addMap('child', ownedBy(owner))
  await w.pass(1000)
  expect(await w.names()).toEqual([])
})

test('W11.7 a cluster-wide owner: a lease goes with its node', async () => {
  const w = await world()
  const node = await w.client.create<Node>(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } })
  const metadata = { name: 'n1', namespace: 'kube-node-lease', ...ownedBy(node) }
  await w.client.create<Lease>(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata })
  await w.pass(1000)
  expect(w.written).toEqual([])
  await w.client.delete(nodes, { name: 'n1' })
  await w.pass(1000)
  expect((await w.client.list(leases)).items).toEqual([])
})

test('R10.18 two owners of each other, both in foreground deletion, do not wait for ever', async () => {
  const w = await world()
  const a = await w.addMap('a')
  const b = await w.addMap('b', ownedBy(a, { blockOwnerDeletion: true }))
  const { ownerReferences } = ownedBy(b, { blockOwnerDeletion: true })
  await w.client.patch(configMaps, at('a'), { type: 'merge', body: { metadata: { ownerReferences } } })
  await w.pass(100)
  await w.client.delete(configMaps, at('a'), { propagationPolicy: 'Foreground' })
  await w.pass(10_000)
  expect(await w.names()).toEqual([])
})

test('a chain of a hundred owners goes from one end to the other', async () => {
  const w = await world()
  let last = await w.addMap('m000')
  for (let i = 1; i < 100; i++) last = await w.addMap(`m${String(i).padStart(3, '0')}`, ownedBy(last))
  await w.pass(100)
  await w.client.delete(configMaps, at('m000'))
  await w.pass(5000)
  expect(await w.names()).toEqual([])
})

test('what was made while nobody collected is judged at the next start', async () => {
  const w = await controllerWorld()
  onTestFinished(() => w.close())
  const owner = await w.addMap('owner')
  await w.addMap('child', ownedBy(owner))
  await w.addMap('kept')
  await w.client.delete(configMaps, at('owner'))
  w.start(startGarbageCollector)
  await w.pass(1000)
  const { items } = await w.client.list<ApiObject>(configMaps, { namespace: 'default' })
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['kept'])
})

test('an answer that is overtaken by the deletion brings nothing back: the owner does not wait for it', async () => {
  const made = await controllerWorld()
  onTestFinished(() => made.close())
  let isLate = true
  const late: Client = {
    ...made.client,
    // Somebody else was faster.
    delete: (resource, where, options) =>
      isLate && resource === pods
        ? Promise.reject(new ApiError('Conflict', 'not now'))
        : made.client.delete(resource, where, options),
    get: async <T extends ApiObject>(resource: Resource, where: Parameters<Client['get']>[1]) => {
      const object = await made.client.get<T>(resource, where)
      if (isLate && resource === pods) await new Promise<void>((resolve) => made.clock.after(5000, resolve))
      return object
    },
  }
  made.start((options) => startGarbageCollector({ ...options, client: late }))
  await made.pass(100)
  await daemonSetWithDependents(made)
  const hold = (finalizers: string[] | null) =>
    made.client.patch(controllerRevisions, at('agent-r1'), { type: 'merge', body: { metadata: { finalizers } } })
  await hold(['example.com/hold'])
  await made.client.delete(daemonSets, at('agent'), { propagationPolicy: 'Foreground' })
  await made.pass(100)
  await made.client.delete(pods, at('agent-1'), { gracePeriodSeconds: 0 })
  isLate = false
  await made.pass(10_000)
  await hold(null)
  await made.pass(60_000)
  expect((await made.client.list(daemonSets, { namespace: 'default' })).items).toEqual([])
})

test('W11.6 what is learnt by a conflict is told to the owner that waits, as the event of it is no news any more', async () => {
  const w = await controllerWorld()
  onTestFinished(() => w.close())
  let isReleased = false
  const hindered: Client = {
    ...w.client,
    // Somebody else releases the dependent at the last moment …
    delete: async (resource, where, options) => {
      const body = { metadata: { ownerReferences: null } }
      if (!isReleased) await w.client.patch(configMaps, at('child'), { type: 'merge', body })
      isReleased = true
      return w.client.delete(resource, where, options)
    },
    // … and the collector hears of it late.
    watch: async function* <T extends ApiObject>(...args: Parameters<Client['watch']>) {
      for await (const event of w.client.watch<T>(...args)) {
        if (args[0] === configMaps) await new Promise<void>((resolve) => w.clock.after(1000, resolve))
        yield event
      }
    },
  }
  w.start((options) => startGarbageCollector({ ...options, client: hindered }))
  await w.pass(100)
  const owner = await w.addMap('owner')
  await w.addMap('child', ownedBy(owner, { blockOwnerDeletion: true }))
  await w.client.delete(configMaps, at('owner'), { propagationPolicy: 'Foreground' })
  await w.pass(60_000)
  expect(isReleased).toBe(true)
  const { items } = await w.client.list<ApiObject>(configMaps, { namespace: 'default' })
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['child'])
})

test('stopped while it waits for a kind that cannot be listed, it leaves no timer behind', async () => {
  const w = await controllerWorld()
  onTestFinished(() => w.close())
  const warned: string[] = []
  const log: Log = { ...silentLog, warn: (event) => warned.push(event), child: () => log }
  const list: Client['list'] = () => Promise.reject(new ApiError('InternalError', 'unable to transform key'))
  const running = w.start((options) => startGarbageCollector({ ...options, log, client: { ...options.client, list } }))
  await w.pass(1000)
  await running.stop()
  await running.ready
  await w.pass(2 * garbageCollectorLimits.syncPatienceMs)
  expect(warned).not.toContain('starts without having seen everything')
})

test('a kind that cannot be listed keeps the collector for half a minute, and no longer', async () => {
  const w = await controllerWorld()
  onTestFinished(() => w.close())
  const owner = await w.addMap('owner')
  await w.addMap('dependent', ownedBy(owner))
  await w.client.delete(configMaps, at('owner'))
  const unreadable = () => Promise.reject(new ApiError('InternalError', 'unable to transform key'))
  w.start((options) =>
    startGarbageCollector({
      ...options,
      client: {
        ...options.client,
        list: (resource, ...rest) => (resource === secrets ? unreadable() : options.client.list(resource, ...rest)),
      },
    }),
  )
  await w.pass(garbageCollectorLimits.syncPatienceMs - 1000)
  expect(w.written).toEqual([])
  await w.pass(2000)
  expect(w.written.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'DELETE /api/v1/namespaces/default/configmaps/dependent',
  ])
})
