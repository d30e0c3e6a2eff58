import { afterEach, expect, test } from 'vitest'
import { configMaps } from '../api/resources.ts'
import type { ConfigMap } from '../api/types.ts'
import { VirtualClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { createClient } from '../client/client.ts'
import { createMemoryStore, MemoryDisk } from '../store/memory.ts'
import { createApiserver } from './apiserver.ts'
import { createAuthorizer } from './identity/authorize.ts'

// What nobody can read yet must not be answered for: on a disk that is flushed by hand, each of these answers waits.

const disk = new MemoryDisk({ flush: 'by hand' })
const server = createApiserver({
  store: createMemoryStore({ disk }),
  clock: new VirtualClock(),
  random: seededRandom(1),
  log: silentLog,
  authorizer: createAuthorizer(),
})
const user = { name: 'admin', groups: ['system:masters'] }
const client = createClient({ send: server.handle, user, userAgent: 'test' })

let names = 0
const fresh = (): ConfigMap => ({ metadata: { namespace: 'default', name: `c${++names}` }, data: { a: '1' } })
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function flushed<T>(answer: Promise<T>): Promise<T> {
  let settled = false
  answer.then(
    () => (settled = true),
    () => (settled = true),
  )
  for (let i = 0; !settled && i < 1000; i++) {
    await turn()
    disk.flush()
  }
  return answer
}

async function isWaiting(answer: Promise<unknown>): Promise<boolean> {
  const quiet = Symbol('quiet')
  const wait = async () => {
    for (let i = 0; i < 5; i++) await turn()
    return quiet
  }
  return (await Promise.race([answer.catch((error) => error), wait()])) === quiet
}

afterEach(() => disk.flush())

test('an update that conflicts with a write on its way is refused when that write can be read', async () => {
  await flushed(server.ready)
  const stored = await flushed(client.create(configMaps, fresh()))
  const first = client.update(configMaps, { ...stored, data: { a: '2' } })
  const second = client.update(configMaps, { ...stored, data: { a: '3' } })
  expect(await isWaiting(second)).toBe(true)
  disk.flush()
  await expect(second).rejects.toMatchObject({ reason: 'Conflict' })
  const { name = '', namespace } = stored.metadata
  expect((await client.get<ConfigMap>(configMaps, { namespace, name })).data).toEqual({ a: '2' })
  await first
})

test('a create meets one that is on its way', async () => {
  await flushed(server.ready)
  const object = fresh()
  const first = client.create(configMaps, object)
  const second = client.create(configMaps, object)
  expect(await isWaiting(second)).toBe(true)
  disk.flush()
  await expect(second).rejects.toMatchObject({ reason: 'AlreadyExists' })
  await first
})

test('who patches what is being deleted is told so when it is gone: a crash may still bring it back (seed 819)', async () => {
  await flushed(server.ready)
  const { name = '', namespace } = (await flushed(client.create(configMaps, fresh()))).metadata
  const first = client.delete(configMaps, { namespace, name })
  const second = client.patch(configMaps, { namespace, name }, { type: 'merge', body: { data: { a: '2' } } })
  expect(await isWaiting(second)).toBe(true)
  disk.flush()
  await expect(second).rejects.toMatchObject({ reason: 'NotFound' })
  await first
})

test('who deletes what is being deleted is told so when it is gone', async () => {
  await flushed(server.ready)
  const { name = '', namespace } = (await flushed(client.create(configMaps, fresh()))).metadata
  const first = client.delete(configMaps, { namespace, name })
  const second = client.delete(configMaps, { namespace, name })
  expect(await isWaiting(second)).toBe(true)
  disk.flush()
  await expect(second).rejects.toMatchObject({ reason: 'NotFound' })
  await expect(client.get(configMaps, { namespace, name })).rejects.toMatchObject({ reason: 'NotFound' })
  await first
})

test('an update that changes nothing waits for what it found', async () => {
  await flushed(server.ready)
  const stored = await flushed(client.create(configMaps, fresh()))
  const first = client.update(configMaps, { ...stored, data: { a: '2' } })
  const { resourceVersion, ...metadata } = stored.metadata
  const unconditional: ConfigMap = { ...stored, metadata, data: { a: '2' } }
  const second = client.update(configMaps, unconditional)
  expect(await isWaiting(second)).toBe(true)
  disk.flush()
  expect((await second).metadata.resourceVersion).toBe((await first).metadata.resourceVersion)
})
