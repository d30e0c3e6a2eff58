import { expect, test } from 'vitest'
import { applyDefaults } from '../defaults/defaults.ts'
import { fieldErrorText } from '../field-error.ts'
import {
  configMaps,
  events,
  findResource,
  leases,
  namespaces,
  nodes,
  podDisruptionBudgets,
  type Resource,
  secrets,
  services,
} from '../resources.ts'
import type { ApiObject } from '../types.ts'
import { validateBinding } from './small-kinds.ts'
import { validateCreate, validateUpdate } from './validation.ts'

const reviews = findResource('authorization.k8s.io', 'v1', 'selfsubjectaccessreviews')!

function made(resource: Resource, fields: object): ApiObject {
  const metadata = { name: 'x', ...(resource.namespaced ? { namespace: 'demo' } : {}) }
  const object = { metadata, ...fields } as ApiObject
  applyDefaults(resource, object)
  return object
}

const texts = (resource: Resource, fields: object) =>
  validateCreate(resource, made(resource, fields)).map(fieldErrorText)
const update = (resource: Resource, fields: object, old: object, subresource?: string) =>
  validateUpdate(resource, made(resource, fields), made(resource, old), subresource).map(fieldErrorText)

const taint = { key: 'a', value: 'b', effect: 'NoSchedule' }
const big = 'x'.repeat(1_048_577)

