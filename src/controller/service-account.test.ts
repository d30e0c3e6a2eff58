import { expect, onTestFinished, test } from 'vitest'
import { type ControllerWorld, controllerWorld } from '../../test/controller-world.ts'
import { configMaps, namespaces, serviceAccounts } from '../api/resources.ts'
import type { ConfigMap, Namespace } from '../api/types.ts'
import { startServiceAccountController } from './service-account.ts'

async function world(): Promise<ControllerWorld> {
  const made = await controllerWorld()
  onTestFinished(() => made.close())
  made.start((options) => startServiceAccountController({ ...options, caCertificate: 'PEM' }))
  await made.client.create<Namespace>(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' } })
  await made.pass(100)
  return made
}

const root = { namespace: 'demo', name: 'kube-root-ca.crt' }
const account = { namespace: 'demo', name: 'default' }

test('W11.12 every namespace has its default account and the root certificate', async () => {
  const { client } = await world()
  const all = (await client.list<Namespace>(namespaces)).items.map(({ metadata }) => metadata.name ?? '')
  expect(all).toEqual(expect.arrayContaining(['default', 'kube-system', 'demo']))
  for (const namespace of all) {
    expect((await client.get(serviceAccounts, { ...account, namespace })).metadata.name).toBe('default')
    const map = await client.get<ConfigMap>(configMaps, { ...root, namespace })
    expect(map.data).toEqual({ 'ca.crt': 'PEM' })
    expect(map.metadata.annotations?.['kubernetes.io/description']).toContain('Contains a CA bundle')
  }
})

test('W11.12 both come back when they are deleted, the certificate when it is changed', async () => {
  const { client, pass } = await world()
  await client.delete(serviceAccounts, account)
  await client.delete(configMaps, root)
  await pass(100)
  expect((await client.get(serviceAccounts, account)).metadata.name).toBe('default')
  expect((await client.get<ConfigMap>(configMaps, root)).data).toEqual({ 'ca.crt': 'PEM' })
  await client.patch(configMaps, root, { type: 'merge', body: { data: { 'ca.crt': 'forged', more: 'x' } } })
  await pass(100)
  expect((await client.get<ConfigMap>(configMaps, root)).data).toEqual({ 'ca.crt': 'PEM' })
})

test('a namespace that goes away is left to go', async () => {
  const { client, pass, written } = await world()
  await client.delete(namespaces, { name: 'demo' })
  await pass(100)
  written.length = 0
  await client.delete(serviceAccounts, account)
  await client.delete(configMaps, root)
  await pass(1000)
  expect(written).toEqual([])
})
