import { expect, test } from 'vitest'
import { apiserverWorld } from '../../test/world.ts'
import { MemoryDisk } from '../store/memory.ts'

const service = '/api/v1/namespaces/default/services/kubernetes'
const endpoints = '/api/v1/namespaces/default/endpoints/kubernetes'

test('W17.3 the server has a service of its own, whose endpoints say where it listens', async () => {
  const { ask, server } = await apiserverWorld()
  expect((await ask(`GET ${service}`)).json).toMatchObject({
    metadata: { labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: { clusterIP: '10.96.0.1', ipFamilies: ['IPv4'], ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
  })
  expect((await ask(`GET ${endpoints}`)).status).toBe(404)
  await server.announce({ host: '192.0.2.1', port: 7443 })
  const subsets = async () => (await ask(`GET ${endpoints}`)).json.subsets
  expect(await subsets()).toEqual([
    { addresses: [{ ip: '192.0.2.1' }], ports: [{ name: 'https', port: 7443, protocol: 'TCP' }] },
  ])
  await server.announce({ host: 'localhost', port: 7443 })
  expect((await subsets())[0].addresses).toEqual([{ ip: '127.0.0.1' }])
})

test('W17.3 what is there is left as it is', async () => {
  const disk = new MemoryDisk()
  const first = await apiserverWorld({ store: { disk } })
  await first.ask(`PATCH ${service}`, {
    type: 'application/merge-patch+json',
    body: { metadata: { labels: { a: 'b' } } },
  })
  await first.server.announce({ host: '192.0.2.1', port: 7443 })
  const before = await Promise.all([service, endpoints].map((path) => first.ask(`GET ${path}`)))
  first.server.close()
  await first.store.close()
  const second = await apiserverWorld({ store: { disk } })
  await second.server.announce({ host: '192.0.2.1', port: 7443 })
  const after = await Promise.all([service, endpoints].map((path) => second.ask(`GET ${path}`)))
  expect(after.map(({ json }) => json)).toEqual(before.map(({ json }) => json))
})
