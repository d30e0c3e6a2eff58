import { describe, expect, test } from 'vitest'
import type { EncryptionConfiguration, EncryptionProvider } from '../../api/encryption-configuration.ts'
import { createMemoryStore, MemoryDisk } from '../memory.ts'
import { historyLimits, type Store } from '../store.ts'
import { storeSuite } from '../store-suite.ts'
import { bytes, text, write } from '../store-under-test.ts'
import { createEncryption } from './encryption.ts'

const secretOf = (letter: string) => Buffer.from(letter.repeat(32)).toString('base64')
const keyed = (...names: string[]) => ({ keys: names.map((name) => ({ name, secret: secretOf(name) })) })

function encryptionBy(providers: readonly EncryptionProvider[], resources = ['*.*']) {
  const apiVersion = 'apiserver.config.k8s.io/v1'
  const configuration: EncryptionConfiguration = {
    apiVersion,
    kind: 'EncryptionConfiguration',
    resources: [{ resources, providers }],
  }
  return createEncryption(configuration)
}

storeSuite('memory, encrypted by aesgcm', {
  runs: 50,
  async open(events) {
    const disk = new MemoryDisk()
    const encryption = encryptionBy([{ aesgcm: keyed('a') }])
    const open = () => createMemoryStore({ disk, history: { ...historyLimits, events }, encryption })
    let store = open()
    return {
      store,
      async reopen() {
        await store.close()
        store = open()
        return store
      },
      dispose: () => store.close(),
    }
  },
})

describe('as upstream writes it', () => {
  // Written by k8s.io/apiserver v0.35.0, NewGCMTransformer and NewCBCTransformer, with this key and for this place.
  const key = { name: 'k', secret: Buffer.from('0123456789abcdef0123456789abcdef').toString('base64') }
  const plain = '{"kind":"Secret","apiVersion":"v1"}'
  const place = '/registry/secrets/default/s'
  const written = {
    aesgcm: '9v8nwELE8dRqY+A12975XhVBhuFaOZ0h4d+BF28h268c0/Hvfo9yAMRDYdlX2kQaoD/KPUUAhQlTz8g8Gna6',
    aescbc: 'SfmA7AKGE7xp7ksZJP3iWScMYhamXJFipG6XsoaPpoDypPJXMJ0ofhV/vGv9O9SP4y8DHTfdvJjFG21jZVyicA==',
  } as const

  test.each(['aesgcm', 'aescbc'] as const)('%s is read', (provider) => {
    const transformer = encryptionBy([{ [provider]: { keys: [key] } }]).transformerOf('secrets')
    const stored = Buffer.concat([Buffer.from(`k8s:enc:${provider}:v1:k:`), Buffer.from(written[provider], 'base64')])
    const { bytes: read, stale } = transformer.fromStorage(stored, place)
    expect([Buffer.from(read).toString(), stale]).toEqual([plain, false])
    const ours = Buffer.from(transformer.toStorage(bytes(plain), place))
    expect(ours.subarray(0, 20).toString()).toBe(`k8s:enc:${provider}:v1:k:`)
    expect(ours.byteLength).toBe(stored.byteLength)
    expect(Buffer.from(transformer.fromStorage(ours, place).bytes).toString()).toBe(plain)
    // No two writes look alike, so nobody sees that nothing changed.
    expect(ours.equals(transformer.toStorage(bytes(plain), place))).toBe(false)
  })

  test('aesgcm: what was moved to another place on disk cannot be read there', () => {
    const transformer = encryptionBy([{ aesgcm: { keys: [key] } }]).transformerOf('secrets')
    const stored = transformer.toStorage(bytes(plain), place)
    expect(() => transformer.fromStorage(stored, '/registry/secrets/default/other')).toThrow(
      'cipher: message authentication failed',
    )
  })

  test.each([
    'aesgcm',
    'aescbc',
  ] as const)('%s: whatever is cut or changed is refused, or is not what it was', (provider) => {
    const transformer = encryptionBy([{ [provider]: { keys: [key] } }]).transformerOf('secrets')
    const stored = Buffer.from(transformer.toStorage(bytes(plain), place))
    for (let length = 0; length < stored.byteLength; length++) {
      let read: string | undefined
      try {
        read = Buffer.from(transformer.fromStorage(stored.subarray(0, length), place).bytes).toString()
      } catch (error) {
        expect((error as Error).message).toMatch(
          /^(the stored data|cipher: message|invalid padding|no matching (key|prefix))/,
        )
      }
      expect(read).not.toBe(plain)
    }
  })
})

