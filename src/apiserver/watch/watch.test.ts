import { beforeEach, describe, expect, test } from 'vitest'
import { apiserverWorld, settled, type World } from '../../../test/world.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const pods = '/api/v1/namespaces/default/pods'

let world: World
beforeEach(async () => {
  world = await apiserverWorld({ store: { history: { events: 50, bytes: 1024 * 1024 } } })
})

const create = (name: string, labels: object = {}) =>
  world.ask(`POST ${configMaps}`, { body: { metadata: { name, labels } } })
const label = (name: string, labels: object) =>
  world.ask(`PATCH ${configMaps}/${name}`, { type: 'application/merge-patch+json', body: { metadata: { labels } } })
const remove = (name: string) => world.ask(`DELETE ${configMaps}/${name}`)

async function createPod(name: string, nodeName?: string): Promise<void> {
  const spec = { containers: [{ name: 'a', image: 'b' }], ...(nodeName === undefined ? {} : { nodeName }) }
  const { status } = await world.ask(`POST ${pods}`, { body: { metadata: { name }, spec } })
  expect(status).toBe(201)
}

test('W2.2 the old form, with watch in the path, of a collection and of one object', async () => {
  await create('a')
  const [all, one] = [
    await world.watch('/api/v1/watch/namespaces/default/configmaps?resourceVersion=0'),
    await world.watch('/api/v1/watch/namespaces/default/configmaps/a'),
  ]
  await settled()
  await create('b')
  await remove('a')
  expect(all.told).toEqual(['ADDED a', 'ADDED b', 'DELETED a'])
  expect(one.told).toEqual(['ADDED a', 'DELETED a'])
})

describe('W7.2 where a watch starts', () => {
  test('after a version: only what changed since, in order, then what comes', async () => {
    await create('a')
    const { revision } = world.store
    await create('b')
    await remove('a')
    const reader = await world.watch(`${configMaps}?watch=1&resourceVersion=${revision}`)
    await settled()
    await create('c')
    expect(reader.told).toEqual(['ADDED b', 'DELETED a', 'ADDED c'])
    const versions = reader.events.map(({ object }) => Number(object.metadata.resourceVersion))
    expect(versions).toEqual([...versions].sort((a, b) => a - b))
  })

  test.each(['', '&resourceVersion=0'])('without one (%s): what is there first', async (version) => {
    await create('a')
    const reader = await world.watch(`${configMaps}?watch=1${version}`)
    await settled()
    await create('b')
    expect(reader.told).toEqual(['ADDED a', 'ADDED b'])
    expect(reader.headers['content-type']).toBe('application/json')
  })

  test('in the future: it waits, and passes over what is not later', async () => {
    const reader = await world.watch(`${configMaps}?watch=1&resourceVersion=${world.store.revision + 1}`)
    await create('a')
    await create('b')
    expect(reader.told).toEqual(['ADDED b'])
  })

  test('W7.3 beyond the history: one ERROR event, then the end', async () => {
    const { revision } = world.store
    for (let i = 0; i < 60; i++) await create(`c${i}`)
    const reader = await world.watch(`${configMaps}?watch=1&resourceVersion=${revision}`)
    await settled()
    expect([reader.status, reader.state]).toEqual([200, 'ended'])
    expect(reader.events).toEqual([
      {
        type: 'ERROR',
        object: {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: `too old resource version: ${revision} (${world.store.revision})`,
          reason: 'Expired',
          code: 410,
        },
      },
    ])
  })

  test('W7.9 a list’s version is a start without gap or repetition, also while writes go on', async () => {
    const writes = Array.from({ length: 40 }, (_, i) => create(`c${i}`))
    const list = await world.ask(`GET ${configMaps}`)
    const reader = await world.watch(`${configMaps}?watch=1&resourceVersion=${list.json.metadata.resourceVersion}`)
    await Promise.all(writes)
    await settled()
    const listed = list.json.items.map((item: { metadata: { name: string } }) => `ADDED ${item.metadata.name}`)
    expect([...listed, ...reader.told].sort()).toEqual(writes.map((_, i) => `ADDED c${i}`).sort())
  })
})

