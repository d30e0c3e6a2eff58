// An API server on a real data directory, with an EncryptionConfiguration: what lies on disk, what is answered under
// another key, and how everything comes under a new one.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { EncryptionProvider } from '../src/api/encryption-configuration.ts'
import { configMaps, daemonSets, secrets } from '../src/api/resources.ts'
import type { ApiObject } from '../src/api/types.ts'
import { createApiserver } from '../src/apiserver/apiserver.ts'
import { createAuthorizer } from '../src/apiserver/identity/authorize.ts'
import { VirtualClock } from '../src/base/clock.ts'
import { type Log, silentLog } from '../src/base/log.ts'
import { seededRandom } from '../src/base/random.ts'
import { readBody } from '../src/client/body.ts'
import { type Client, createClient } from '../src/client/client.ts'
import { createEncryption } from '../src/store/encryption/encryption.ts'
import { openLmdbStore } from '../src/store/lmdb.ts'
import { admin, requestOf } from './world.ts'

const keyed = (...names: string[]) => ({
  keys: names.map((name) => ({ name, secret: Buffer.alloc(32, name).toString('base64') })),
})
const [a, b]: readonly EncryptionProvider[] = [{ aescbc: keyed('key-a') }, { aesgcm: keyed('key-b') }]
const identity: EncryptionProvider = { identity: {} }

/** The text and its base64, wherever in three bytes it begins. */
const plain = 'hunter2-hunter2-hunter2'
const shown = [plain, Buffer.from(plain).toString('base64').replace(/=+$/, ''), 'aHVudGVy', 'h1bnRlcj', 'odW50ZXIy']

interface Opened {
  readonly client: Client
  ask(line: string, body?: object): Promise<{ status: number; message: string }>
  readonly warned: string[]
  close(): Promise<void>
}

function dataDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'everynode-encryption-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

async function open(directory: string, providers: readonly EncryptionProvider[]): Promise<Opened> {
  const warned: string[] = []
  const log: Log = {
    ...silentLog,
    warn: (event, fields = {}) => warned.push(`${event} ${JSON.stringify(fields)}`),
    error: (event, fields = {}) => warned.push(`error: ${event} ${JSON.stringify(fields)}`),
    child: () => log,
  }
  const encryption = createEncryption({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers }],
  })
  const store = await openLmdbStore({ directory, encryption, log })
  const options = { store, clock: new VirtualClock(), random: seededRandom(1), log, authorizer: createAuthorizer() }
  const server = createApiserver(options)
  await server.ready
  return {
    client: createClient({ send: server.handle, user: admin, userAgent: 'test/1' }),
    async ask(line, body) {
      const answer = await server.handle(requestOf(line, body === undefined ? {} : { body }))
      const text = (await readBody(answer.body)).toString('utf8')
      const { message = '', object } = JSON.parse(text)
      return { status: object?.code ?? answer.status, message: object?.message ?? message }
    },
    warned,
    async close() {
      server.close()
      await store.close()
    },
  }
}

function addSecret({ client }: Opened, name: string): Promise<ApiObject> {
  const metadata = { name, namespace: 'default' }
  return client.create(secrets, { metadata, data: { password: Buffer.from(plain).toString('base64') } } as never)
}

function onDisk(directory: string): Buffer {
  return Buffer.concat(readdirSync(directory).map((file) => readFileSync(join(directory, file))))
}

test('B7 the plain text of a secret is nowhere in the data directory, whatever was done to it', async () => {
  const directory = dataDirectory()
  const opened = await open(directory, [a!, identity])
  await addSecret(opened, 's')
  await opened.client.patch(
    secrets,
    { namespace: 'default', name: 's' },
    { type: 'merge', body: { metadata: { labels: { x: 'y' } } } },
  )
  await addSecret(opened, 'gone')
  await opened.client.delete(secrets, { namespace: 'default', name: 'gone' })
  await opened.client.create(configMaps, {
    metadata: { name: 'm', namespace: 'default' },
    data: { k: 'in plain sight' },
  })
  const check = () => {
    const bytes = onDisk(directory)
    for (const text of shown) expect(bytes.includes(text)).toBe(false)
    expect([bytes.includes('k8s:enc:aescbc:v1:key-a:'), bytes.includes('in plain sight')]).toEqual([true, true])
  }
  check()
  await opened.close()
  check()
  const again = await open(directory, [a!, identity])
  const read = await again.client.get<ApiObject & { data?: Record<string, string> }>(secrets, {
    namespace: 'default',
    name: 's',
  })
  expect(Buffer.from(read.data?.password ?? '', 'base64').toString()).toBe(plain)
  expect(again.warned).toEqual([])
  await again.close()
})

