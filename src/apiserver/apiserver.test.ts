import { describe, expect, test } from 'vitest'
import { admin, apiserverWorld, settled } from '../../test/world.ts'
import { configMaps, leases, nodes, pods } from '../api/resources.ts'
import type { ApiObject, Lease, Pod } from '../api/types.ts'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { createInformer } from '../client/informer.ts'
import { MemoryDisk } from '../store/memory.ts'

describe('paths', () => {
  test('W1.7 W1.8 version and health', async () => {
    const { ask } = await apiserverWorld()
    const version = (await ask('GET /version')).json
    expect(version.gitVersion).toMatch(/^v\d+\.\d+\.\d+/)
    expect(Object.values(version).every((value) => typeof value === 'string')).toBe(true)
    for (const path of ['/livez', '/readyz', '/healthz', '/readyz/ping']) {
      const { status, text, headers } = await ask(`GET ${path}`)
      expect([status, text, headers['content-type']]).toEqual([200, 'ok', 'text/plain; charset=utf-8'])
      expect(headers['x-content-type-options']).toBe('nosniff')
    }
    expect((await ask('GET /readyz?verbose')).text).toBe('[+]ping ok\n[+]bootstrap ok\nreadyz check passed\n')
    expect((await ask('GET /')).json.paths).toContain('/version')
  })

  test('W1.6 what is not there', async () => {
    const { ask } = await apiserverWorld()
    for (const path of ['/nope', '/api/v2/pods', '/apis/nope/v1', '/healthz/nope']) {
      const { status, text } = await ask(`GET ${path}`)
      expect([status, text]).toEqual([404, '404 page not found\n'])
    }
    const { status, json } = await ask('GET /api/v1/foos')
    expect(status).toBe(404)
    expect(json).toMatchObject({ message: 'the server could not find the requested resource', details: {} })
    expect((await ask('POST /api/v1/pods')).json).toMatchObject({
      code: 405,
      reason: 'MethodNotAllowed',
      message: 'the server does not allow this method on the requested resource',
    })
  })

  test('discovery and OpenAPI answer here', async () => {
    const { ask } = await apiserverWorld()
    expect((await ask('GET /apis/')).json.kind).toBe('APIGroupList')
    expect((await ask('GET /api/v1')).json.kind).toBe('APIResourceList')
    expect(Object.keys((await ask('GET /openapi/v3')).json.paths)).toContain('apis/apps/v1')
  })

  test('W1.10 W1.2 for people, and for machines', async () => {
    const { ask } = await apiserverWorld()
    const pretty = await ask('GET /api/v1/namespaces/default', { userAgent: 'curl/8' })
    expect(pretty.text).toContain('{\n  "kind": "Namespace",')
    const plain = await ask('GET /api/v1/namespaces/default')
    expect(plain.text).toMatch(/^\{"kind":"Namespace".*\}\n$/)
    expect(plain.headers['cache-control']).toBe('no-cache, private')
  })

  test('W1.10 refusals, too', async () => {
    const { ask } = await apiserverWorld()
    const path = 'GET /api/v1/namespaces/nope'
    expect((await ask(path, { userAgent: 'Wget/1.2' })).text).toContain('{\n  "kind": "Status",\n')
    expect((await ask(`${path}?pretty=true`)).text).toContain('\n  "code": 404\n}\n')
    expect((await ask(path)).text).toMatch(/^\{"kind":"Status".*\}\n$/)
  })
})

describe('bootstrap', () => {
  test('the cluster’s own namespaces are there, and stay what they are', async () => {
    const disk = new MemoryDisk()
    const first = await apiserverWorld({ store: { disk } })
    const uids = async (world: typeof first) =>
      (await world.ask('GET /api/v1/namespaces')).json.items.map(({ metadata }: ApiObject) => [
        metadata.name,
        metadata.uid,
      ])
    const before = await uids(first)
    expect(before.map(([name]: string[]) => name)).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system'])
    await first.store.close()
    expect(await uids(await apiserverWorld({ store: { disk } }))).toEqual(before)
  })
})