describe('W7.4 X8 selectors', () => {
  test('entering is ADDED, leaving is DELETED with what it was', async () => {
    const reader = await world.watch(
      `${configMaps}?watch=1&resourceVersion=${world.store.revision}&labelSelector=a%3D1`,
    )
    await create('c', { a: '1' })
    await label('c', { b: '2' })
    await label('c', { a: '9' })
    await label('c', { b: '3' })
    await label('c', { a: '1' })
    await remove('c')
    expect(reader.told).toEqual(['ADDED c', 'MODIFIED c', 'DELETED c', 'ADDED c', 'DELETED c'])
    const left = reader.events[2].object
    expect(left.metadata.labels).toEqual({ a: '1', b: '2' })
    expect(Number(left.metadata.resourceVersion)).toBeGreaterThan(
      Number(reader.events[1].object.metadata.resourceVersion),
    )
  })

  test('another namespace is not ours', async () => {
    await world.ask('POST /api/v1/namespaces', { body: { metadata: { name: 'default-2' } } })
    const reader = await world.watch(`${configMaps}?watch=1&resourceVersion=${world.store.revision}`)
    await world.ask('POST /api/v1/namespaces/default-2/configmaps', { body: { metadata: { name: 'c' } } })
    expect(reader.told).toEqual([])
  })

  test('W7.10 by name, and by node: as if there were no index', async () => {
    const byName = await world.watch(`${pods}?watch=1&fieldSelector=metadata.name%3Dp1`)
    const byNode = await world.watch(`/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn1`)
    const unbound = await world.watch(`/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3D`)
    await settled()
    await createPod('p1', 'n1')
    await createPod('p2', 'n2')
    await createPod('p3')
    const target = { kind: 'Node', name: 'n1' }
    await world.ask(`POST ${pods}/p3/binding`, { body: { metadata: { name: 'p3' }, target } })
    await world.ask(`DELETE ${pods}/p1`, { body: { gracePeriodSeconds: 0 } })
    expect(byName.told).toEqual(['ADDED p1', 'DELETED p1'])
    expect(byNode.told).toEqual(['ADDED p1', 'ADDED p3', 'DELETED p1'])
    expect(unbound.told).toEqual(['ADDED p3', 'DELETED p3'])
  })

  test('W7.10 a thousand nodes’ watches: an event is written to the one it concerns, once', async () => {
    const readers = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => world.watch(`/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn${i}`)),
    )
    await settled()
    await createPod('p', 'n7')
    expect(readers.map(({ chunks }) => chunks.length).reduce((a, b) => a + b)).toBe(1)
    expect(readers[7]!.told).toEqual(['ADDED p'])
  })

  test('plain watchers share the very bytes', async () => {
    const readers = await Promise.all([1, 2, 3].map(() => world.watch(`${configMaps}?watch=1`)))
    await settled()
    await create('c')
    const [a, b, c] = readers.map(({ chunks }) => chunks[0])
    expect(a).toBe(b)
    expect(b).toBe(c)
  })
})

