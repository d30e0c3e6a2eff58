import { expect, onTestFinished, test } from 'vitest'
import { type ControllerWorld, controllerWorld } from '../../test/controller-world.ts'
import { configMaps, namespaces, pods, serviceAccounts } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import type { Namespace, Pod } from '../api/types.ts'
import { startNamespaceController } from './namespace.ts'

async function world(): Promise<ControllerWorld> {
  const made = await controllerWorld()
  onTestFinished(() => made.close())
  made.start(startNamespaceController)
  await made.client.create<Namespace>(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' } })
  await made.pass(100)
  return made
}

const conditions = async ({ client }: ControllerWorld) => {
  const { status } = await client.get<Namespace>(namespaces, { name: 'demo' })
  return Object.fromEntries(
    (status?.conditions ?? []).map(({ type, status, message }) => [type, `${status} ${message}`]),
  )
}

const isGone = ({ client }: ControllerWorld) =>
  client.get(namespaces, { name: 'demo' }).then(
    () => false,
    (error) => reasonOf(error) === 'NotFound',
  )

test('W11.11 everything in it goes kind by kind, then it is finalized and disappears', async () => {
  const w = await world()
  await w.addMap('a', { namespace: 'demo' })
  await w.addMap('b', { namespace: 'demo' })
  await w.addMap('elsewhere')
  await w.client.create(serviceAccounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 's', namespace: 'demo' },
  })
  w.written.length = 0
  const answer = await w.client.delete(namespaces, { name: 'demo' })
  expect(answer).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } })
  await w.pass(1000)
  expect(await isGone(w)).toBe(true)
  const lines = w.written.map((line) => line.split(' {')[0])
  expect(lines).toEqual([
    'DELETE /api/v1/namespaces/demo/configmaps',
    'DELETE /api/v1/namespaces/demo/serviceaccounts',
    'PATCH /api/v1/namespaces/demo/status',
    'PUT /api/v1/namespaces/demo/finalize',
  ])
  expect((await w.client.list(configMaps)).items.map(({ metadata }) => metadata.name)).toEqual(['elsewhere'])
})

test('W11.11 while something is held by a finalizer the conditions say what, and it goes when that is gone', async () => {
  const w = await world()
  await w.addMap('held', { namespace: 'demo', finalizers: ['a/b'] })
  await w.client.delete(namespaces, { name: 'demo' })
  await w.pass(3000)
  expect(await conditions(w)).toEqual({
    NamespaceDeletionDiscoveryFailure: 'False All resources successfully discovered',
    NamespaceDeletionGroupVersionParsingFailure: 'False All legacy kube types successfully parsed',
    NamespaceDeletionContentFailure: 'False All content successfully deleted, may be waiting on finalization',
    NamespaceContentRemaining: 'True Some resources are remaining: configmaps. has 1 resource instances',
    NamespaceFinalizersRemaining:
      'True Some content in the namespace has finalizers remaining: a/b in 1 resource instances',
  })
  const body = { metadata: { finalizers: null } }
  await w.client.patch(configMaps, { namespace: 'demo', name: 'held' }, { type: 'merge', body })
  await w.pass(16_000)
  expect(await isGone(w)).toBe(true)
})

test('pods go first: nothing they use is taken from them while they end', async () => {
  const w = await world()
  await w.addMap('used', { namespace: 'demo' })
  await w.client.create<Pod>(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'demo' },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i:1' }] },
  })
  await w.client.delete(namespaces, { name: 'demo' })
  await w.pass(5000)
  const { metadata } = await w.client.get<Pod>(pods, { namespace: 'demo', name: 'p' })
  expect(metadata.deletionGracePeriodSeconds).toBe(30)
  expect((await w.client.list(configMaps, { namespace: 'demo' })).items).toHaveLength(1)
  await w.client.delete(pods, { namespace: 'demo', name: 'p' }, { gracePeriodSeconds: 0 })
  await w.pass(500)
  expect(await isGone(w)).toBe(true)
})

test('W6.3 nothing can be made in it meanwhile', async () => {
  const w = await world()
  await w.addMap('held', { namespace: 'demo', finalizers: ['a/b'] })
  await w.client.delete(namespaces, { name: 'demo' })
  const refused = await w.addMap('new', { namespace: 'demo' }).catch((error) => error)
  expect([reasonOf(refused), refused.message]).toEqual([
    'Forbidden',
    'configmaps "new" is forbidden: unable to create new content in namespace demo because it is being terminated',
  ])
})

test('a finalizer of somebody else keeps the namespace after it has been emptied', async () => {
  const w = await world()
  const live = await w.client.get<Namespace>(namespaces, { name: 'demo' })
  await w.client.update<Namespace>(
    namespaces,
    { ...live, spec: { finalizers: ['kubernetes', 'test/mine'] } },
    { subresource: 'finalize' },
  )
  await w.client.delete(namespaces, { name: 'demo' })
  await w.pass(5000)
  expect((await w.client.get<Namespace>(namespaces, { name: 'demo' })).spec?.finalizers).toEqual(['test/mine'])
})