describe('which resources', () => {
  const table: [names: string[], encrypted: string[]][] = [
    [['secrets'], ['secrets']],
    [
      ['secrets', 'configmaps'],
      ['configmaps', 'secrets'],
    ],
    [['daemonsets.apps'], ['apps/daemonsets']],
    [['*.'], ['configmaps', 'events', 'secrets']],
    [['*.apps'], ['apps/controllerrevisions', 'apps/daemonsets']],
    [['*.*'], ['apps/controllerrevisions', 'apps/daemonsets', 'configmaps', 'events', 'secrets']],
  ]
  const collections = ['apps/controllerrevisions', 'apps/daemonsets', 'configmaps', 'events', 'secrets']
  test.each(table)('%j', (names, encrypted) => {
    const { transformerOf } = encryptionBy([{ aescbc: keyed('a') }], names)
    const isEncrypted = (collection: string) =>
      Buffer.from(transformerOf(collection).toStorage(bytes('{}'), '/x'))
        .toString('latin1')
        .startsWith('k8s:enc:')
    expect(collections.filter(isEncrypted)).toEqual(encrypted)
  })

  test('the first entry that names one decides', () => {
    const encryption = createEncryption({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'EncryptionConfiguration',
      resources: [
        { resources: ['events'], providers: [{ identity: {} }] },
        { resources: ['*.*'], providers: [{ aescbc: keyed('a') }] },
      ],
    })
    expect(Buffer.from(encryption.transformerOf('events').toStorage(bytes('{}'), '/x')).toString()).toBe('{}')
    expect(encryption.transformerOf('secrets').toStorage(bytes('{}'), '/x').byteLength).toBeGreaterThan(2)
  })
})

describe('one disk, other keys', () => {
  const [a, b]: EncryptionProvider[] = [{ aescbc: keyed('a') }, { aescbc: keyed('b') }]
  const identity: EncryptionProvider = { identity: {} }

  /** What a record written under the first providers is under the second. */
  const table: [title: string, then: EncryptionProvider[], now: EncryptionProvider[] | undefined, found: string][] = [
    ['the same key', [a!], [a!], 'v@2'],
    ['from plain to a key', [identity], [a!, identity], 'v@2, stale'],
    ['from plain to a key, without identity', [identity], [a!], 'no matching prefix found'],
    ['from a key to plain', [a!], [identity, a!], 'v@2, stale'],
    ['from a key to plain, without the key', [a!], [identity], 'no matching prefix found'],
    ['a new first key', [a!], [{ aescbc: keyed('b', 'a') }], 'v@2, stale'],
    ['a new first provider', [a!], [{ aesgcm: keyed('b') }, a!], 'v@2, stale'],
    ['the key is gone', [a!], [b!], 'no matching key was found for the provided AES transformer'],
    ['no configuration any more', [a!], undefined, 'identity transformer tried to read encrypted data'],
    [
      'another secret under the same name',
      [{ aesgcm: { keys: [{ name: 'k', secret: secretOf('x') }] } }],
      [{ aesgcm: { keys: [{ name: 'k', secret: secretOf('y') }] } }],
      'cipher: message authentication failed',
    ],
    [
      'the same provider twice: each is tried',
      [{ aesgcm: { keys: [{ name: 'k', secret: secretOf('x') }] } }],
      [
        { aesgcm: { keys: [{ name: 'k', secret: secretOf('y') }] } },
        { aesgcm: { keys: [{ name: 'k', secret: secretOf('x') }] } },
      ],
      'v@2, stale',
    ],
  ]
  test.each(table)('%s', async (_title, then, now, found) => {
    const disk = new MemoryDisk()
    const before = createMemoryStore({ disk, encryption: encryptionBy(then) })
    await write(before, 'secrets', 'default/s', 'v')
    await before.close()
    const after = createMemoryStore({ disk, ...(now === undefined ? {} : { encryption: encryptionBy(now) }) })
    expect(looked(after)).toBe(found)
    expect([after.count('secrets'), after.head('secrets', 'default/s')?.revision]).toEqual([1, 2])
    if (found === 'v@2, stale') {
      const again = await write(after, 'secrets', 'default/s', 'v')
      expect(again.stale).toBeUndefined()
    }
    await after.close()
  })

  function looked(store: Store): string {
    try {
      const record = store.get('secrets', 'default/s')
      return `${text(record)}${record?.stale === true ? ', stale' : ''}`
    } catch (error) {
      const prefix = 'unable to transform key "/registry/secrets/default/s": '
      expect((error as Error).message.startsWith(prefix)).toBe(true)
      return (error as Error).message.slice(prefix.length)
    }
  }
})