describe('W7.5 W7.7 bookmarks and the end', () => {
  test('one a minute to those who asked', async () => {
    const version = world.store.revision
    const asked = await world.watch(`${configMaps}?watch=1&allowWatchBookmarks=true&resourceVersion=${version}`)
    const other = await world.watch(`${configMaps}?watch=1&resourceVersion=${version}`)
    await createPod('p')
    world.clock.advance(60_000)
    expect(other.events).toEqual([])
    expect(asked.events).toEqual([
      {
        type: 'BOOKMARK',
        object: {
          kind: 'ConfigMap',
          apiVersion: 'v1',
          metadata: { resourceVersion: String(world.store.revision) },
        },
      },
    ])
  })

  test('timeoutSeconds ends it cleanly, with a last bookmark', async () => {
    const reader = await world.watch(`${configMaps}?watch=1&allowWatchBookmarks=1&timeoutSeconds=5&resourceVersion=1`)
    await settled()
    world.clock.advance(4_999)
    expect(reader.state).toBe('open')
    world.clock.advance(1)
    expect([reader.state, reader.told]).toEqual(['ended', ['BOOKMARK']])
  })

  test('without one: between half an hour and an hour', async () => {
    const reader = await world.watch(`${configMaps}?watch=1`)
    await settled()
    world.clock.advance(30 * 60_000)
    expect(reader.state).toBe('open')
    world.clock.advance(30 * 60_000)
    expect(reader.state).toBe('ended')
  })

  test('the server closes: every watch ends', async () => {
    const reader = await world.watch(`${configMaps}?watch=1`)
    await settled()
    world.server.close()
    expect(reader.state).toBe('ended')
  })

  test('a client that goes away is forgotten', async () => {
    const reader = await world.watch(`${configMaps}?watch=1`)
    await settled()
    reader.stop()
    await create('c')
    expect(reader.events).toEqual([])
  })
})

describe('W7.6 WatchList', () => {
  const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'

  test('what is there, the bookmark that says so, then what comes', async () => {
    await create('a')
    const reader = await world.watch(`${configMaps}?${query}`)
    await settled()
    await create('b')
    expect(reader.told).toEqual(['ADDED a', 'BOOKMARK', 'ADDED b'])
    const { metadata } = reader.events[1].object
    expect(metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
    expect(Number(metadata.resourceVersion)).toBeGreaterThanOrEqual(
      Number(reader.events[0].object.metadata.resourceVersion),
    )
  })

  const refused: [query: string, message: string][] = [
    ['watch=1&sendInitialEvents=true', 'resourceVersionMatch'],
    ['watch=1&resourceVersion=1&resourceVersionMatch=NotOlderThan', 'forbidden for watch unless sendInitialEvents'],
  ]
  test.each(refused)('%s: 422', async (line, message) => {
    const { status, json } = await world.ask(`GET ${configMaps}?${line}`)
    expect([status, json.message.includes(message)]).toEqual([422, true])
  })
})

describe('W7.11 slow readers', () => {
  test('live: let go, cleanly, with everything it was sent', async () => {
    const reader = await world.watch(`${configMaps}?watch=1`)
    await settled()
    reader.slow = true
    await create('a')
    await create('b')
    expect([reader.state, reader.told]).toEqual(['ended', ['ADDED a']])
  })

  test('catching up: waited for, and nothing is lost meanwhile', async () => {
    for (let i = 0; i < 5; i++) await create(`c${i}`)
    const response = await world.watch(`${configMaps}?watch=1&resourceVersion=1`)
    response.slow = true
    await settled()
    await create('late')
    for (let i = 0; i < 10; i++) {
      response.drain()
      await settled()
    }
    expect(response.told).toEqual(['ADDED c0', 'ADDED c1', 'ADDED c2', 'ADDED c3', 'ADDED c4', 'ADDED late'])
  })
})

describe('forms', () => {
  test('W7.8 tables: one row each, columns once', async () => {
    const reader = await world.watch(`${configMaps}?watch=1`, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    })
    await settled()
    await create('a')
    await create('b')
    expect(reader.events.map(({ object }) => object.rows[0].cells[0])).toEqual(['a', 'b'])
    expect(reader.events.map(({ object }) => object.columnDefinitions === null)).toEqual([false, true])
    expect(reader.events[1].object.metadata.resourceVersion).toBe(String(world.store.revision))
  })

  test('W5.4 metadata only', async () => {
    const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
    const reader = await world.watch(`${configMaps}?watch=1`, { accept })
    await settled()
    await create('a')
    expect(reader.events[0].object.kind).toBe('PartialObjectMetadata')
    expect(Object.keys(reader.events[0].object)).toEqual(['kind', 'apiVersion', 'metadata'])
  })
})
