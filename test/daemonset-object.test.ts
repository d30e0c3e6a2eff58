// DaemonSets as API objects, through the real API server: what is wiped, counted up, warned about and shown (section 1, 10).
import { afterEach, beforeEach, expect, test } from 'vitest'
import { controllerRevisions, daemonSets } from '../src/api/resources.ts'
import type { ControllerRevision, DaemonSet } from '../src/api/types.ts'
import { DaemonSetCluster, daemonSet, loggerOf } from './daemonset-cluster.ts'

let cluster: DaemonSetCluster
let logger: ReturnType<typeof loggerOf>
beforeEach(() => {
  cluster = new DaemonSetCluster()
  logger = loggerOf(cluster)
})
afterEach(() => cluster.stop())

const path = '/apis/apps/v1/namespaces/default/daemonsets'

async function read(method: string, where: string, body?: unknown, headers: Record<string, string> = {}) {
  const bytes = body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }
  const answer = await cluster.admin.raw({
    method,
    path: where,
    headers: { 'content-type': 'application/json', ...headers },
    ...bytes,
  })
  const { text } = answer
  return { status: answer.status, headers: answer.headers, object: text === '' ? undefined : JSON.parse(text) }
}

test('R1.1 what discovery says: names, the category, a status and no scale', async () => {
  const { object } = await read('GET', '/apis/apps/v1')
  const found = object.resources.filter(({ name }: { name: string }) => name.startsWith('daemonsets'))
  expect(found.map(({ name }: { name: string }) => name).sort()).toEqual(['daemonsets', 'daemonsets/status'])
  expect(found.find(({ name }: { name: string }) => name === 'daemonsets')).toMatchObject({
    singularName: 'daemonset',
    shortNames: ['ds'],
    categories: ['all'],
    namespaced: true,
    kind: 'DaemonSet',
  })
  await logger.create()
  expect((await read('GET', `${path}/logger/scale`)).status).toBe(404)
})

test('R1.2 a PUT makes nothing; without a version it takes what is there; only names can be selected by field', async () => {
  expect((await read('PUT', `${path}/logger`, daemonSet())).status).toBe(404)
  await logger.create()
  await logger.setImage('logger:2')
  expect((await read('PUT', `${path}/logger`, daemonSet('logger:3'))).status).toBe(200)
  const select = async (fieldSelector: string) => {
    const answer = await cluster.admin.raw({ method: 'GET', path, query: new URLSearchParams({ fieldSelector }) })
    return answer.status
  }
  expect([await select('metadata.name=logger'), await select('spec.paused=x')]).toEqual([200, 400])
})

test('R1.7 a new one has no status, generation 1, and the generation of its template', async () => {
  const object = daemonSet()
  const status = { currentNumberScheduled: 7, numberMisscheduled: 7, desiredNumberScheduled: 7, numberReady: 7 }
  const annotations = { 'deprecated.daemonset.template.generation': '5' }
  const created = await logger.create({
    ...object,
    metadata: { ...object.metadata, annotations, generation: 9 },
    status,
  })
  expect(created.metadata.generation).toBe(1)
  expect(created.metadata.annotations).toEqual(annotations)
  expect(created.status).toEqual({
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
  })
})

test('R1.8 E15 a template counts up both generations, the rest of the spec one, labels none; nobody counts them down', async () => {
  await logger.create()
  const generations = ({ metadata }: DaemonSet) => [
    metadata.generation,
    metadata.annotations?.['deprecated.daemonset.template.generation'],
  ]
  expect(generations(await logger.setImage('logger:2'))).toEqual([2, '2'])
  expect(generations(await logger.patch({ spec: { minReadySeconds: 3 } }))).toEqual([3, '2'])
  expect(generations(await logger.patch({ metadata: { labels: { a: 'b' } } }))).toEqual([3, '2'])
  const annotations = { 'deprecated.daemonset.template.generation': '1' }
  expect(generations(await logger.patch({ metadata: { annotations } }))).toEqual([3, '2'])
})