const created: [what: string, resource: Resource, fields: object, texts: (string | RegExp)[]][] = [
  ['a node', nodes, { spec: { taints: [taint, { ...taint, effect: 'NoExecute' }] } }, []],
  [
    'a node with one taint twice',
    nodes,
    { spec: { taints: [taint, { ...taint, value: 'c' }] } },
    [
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"c","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    ],
  ],
  [
    'a node with taints that are none',
    nodes,
    {
      spec: {
        taints: [
          { key: '-', value: '-' },
          { key: 'a', effect: 'Never' },
        ],
      },
    },
    [
      /^metadata.taints\[0\].key: Invalid value: "-": name part/,
      /^metadata.taints\[0\].value: Invalid value: "-": a valid label/,
      'metadata.taints[0].effect: Required value',
      'metadata.taints[1].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  ],
  [
    'a node with less than nothing',
    nodes,
    { status: { capacity: { cpu: '-1' }, allocatable: {} } },
    ['status.capacity[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
  ],
  ['a namespace with a finalizer of its own', namespaces, { spec: { finalizers: ['kubernetes', 'a/b'] } }, []],
  [
    'a namespace with a finalizer that is none',
    namespaces,
    { spec: { finalizers: ['mine'] } },
    ['spec.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified'],
  ],
  ['a config map', configMaps, { data: { 'a.b_c-D': 'x' }, binaryData: { e: 'eA==' } }, []],
  [
    'a config map key',
    configMaps,
    { data: { 'a b': 'x' } },
    [/^data\[a b\]: Invalid value: "a b": a valid config key must/],
  ],
  [
    'a config map with one key twice',
    configMaps,
    { data: { a: 'x' }, binaryData: { a: 'eA==' } },
    ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
  ],
  ['a config map over 1 MiB', configMaps, { data: { a: big } }, ['[]: Too long: may not be more than 1048576 bytes']],
  ['a secret', secrets, { data: { a: 'eA==' } }, []],
  ['a secret over 1 MiB', secrets, { stringData: { a: big } }, ['data: Too long: may not be more than 1048576 bytes']],
  [
    'a secret for TLS without a key',
    secrets,
    { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } },
    ['data[tls.key]: Required value'],
  ],
  [
    'a token of nobody',
    secrets,
    { type: 'kubernetes.io/service-account-token' },
    ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
  ],
  ['a lease', leases, { spec: { leaseDurationSeconds: 40, holderIdentity: '' } }, []],
  [
    'a lease of no length',
    leases,
    { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } },
    [
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
    ],
  ],
  ['an event', events, { involvedObject: { namespace: 'demo' } }, []],
  [
    'an event with a name of its own kind',
    events,
    { metadata: { name: 'A.b:c', namespace: 'demo' }, involvedObject: { namespace: 'demo' } },
    [],
  ],
  [
    'an event about a node',
    events,
    { metadata: { name: 'e', namespace: 'default' }, involvedObject: { kind: 'Node' } },
    [],
  ],
  [
    'an event from elsewhere',
    events,
    { involvedObject: { namespace: 'other' } },
    ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
  ],
  ['a service', services, { spec: { ports: [{ port: 443 }] } }, []],
  ['a headless service', services, { spec: { clusterIP: 'None' } }, []],
  ['a service without a port', services, { spec: {} }, ['spec.ports: Required value']],
  [
    'a service with ports that are none',
    services,
    {
      spec: {
        ports: [
          { name: 'a', port: 0 },
          { port: 80, targetPort: 'no_name' },
        ],
      },
    },
    [
      'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.ports[1].name: Required value',
      /^spec.ports\[1\].targetPort: Invalid value: "no_name": must contain only alpha-numeric/,
    ],
  ],
  [
    'a service of no type',
    services,
    { spec: { type: 'Foo', ports: [{ port: 1 }] } },
    ['spec.type: Unsupported value: "Foo": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'],
  ],
  ['a service elsewhere', services, { spec: { type: 'ExternalName' } }, ['spec.externalName: Required value']],
  ['a budget', podDisruptionBudgets, { spec: { maxUnavailable: '10%', selector: { matchLabels: { a: 'b' } } } }, []],
  [
    'a budget with both limits',
    podDisruptionBudgets,
    { spec: { maxUnavailable: 1, minAvailable: '101%' } },
    [
      'spec: Invalid value: {"maxUnavailable":1,"minAvailable":"101%"}: minAvailable and maxUnavailable cannot be both set',
      'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
    ],
  ],
  ['a review, which has no name', reviews, { metadata: {} }, []],
]

test.each(created)('W9.10 to W9.12: %s', (_what, resource, fields, expected) => {
  expect(texts(resource, fields)).toEqual(
    expected.map((text) => (typeof text === 'string' ? text : expect.stringMatching(text))),
  )
})

const frozen = '`immutable` is set'

const updated: [what: string, resource: Resource, fields: object, old: object, texts: string[]][] = [
  ['a config map', configMaps, { data: { a: 'y' } }, { data: { a: 'x' } }, []],
  [
    'a frozen config map',
    configMaps,
    { data: { a: 'y' } },
    { data: { a: 'x' }, immutable: true },
    [`immutable: Forbidden: field is immutable when ${frozen}`, `data: Forbidden: field is immutable when ${frozen}`],
  ],
  ['labels of a frozen config map', configMaps, { immutable: true, data: {} }, { immutable: true }, []],
  [
    'a frozen secret',
    secrets,
    { data: { a: 'eA==' }, immutable: true },
    { immutable: true },
    [`data: Forbidden: field is immutable when ${frozen}`],
  ],
  ['the type of a secret', secrets, { type: 'a' }, { type: 'b' }, ['type: Invalid value: "a": field is immutable']],
  ['a pod CIDR that was open', nodes, { spec: { podCIDRs: ['10.0.0.0/24'] } }, {}, []],
  [
    'a pod CIDR, and who provides the node',
    nodes,
    { spec: { podCIDRs: ['10.0.1.0/24'], providerID: 'b' } },
    { spec: { podCIDRs: ['10.0.0.0/24'], providerID: 'a' } },
    [
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ],
  ],
  ['a lease', leases, { spec: { holderIdentity: 'b' } }, { spec: { holderIdentity: 'a' } }, []],
]

test.each(updated)('W9.12 an update of %s', (_what, resource, fields, old, expected) => {
  expect(update(resource, fields, old)).toEqual(expected)
})

test('W9.12 the status of a node names an address once', () => {
  const addresses = [{ type: 'InternalIP', address: '10.0.0.1' }]
  expect(update(nodes, { status: { addresses } }, {}, 'status')).toEqual([])
  expect(update(nodes, { status: { addresses: [...addresses, ...addresses] } }, {}, 'status')).toEqual([
    'status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"10.0.0.1"}',
  ])
})

test('W11.11 the phase of a namespace follows its deletion', () => {
  const deleting = { metadata: { name: 'x', deletionTimestamp: 't' } }
  expect(update(namespaces, { ...deleting, status: { phase: 'Terminating' } }, deleting, 'status')).toEqual([])
  expect(update(namespaces, { ...deleting, status: { phase: 'Active' } }, deleting, 'status')).toEqual([
    'status.Phase: Invalid value: "Active": may only be \'Terminating\' if `deletionTimestamp` is not empty',
  ])
  expect(update(namespaces, { status: { phase: 'Terminating' } }, {}, 'status')).toEqual([
    'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
  ])
})

test('W12.3 a binding names a node', () => {
  const binding = (target: object) => validateBinding({ metadata: {}, target } as ApiObject).map(fieldErrorText)
  expect(binding({ kind: 'Node', name: 'n' })).toEqual([])
  expect(binding({ kind: 'Pod' })).toEqual([
    'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
    'target.name: Required value',
  ])
})