describe('what is answered is true', () => {
  const lease = { metadata: { name: 'l', namespace: 'default' }, spec: { holderIdentity: 'a' } } as Lease
  const configMap = { metadata: { name: 'c', namespace: 'default' } }

  async function answered(promise: Promise<unknown>): Promise<boolean> {
    let done = false
    promise.then(
      () => {
        done = true
      },
      () => {},
    )
    await settled()
    return done
  }

  test('ST1 a write, and a no-op that builds on one, wait for the flush; a lease does not', async () => {
    const disk = new MemoryDisk({ flush: 'by hand' })
    const flushing = setInterval(() => disk.flush(), 1)
    const world = await apiserverWorld({ store: { disk } })
    clearInterval(flushing)
    const write = world.client.create(configMaps, configMap)
    const noop = world.client.patch(configMaps, { namespace: 'default', name: 'c' }, { type: 'merge', body: {} })
    expect(await answered(write)).toBe(false)
    expect(await answered(noop)).toBe(false)
    disk.flush()
    expect(await answered(write)).toBe(true)
    expect(await answered(noop)).toBe(true)
    expect(await answered(world.client.create(leases, lease))).toBe(true)
  })

  test('strict durability: a lease waits as well', async () => {
    const disk = new MemoryDisk({ flush: 'by hand' })
    const flushing = setInterval(() => disk.flush(), 1)
    const world = await apiserverWorld({ store: { disk }, durability: 'strict' })
    clearInterval(flushing)
    const write = world.client.create(leases, lease)
    expect(await answered(write)).toBe(false)
    disk.flush()
    expect(await answered(write)).toBe(true)
  })

  test('ST8 a store that is out of order: 503 at once, no asking again, and reads go on', async () => {
    const disk = new MemoryDisk()
    const world = await apiserverWorld({ store: { disk } })
    disk.fail(new Error('no space left'))
    const refused = await world.ask('POST /api/v1/namespaces/default/configmaps', { body: configMap })
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, undefined])
    expect(refused.json.reason).toBe('ServiceUnavailable')
    expect((await world.ask('GET /api/v1/namespaces/default')).status).toBe(200)
  })
})

test('what nobody foresaw answers 500 and is logged; the server goes on', async () => {
  const world = await apiserverWorld()
  world.store.get = () => {
    throw new TypeError('boom')
  }
  const { status, json } = await world.ask('GET /api/v1/namespaces/default')
  expect([status, json.message]).toEqual([500, 'Internal error occurred: boom'])
  expect(world.errors.map(({ event }) => event)).toEqual(['request failed'])
  expect((await world.ask('GET /livez')).status).toBe(200)
})

describe('an informer follows the real server', () => {
  const newPod = (name: string, nodeName: string): Pod => ({
    metadata: { name, namespace: 'default' },
    spec: { nodeName, containers: [{ name: 'a', image: 'b' }] },
  })

  test('W7.9 W16.1 through writes, the end of its watch, and a history that is too short', async () => {
    const world = await apiserverWorld({ store: { history: { events: 20, bytes: 1024 * 1024 } } })
    const informer = createInformer<Pod>({
      client: world.as(admin),
      resource: pods,
      clock: world.clock,
      random: seededRandom(2),
      log: silentLog,
      fieldSelector: 'spec.nodeName=n1',
    })
    const heard: string[] = []
    informer.onChange(({ type, object }) => heard.push(`${type} ${object.metadata.name}`))
    const stop = informer.start()
    await informer.synced
    await settled()
    await world.client.create(pods, newPod('a', 'n1'))
    await world.client.create(pods, newPod('x', 'n2'))
    await settled()
    expect(heard).toEqual(['added a'])
    // Far more than the history holds, all of it somewhere else: the bookmark at the end of the watch carries it over.
    for (let i = 0; i < 40; i++) await world.client.create(pods, newPod(`other-${i}`, 'n2'))
    for (let i = 0; i < 12; i++) {
      world.clock.advance(60_000)
      await settled()
    }
    await world.client.delete(pods, { namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 })
    await settled()
    expect(heard).toEqual(['added a', 'deleted a'])
    expect(informer.list()).toEqual([])
    stop()
  })
})

test('events of one collection do not disturb another’s watches', async () => {
  const world = await apiserverWorld()
  const reader = await world.watch('/api/v1/nodes?watch=1')
  await settled()
  await world.client.create(configMaps, { metadata: { name: 'c', namespace: 'default' } })
  await world.client.create(nodes, { metadata: { name: 'n' } })
  expect(reader.told).toEqual(['ADDED n'])
})
