import { expect, test } from 'vitest'
import type { ApiObject, Node } from '../../api/types.ts'
import { nodeRestriction } from './node-restriction.ts'

const nodeA = { name: 'system:node:a', groups: ['system:nodes'] }
const nodes = { group: '', plural: 'nodes', subresource: undefined, verb: 'update' }
const leases = { group: 'coordination.k8s.io', plural: 'leases', subresource: undefined, verb: 'create' }

const node = (metadata: Node['metadata'], spec: Node['spec'] = {}): Node => ({ metadata, spec })
const owner = { apiVersion: 'v1', kind: 'Node', name: 'a', uid: '1' }
const taint = { key: 'k', effect: 'NoSchedule' }

const table: [
  name: string,
  attributes: typeof nodes,
  object: ApiObject,
  old: ApiObject | undefined,
  why: RegExp | '',
][] = [
  ['registers itself, with taints', nodes, node({ name: 'a' }, { taints: [taint] }), undefined, ''],
  [
    'registers another',
    nodes,
    node({ name: 'b' }),
    undefined,
    /^nodes "b" is forbidden: node "a" is not allowed to modify/,
  ],
  ['labels itself', nodes, node({ name: 'a', labels: { zone: 'x' } }), node({ name: 'a' }), ''],
  [
    'takes a restricted label',
    nodes,
    node({ name: 'a', labels: { 'x.node-restriction.kubernetes.io/pci': '1' } }),
    node({ name: 'a' }),
    /^nodes "a" is forbidden: node "a" is not allowed to modify labels: x.node-restriction.kubernetes.io\/pci/,
  ],
  [
    'drops a restricted label',
    nodes,
    node({ name: 'a' }),
    node({ name: 'a', labels: { 'node-restriction.kubernetes.io/z': '1' } }),
    /is not allowed to modify labels/,
  ],
  [
    'keeps a restricted label',
    nodes,
    node({ name: 'a', labels: { 'node-restriction.kubernetes.io/z': '1', more: '' } }),
    node({ name: 'a', labels: { 'node-restriction.kubernetes.io/z': '1' } }),
    '',
  ],
  [
    'takes a role',
    nodes,
    node({ name: 'a', labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/hostname': 'a' } }),
    undefined,
    /node "a" is not allowed to set the following labels: node-role.kubernetes.io\/control-plane$/,
  ],
  [
    'has the server play it',
    nodes,
    node({ name: 'a', labels: { 'everynode.dev/runtime': 'process' } }),
    node({ name: 'a' }),
    /is not allowed to modify labels: everynode.dev\/runtime$/,
  ],
  [
    'is played by the server already',
    nodes,
    node({ name: 'a', labels: { 'everynode.dev/runtime': 'process', more: '' } }),
    node({ name: 'a', labels: { 'everynode.dev/runtime': 'process' } }),
    '',
  ],
  [
    'says what it is',
    nodes,
    node({ name: 'a', labels: { 'kubernetes.io/os': 'linux', 'x.node.kubernetes.io/y': '', zone: '' } }),
    node({ name: 'a' }),
    '',
  ],
  [
    'labels a pod',
    { ...nodes, plural: 'pods' },
    { metadata: { name: 'p', labels: { app: 'other' } } },
    { metadata: { name: 'p', labels: { app: 'x' } } },
    /node "a" cannot update labels through pod status/,
  ],
  [
    'drops a taint',
    nodes,
    node({ name: 'a' }),
    node({ name: 'a' }, { taints: [taint] }),
    /not allowed to modify taints/,
  ],
  [
    'CVE-2025-5187 gives itself an owner',
    nodes,
    node({ name: 'a', ownerReferences: [owner] }),
    node({ name: 'a' }),
    /not allowed to modify ownerReferences/,
  ],
  ['makes its lease', leases, { metadata: { namespace: 'kube-node-lease', name: 'a' } }, undefined, ''],
  [
    'makes the lease of another',
    leases,
    { metadata: { namespace: 'kube-node-lease', name: 'b' } },
    undefined,
    /can only have the lease "kube-node-lease\/a"/,
  ],
]

test.each(table)('B7 node a %s', (_name, attributes, object, old, why) => {
  const error = nodeRestriction({ user: nodeA, attributes, object, old })
  if (why === '') expect(error).toBeUndefined()
  else expect(error).toMatchObject({ code: 403, message: expect.stringMatching(why) })
})

test('whoever is no node is not restricted', () => {
  const admin = { name: 'admin', groups: ['system:masters'] }
  const object = node({ name: 'b', ownerReferences: [owner] })
  expect(nodeRestriction({ user: admin, attributes: nodes, object, old: undefined })).toBeUndefined()
})
