import { expect, test } from 'vitest'
import { fieldErrorText } from '../field-error.ts'
import { configMaps, namespaces, nodes, type Resource, serviceAccounts, services } from '../resources.ts'
import type { ObjectMeta } from '../types.ts'
import { validateCreate, validateUpdate } from './validation.ts'

const base: ObjectMeta = { name: 'x', namespace: 'demo' }

const texts = (metadata: ObjectMeta, resource: Resource = configMaps) =>
  validateCreate(resource, { metadata }).map(fieldErrorText)

test('nothing wrong', () => {
  expect(
    texts({ ...base, labels: { 'a.b/C': '' }, annotations: { 'A.B/C': 'any text' }, finalizers: ['a/b'] }),
  ).toEqual([])
})

const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'u' }

const table: [what: string, metadata: ObjectMeta, texts: (string | RegExp)[]][] = [
  ['no name', { namespace: 'demo' }, ['metadata.name: Required value: name or generateName is required']],
  [
    'a prefix that no name can have',
    { ...base, generateName: 'AB-' },
    [/^metadata.generateName: Invalid value: "AB-": /],
  ],
  ['a prefix that ends in a dash', { ...base, generateName: 'a-' }, []],
  ['no namespace', { name: 'x' }, ['metadata.namespace: Required value']],
  [
    'a namespace that is no label',
    { ...base, namespace: 'a.b' },
    ['metadata.namespace: Invalid value: "a.b": must not contain dots'],
  ],
  ['a label key', { ...base, labels: { '-': 'x' } }, [/^metadata.labels: Invalid value: "-": name part must consist/]],
  [
    'a label value',
    { ...base, labels: { a: 'x y' } },
    [/^metadata.labels: Invalid value: "x y": a valid label must be/],
  ],
  ['a long label', { ...base, labels: { a: 'x'.repeat(64) } }, [/must be no more than 63 bytes$/]],
  [
    'an annotation key',
    { ...base, annotations: { 'a b': '' } },
    [/^metadata.annotations: Invalid value: "a b": name part/],
  ],
  [
    'annotations over 256 KiB',
    { ...base, annotations: { a: 'x'.repeat(262144) } },
    ['metadata.annotations: Too long: may not be more than 262144 bytes'],
  ],
  [
    'a finalizer without a domain',
    { ...base, finalizers: ['mine'] },
    [
      'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ],
  ],
  [
    'two finalizers that contradict',
    { ...base, finalizers: ['orphan', 'foregroundDeletion'] },
    [/finalizer orphan and foregroundDeletion cannot be both set$/],
  ],
  [
    'an owner with nothing in it',
    { ...base, ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: '' }] },
    [
      'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
      'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
      'metadata.ownerReferences.name: Invalid value: "": must not be empty',
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ],
  ],
  [
    'two controllers',
    {
      ...base,
      ownerReferences: [
        { ...owner, controller: true },
        { ...owner, name: 'e', controller: true },
      ],
    },
    [
      /Only one reference can have Controller set to true. Found "true" in references for DaemonSet\/d and DaemonSet\/e$/,
    ],
  ],
  [
    'an event as owner',
    { ...base, ownerReferences: [{ ...owner, apiVersion: 'v1', kind: 'Event' }] },
    [/v1, Kind=Event is disallowed from being an owner$/],
  ],
]

test.each(table)('W9.10 %s', (_what, metadata, expected) => {
  expect(texts(metadata)).toEqual(
    expected.map((text) => (typeof text === 'string' ? text : expect.stringMatching(text))),
  )
})

test('W9.10 kinds differ in their names', () => {
  expect(texts({ name: 'a.b' }, namespaces)).toEqual(['metadata.name: Invalid value: "a.b": must not contain dots'])
  expect(texts({ name: 'a.b' }, nodes)).toEqual([])
  expect(texts({ ...base, name: '1a' }, services)).toContainEqual(expect.stringMatching(/DNS-1035 label/))
  expect(texts({ ...base, name: 'a.b' }, serviceAccounts)).toEqual([])
  expect(texts(base, nodes)).toEqual(['metadata.namespace: Forbidden: not allowed on this type'])
})

const update = (metadata: object, old: object = {}) =>
  validateUpdate(configMaps, { metadata: { ...base, ...metadata } }, { metadata: { ...base, ...old } }).map(
    fieldErrorText,
  )

test('W9.10 what must not change', () => {
  expect(update({ labels: { a: 'b' } })).toEqual([])
  expect(update({ uid: 'a' }, { uid: 'b' })).toEqual(['metadata.uid: Invalid value: "a": field is immutable'])
  expect(update({ name: 'y' })).toEqual(['metadata.name: Invalid value: "y": field is immutable'])
  expect(update({ generation: 1 }, { generation: 2 })).toEqual([
    'metadata.generation: Invalid value: 1: must not be decremented',
  ])
  expect(update({}, { deletionTimestamp: 't' })).toEqual([
    'metadata.deletionTimestamp: Invalid value: null: field is immutable',
  ])
})

test('W9.10 no new finalizer while it is being deleted', () => {
  const deleting = { deletionTimestamp: 't' }
  expect(update({ ...deleting, finalizers: ['a/x'] }, { ...deleting, finalizers: ['a/x', 'a/y'] })).toEqual([])
  expect(update({ ...deleting, finalizers: ['a/x'] }, deleting)).toEqual([
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a/x"}',
  ])
})
