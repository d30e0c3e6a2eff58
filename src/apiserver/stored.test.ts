import fc from 'fast-check'
import { expect, test } from 'vitest'
import { configMaps, pods, resources } from '../api/resources.ts'
import { createMemoryStore } from '../store/memory.ts'
import { factsOf, noteFacts } from './facts.ts'
import { encodeStored, parseStored, restamp, storageOf } from './stored.ts'

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', 'ü', '","resourceVersion":"7'),
)

test('what is stored is the object, at its revision; another revision changes nothing else', () => {
  const labels = fc.dictionary(text, text)
  fc.assert(
    fc.property(text, labels, text, fc.nat(), fc.nat(), (name, metaLabels, value, first, second) => {
      const object = { metadata: { name, labels: metaLabels, resourceVersion: 'old' }, data: { key: value } }
      const bytes = encodeStored(configMaps, object)(first)
      const metadata = { name, labels: metaLabels, resourceVersion: String(first) }
      const stored = { kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { key: value } }
      expect(parseStored(bytes)).toEqual(stored)
      expect(parseStored(restamp(configMaps, bytes, second))).toEqual({
        ...stored,
        metadata: { ...metadata, resourceVersion: String(second) },
      })
    }),
  )
})

test('the store keeps the very bytes, so that what is noted of them is found', async () => {
  const store = createMemoryStore()
  const object = { metadata: { name: 'p' }, spec: { nodeName: 'n' } }
  let noted: Uint8Array | undefined
  const encode = (revision: number) => {
    noted = encodeStored(pods, object)(revision)
    noteFacts(pods, noted, object)
    return noted
  }
  const record = await store.write({ collection: 'pods', key: 'p', expect: 0, encode })
  expect(record.bytes).toBe(noted)
  expect(factsOf(pods, record.bytes).spec?.nodeName).toBe('n')
  const gone = (revision: number) => restamp(pods, record.bytes, revision)
  const { bytes } = await store.write({ collection: 'pods', key: 'p', expect: undefined, encode: gone, delete: true })
  expect(bytes.byteLength).toBe(bytes.buffer.byteLength)
})

test('every view has a stored form, and every stored form is its own', () => {
  for (const resource of resources) expect(storageOf(storageOf(resource))).toBe(storageOf(resource))
})
