import { expect, test } from 'vitest'
import { daemonSetOf, snapshotOf, template } from '../../../test/daemonset-worlds.ts'
import type { Affinity, NodeSelectorTerm, PodSpec, Taint, Toleration } from '../../api/types.ts'
import { type Placement, placementOn, placementRules } from './placement.ts'
import { daemonTolerations } from './tolerations.ts'

const container = { name: 'c', image: 'logger:2' }

function placed(spec: Partial<PodSpec>, node: { labels?: Record<string, string>; taints?: Taint[] } = {}): Placement {
  const facts = { name: 'n1', labels: node.labels ?? {}, taints: node.taints ?? [] }
  return placementOn(facts, placementRules({ spec: { containers: [container], ...spec } }))
}

const required = (nodeSelectorTerms: NodeSelectorTerm[]): Affinity => ({
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
})

const places: [name: string, spec: Partial<PodSpec>, labels: Record<string, string>, Placement][] = [
  ['R3.1 the template names this node', { nodeName: 'n1' }, {}, 'run'],
  ['R3.1 the template names another node', { nodeName: 'n2' }, {}, 'leave'],
  ['R3.1 an empty node name names none', { nodeName: '' }, {}, 'run'],
  ['R3.2 every key of the selector is there', { nodeSelector: { a: '1', b: '2' } }, { a: '1', b: '2', c: '3' }, 'run'],
  ['R3.2 one value differs', { nodeSelector: { a: '1', b: '2' } }, { a: '1', b: '3' }, 'leave'],
  ['R3.2 a key that objects inherit', { nodeSelector: { constructor: 'x' } }, {}, 'leave'],
  [
    'R3.3 one of two terms matches',
    {
      affinity: required([
        { matchExpressions: [{ key: 'a', operator: 'In', values: ['2'] }] },
        { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] },
      ]),
    },
    { a: '1' },
    'run',
  ],
  ['R3.7 no terms match nothing', { affinity: required([]) }, {}, 'leave'],
  ['R3.7 an empty term matches nothing', { affinity: required([{}]) }, {}, 'leave'],
  [
    'R3.6 preferred affinity is not asked',
    { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{}] } } },
    {},
    'run',
  ],
]
test.each(places)('%s', (_name, spec, labels, placement) => {
  expect(placed(spec, { labels })).toBe(placement)
})

const tainted: [name: string, taint: string, spec: Partial<PodSpec>, Placement][] = [
  ['R3.4 NoSchedule keeps what runs', 'k:NoSchedule', {}, 'keep'],
  ['R3.4 NoExecute lets nothing stay', 'k:NoExecute', {}, 'leave'],
  ['R3.6 PreferNoSchedule says nothing', 'k:PreferNoSchedule', {}, 'run'],
  ['R3.4 a tolerated taint says nothing', 'k:NoExecute', { tolerations: [{ key: 'k', operator: 'Exists' }] }, 'run'],
  ['section 3.4 not-ready:NoExecute is tolerated', 'node.kubernetes.io/not-ready:NoExecute', {}, 'run'],
  ['R3.11 not-ready:NoSchedule is not', 'node.kubernetes.io/not-ready:NoSchedule', {}, 'keep'],
  ['R3.11 unreachable:NoSchedule is not', 'node.kubernetes.io/unreachable:NoSchedule', {}, 'keep'],
  ['section 3.4 a cordoned node is used', 'node.kubernetes.io/unschedulable:NoSchedule', {}, 'run'],
  ['section 3.4 disk pressure', 'node.kubernetes.io/disk-pressure:NoSchedule', {}, 'run'],
  ['section 3.4 no network, pod network', 'node.kubernetes.io/network-unavailable:NoSchedule', {}, 'keep'],
  [
    'section 3.4 no network, host network',
    'node.kubernetes.io/network-unavailable:NoSchedule',
    { hostNetwork: true },
    'run',
  ],
]
test.each(tainted)('%s', (_name, taint, spec, placement) => {
  const [key = '', effect = ''] = taint.split(':')
  expect(placed(spec, { taints: [{ key, effect }] })).toBe(placement)
})

test('R3.4 the worst of several taints decides', () => {
  const taints = [
    { key: 'a', effect: 'NoSchedule' },
    { key: 'b', effect: 'NoExecute' },
  ]
  expect(placed({}, { taints })).toBe('leave')
})

test('R3.10 the automatic tolerations follow those of the template, in upstream order', () => {
  const own: Toleration = { key: 'own', operator: 'Exists' }
  expect(daemonTolerations({ containers: [], hostNetwork: true, tolerations: [own] }).map(({ key }) => key)).toEqual([
    'own',
    ...['not-ready', 'unreachable', 'disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map(
      (name) => `node.kubernetes.io/${name}`,
    ),
    'node.kubernetes.io/network-unavailable',
  ])
})

test('R3.10 a toleration for a limited time is replaced where it stands, one for ever is kept', () => {
  const limited = {
    key: 'node.kubernetes.io/unreachable',
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 5,
  }
  const forEver = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }
  const tolerations = daemonTolerations({ containers: [], tolerations: [limited, forEver] })
  const { tolerationSeconds, ...unlimited } = limited
  expect(tolerations.slice(0, 2)).toEqual([unlimited, forEver])
  expect(tolerations).toHaveLength(6)
})

test('rules of equal text answer alike, and name the labels they ask for', () => {
  const spec = {
    ...template.spec,
    nodeSelector: { disk: 'ssd' },
    affinity: required([{ matchExpressions: [{ key: 'gpu', operator: 'Exists' }] }]),
  }
  const rules = placementRules({ spec })
  expect([...rules.labelKeys].sort()).toEqual(['disk', 'gpu'])
  expect(placementRules({ spec: { ...spec, containers: [{ ...container, image: 'logger:3' }] } }).text).toBe(rules.text)
  expect(placementRules(daemonSetOf({}).template).text).not.toBe(rules.text)
  expect(snapshotOf('n1[disk=ssd,gpu=a100]').nodes.map((node) => placementOn(node, rules))).toEqual(['run'])
})