test('B7 the test would see it: without encryption the plain text is there', async () => {
  const directory = dataDirectory()
  const opened = await open(directory, [identity])
  await addSecret(opened, 's')
  await opened.close()
  expect(shown.some((text) => onDisk(directory).includes(text))).toBe(true)
})

test('B7 under a wrong key that object answers 500, and everything else goes on', async () => {
  const directory = dataDirectory()
  const before = await open(directory, [a!])
  await addSecret(before, 's')
  await before.close()

  const opened = await open(directory, [b!])
  const why = 'unable to transform key "/registry/secrets/default/s": no matching prefix found'
  expect(opened.warned).toEqual([
    `objects cannot be read: is --encryption-provider-config what they were written with? ${JSON.stringify({ count: 1, first: [why] })}`,
  ])
  const refused = { status: 500, message: `Internal error occurred: ${why}` }
  const path = '/api/v1/namespaces/default/secrets'
  const body = { metadata: { name: 's' } }
  expect(await opened.ask(`GET ${path}/s`)).toEqual(refused)
  expect(await opened.ask(`PUT ${path}/s`, body)).toEqual(refused)
  expect(await opened.ask(`DELETE ${path}/s`)).toEqual(refused)
  expect(await opened.ask(`GET ${path}`)).toEqual(refused)
  expect(await opened.ask(`GET ${path}?watch=true&timeoutSeconds=1`)).toEqual(refused)
  expect(await opened.ask(`POST ${path}`, body)).toMatchObject({ status: 409 })

  await addSecret(opened, 'other')
  expect(await opened.ask(`GET ${path}/other`)).toMatchObject({ status: 200 })
  expect(await opened.ask('GET /api/v1/namespaces/kube-system/secrets')).toMatchObject({ status: 200 })
  expect((await opened.client.list(daemonSets)).items).toEqual([])
  expect(opened.warned.filter((line) => line.startsWith('error'))).toEqual([])
  await opened.close()

  // It was not touched: under its own key it is as it was.
  const after = await open(directory, [b!, a!])
  expect(await after.ask(`GET ${path}/s`)).toMatchObject({ status: 200 })
  await after.close()
})

test('B7 rotation: what is read and replaced comes under the first key; then the old one can go', async () => {
  const directory = dataDirectory()
  const before = await open(directory, [identity])
  for (const name of ['one', 'two']) await addSecret(before, name)
  await before.close()

  for (const [providers, prefix] of [
    [[a!, identity], 'k8s:enc:aescbc:v1:key-a:'],
    [[b!, a!, identity], 'k8s:enc:aesgcm:v1:key-b:'],
  ] as const) {
    const opened = await open(directory, providers)
    const { items } = await opened.client.list<ApiObject>(secrets, { namespace: 'default' })
    for (const secret of items) {
      const replaced = await opened.client.update(secrets, secret)
      expect(Number(replaced.metadata.resourceVersion)).toBeGreaterThan(Number(secret.metadata.resourceVersion))
      // Once is enough.
      const again = await opened.client.update(secrets, replaced)
      expect(again.metadata.resourceVersion).toBe(replaced.metadata.resourceVersion)
    }
    await opened.close()
    expect(onDisk(directory).includes(prefix)).toBe(true)
  }

  const after = await open(directory, [b!])
  expect(after.warned).toEqual([])
  expect((await after.client.list(secrets)).items.map(({ metadata }) => metadata.name)).toEqual(['one', 'two'])
  await after.close()
})
