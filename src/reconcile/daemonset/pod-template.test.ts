import { expect, test } from 'vitest'
import { daemonSetOf, template } from '../../../test/daemonset-worlds.ts'
import type { Affinity, Pod } from '../../api/types.ts'
import { type PodRules, pinnedAffinity, podMaker } from './pod-template.ts'
import { podFacts, targetNode } from './snapshot.ts'

function podFor(node: string, rules: Partial<PodRules> = {}): Pod {
  const usual = { daemonSet: daemonSetOf({}), hash: 'abc', placement: 'scheduler', podNames: 'generated' } as const
  return podMaker({ ...usual, ...rules })(node, 'logger-x7k2p')
}

const pin = (node: string) => ({
  nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
})

test('8.1 labels, annotations, finalizers and spec of the template, the owner, and nothing else', () => {
  const metadata = {
    labels: { app: 'logger' },
    annotations: { a: '1' },
    finalizers: ['x/y'],
    name: 'no',
    namespace: 'no',
  }
  const daemonSet = daemonSetOf({ template: { ...template, metadata } })
  const pod = podFor('n1', { daemonSet })
  expect(pod.metadata).toEqual({
    name: 'logger-x7k2p',
    generateName: 'logger-',
    namespace: 'default',
    labels: { app: 'logger', 'pod-template-generation': '2', 'controller-revision-hash': 'abc' },
    annotations: { a: '1' },
    finalizers: ['x/y'],
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        name: 'logger',
        uid: 'uid-logger',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  })
  expect(pod.spec).toMatchObject({ containers: template.spec.containers, tolerations: [{}, {}, {}, {}, {}, {}] })
})

test('R8.4 no generation label without a number to put there', () => {
  const daemonSet = daemonSetOf({ templateGeneration: undefined })
  expect(podFor('n1', { daemonSet }).metadata.labels).not.toHaveProperty('pod-template-generation')
})

test('R8.4 what a pod is labelled with is not for the template to say', () => {
  const labels = { app: 'logger', 'pod-template-generation': '9', 'controller-revision-hash': 'mine' }
  const daemonSet = daemonSetOf({ template: { ...template, metadata: { labels } } })
  expect(podFor('n1', { daemonSet }).metadata.labels).toEqual({
    app: 'logger',
    'pod-template-generation': '2',
    'controller-revision-hash': 'abc',
  })
})

test('SimpleDaemonSetScheduleDaemonSetPodsLaunchesPods: pinned by affinity, bound by nobody', () => {
  const { spec } = podFor('n1')
  expect(spec.nodeName).toBeUndefined()
  expect(spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual(pin('n1'))
})

test.each(['scheduler', 'node-name'] as const)('B15 one template for all nodes, placement %s', (placement) => {
  const [one, other] = ['n1', 'n2'].map((node) => JSON.stringify(podFor(node, { placement })).replaceAll(node, 'node'))
  expect(one).toBe(other)
})

test('M4 placement node-name: bound by the controller, the affinity of the template as it is', () => {
  const { spec } = podFor('n1', { placement: 'node-name' })
  expect([spec.nodeName, spec.affinity]).toEqual(['n1', undefined])
})

test('3.6 a template that names its node keeps it', () => {
  const daemonSet = daemonSetOf({ template: { ...template, spec: { ...template.spec, nodeName: 'n1' } } })
  expect(podFor('n1', { daemonSet }).spec.nodeName).toBe('n1')
})

test('the pods of two nodes share nothing that one of them could change', () => {
  const make = podMaker({ daemonSet: daemonSetOf({}), hash: 'abc', placement: 'scheduler', podNames: 'generated' })
  const [a, b] = [make('n1', 'logger-1'), make('n2', 'logger-2')]
  expect(a.spec.containers[0]).not.toBe(b.spec.containers[0])
  expect(a.spec.containers[0]).not.toBe(template.spec.containers[0])
})

const preferred = [{ weight: 1 }]
const podAffinity = { some: 'thing' }
const merges: [name: string, affinity: Affinity | undefined, expected: Affinity][] = [
  ['no affinity', undefined, { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: pin('n1') } }],
  [
    'no node affinity',
    { podAffinity },
    { podAffinity, nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: pin('n1') } },
  ],
  [
    'preferred terms stay',
    { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } },
    {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: preferred,
        requiredDuringSchedulingIgnoredDuringExecution: pin('n1'),
      },
    },
  ],
  [
    'required terms are replaced',
    { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}, {}] } } },
    { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: pin('n1') } },
  ],
]
test.each(merges)('R3.14 %s', (_name, affinity, expected) => {
  expect(pinnedAffinity(affinity, 'n1')).toEqual(expected)
})

function pinned(terms: object[], nodeName?: string): Pod {
  const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } }
  return {
    metadata: {},
    spec: { containers: [], affinity: { nodeAffinity: required }, ...(nodeName === undefined ? {} : { nodeName }) },
  }
}
const field = (values: string[], key = 'metadata.name', operator = 'In') => ({
  matchFields: [{ key, operator, values }],
})
const targets: [name: string, pod: Pod, node: string | undefined][] = [
  ['spec.nodeName comes first', pinned([field(['n2'])], 'n1'), 'n1'],
  ['the pin', pinned([field(['n1'])]), 'n1'],
  ['the first pin of several terms', pinned([{}, field(['x'], 'other'), field(['n1']), field(['n2'])]), 'n1'],
  ['a pin of two nodes is none', pinned([field(['n1', 'n2'])]), undefined],
  ['NotIn is no pin', pinned([field(['n1'], 'metadata.name', 'NotIn')]), undefined],
  ['no affinity', { metadata: {}, spec: { containers: [] } }, undefined],
]
test.each(targets)('R3.15 %s', (_name, pod, node) => {
  expect(targetNode(pod)).toBe(node)
})

test('R3.15 whatever we make is found again on its node', () => {
  for (const placement of ['node-name', 'scheduler'] as const) {
    expect(podFacts(podFor('n1', { placement }))).toMatchObject({ target: 'n1', hash: 'abc', templateGeneration: '2' })
  }
})

test('R8.4 no hash, no label', () => {
  expect(podFor('n1', { hash: '' }).metadata.labels).toEqual({ app: 'logger', 'pod-template-generation': '2' })
})

test('R8.2 a derived name does not look as if a server had drawn it', () => {
  const { name, generateName } = podFor('n1', { podNames: 'derived' }).metadata
  expect([name, generateName]).toEqual(['logger-x7k2p', undefined])
})