test('R1.9 a status leaves the spec alone, and may change labels', async () => {
  await logger.create()
  const live = await logger.get()
  const status = { ...live.status!, numberReady: 3 }
  const spec = { ...live.spec, minReadySeconds: 99 }
  const { object } = await read('PUT', `${path}/logger/status`, {
    ...live,
    metadata: { ...live.metadata, labels: { new: 'yes' } },
    spec,
    status,
  })
  expect([
    object.spec.minReadySeconds ?? 0,
    object.status.numberReady,
    object.metadata.labels,
    object.metadata.generation,
  ]).toEqual([0, 3, { new: 'yes' }, 1])
})

test('R10.1 R10.6 the tables: counters in their columns, the selector, who owns a revision', async () => {
  await cluster.addNodes(2)
  await cluster.start()
  await logger.create()
  await cluster.pass(3000)
  const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
  const { object: sets } = await read('GET', path, undefined, accept)
  expect(sets.columnDefinitions.map(({ name }: { name: string }) => name).slice(0, 8)).toEqual([
    'Name',
    'Desired',
    'Current',
    'Ready',
    'Up-to-date',
    'Available',
    'Node Selector',
    'Age',
  ])
  expect(sets.rows[0].cells.slice(0, 7)).toEqual(['logger', 2, 2, 2, 2, 2, '<none>'])
  const { object: revisions } = await read(
    'GET',
    '/apis/apps/v1/namespaces/default/controllerrevisions',
    undefined,
    accept,
  )
  expect(revisions.rows[0].cells.slice(1, 3)).toEqual(['daemonset.apps/logger', 1])
})

test('R10.16 what depends on a DaemonSet: its pods and revisions, all of which hold up a foreground deletion', async () => {
  await cluster.addNodes(1)
  await cluster.start()
  const { metadata } = await logger.create()
  await cluster.pass(3000)
  const owner = [{ uid: metadata.uid, controller: true, blockOwnerDeletion: true }]
  const revisions = await cluster.list<ControllerRevision>(controllerRevisions)
  expect([...cluster.pods, ...revisions]).toHaveLength(2)
  for (const object of [...cluster.pods, ...revisions]) expect(object.metadata.ownerReferences).toMatchObject(owner)
})

test('R10.15 whatever changes the template is a rollout: image, environment, resources', async () => {
  await cluster.addNodes(1)
  await cluster.start()
  await logger.create()
  await cluster.pass(3000)
  const changes = [
    { image: 'logger:2' },
    { env: [{ name: 'A', value: '1' }] },
    { resources: { limits: { memory: '1Gi' } } },
  ]
  for (const [i, change] of changes.entries()) {
    await logger.patch({ spec: { template: { spec: { containers: [{ name: 'c', ...change }] } } } })
    await cluster.pass(5000)
    expect((await logger.status())?.updatedNumberScheduled).toBe(1)
    expect(await logger.revisions()).toHaveLength(i + 2)
  }
})

test('R2.4 all waits follow one clock, which is handed in', async () => {
  await cluster.addNodes(1)
  cluster.kubelets.set('n1', 'fails')
  await cluster.start()
  await logger.create()
  const start = cluster.clock.now()
  await cluster.pass(3_600_000)
  // An hour of failures in the time of this test: the longest wait of a quarter of an hour was reached.
  expect(cluster.clock.now() - start).toBe(3_600_000)
  const deletions = cluster.written.filter(({ method }) => method === 'DELETE').length
  expect(deletions).toBeGreaterThan(10)
  expect(deletions).toBeLessThan(18)
})

test('the daemonsets of the old group are the same objects', async () => {
  await logger.create()
  const { object } = await read('GET', '/apis/extensions/v1beta1/namespaces/default/daemonsets/logger')
  expect(object.metadata.uid).toBe(
    (await cluster.admin.get<DaemonSet>(daemonSets, { namespace: 'default', name: 'logger' })).metadata.uid,
  )
})
