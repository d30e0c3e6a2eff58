import { expect, test } from 'vitest'
import { planFor } from '../../../test/daemonset-worlds.ts'
import type { Node, Pod, PodSpec } from '../../api/types.ts'
import { needsOf, roomOf, whyNoRoom } from './fit.ts'

const container = (requests: Record<string, string>, more: object = {}) => ({
  name: 'c',
  resources: { requests },
  ...more,
})
const pod = (name: string, spec: Partial<PodSpec>, phase = 'Running'): Pod => ({
  metadata: { namespace: 'default', name },
  spec: { containers: [], ...spec },
  status: { phase },
})
const node: Node = { metadata: { name: 'n1' }, status: { allocatable: { cpu: '1', memory: '1Gi', pods: '3' } } }

const table: [name: string, spec: Partial<PodSpec>, others: Pod[], why: string | undefined][] = [
  ['it fits', { containers: [container({ cpu: '500m' })] }, [], undefined],
  [
    'exactly',
    { containers: [container({ cpu: '500m' })] },
    [pod('a', { containers: [container({ cpu: '500m' })] })],
    undefined,
  ],
  [
    'one thousandth too much',
    { containers: [container({ cpu: '501m' })] },
    [pod('a', { containers: [container({ cpu: '500m' })] })],
    'insufficient cpu: needs 501m, 500m of 1 left',
  ],
  [
    'what ended takes nothing',
    { containers: [container({ cpu: '1' })] },
    [pod('a', { containers: [container({ cpu: '1' })] }, 'Failed')],
    undefined,
  ],
  [
    'a resource the node lacks',
    { containers: [container({ 'x/gpu': '1' })] },
    [],
    'insufficient x/gpu: needs 1, 0 of 0 left',
  ],
  [
    'what the others do not ask for is not taken from them',
    { containers: [container({ memory: '2Gi' })] },
    [pod('a', { containers: [container({ cpu: '500m' })] })],
    'insufficient memory: needs 2Gi, 1Gi of 1Gi left',
  ],
  ['an amount that nobody can read counts as none', { containers: [container({ cpu: 'much' })] }, [], undefined],
  [
    'a port of the pod alone is nobody else’s',
    { containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] },
    [pod('a', { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] })],
    undefined,
  ],
  ['asking for nothing of it', { containers: [container({ 'x/gpu': '0' })] }, [], undefined],
  [
    'the number of pods',
    { containers: [] },
    ['a', 'b', 'c'].map((name) => pod(name, {})),
    'insufficient pods: needs 1, 0 of 3 left',
  ],
  [
    'a limit is a request',
    { containers: [{ name: 'c', resources: { limits: { cpu: '2' } } }] },
    [],
    'insufficient cpu: needs 2, 1 of 1 left',
  ],
  [
    'the largest init container',
    { containers: [container({ cpu: '1m' })], initContainers: [container({ cpu: '2' }), container({ cpu: '1m' })] },
    [],
    'insufficient cpu: needs 2, 1 of 1 left',
  ],
  [
    'a sidecar beside the containers',
    {
      containers: [container({ cpu: '600m' })],
      initContainers: [container({ cpu: '600m' }, { restartPolicy: 'Always' })],
    },
    [],
    'insufficient cpu: needs 1200m, 1 of 1 left',
  ],
  [
    'the overhead',
    { containers: [container({ cpu: '1' })], overhead: { cpu: '1m' } },
    [],
    'insufficient cpu: needs 1001m, 1 of 1 left',
  ],
  [
    'a host port that is taken',
    { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] },
    [pod('a', { containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80, hostIP: '10.0.0.1' }] }] })],
    'host port 80/TCP is taken by pod default/a',
  ],
  [
    'on another address it is not',
    { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80, hostIP: '10.0.0.2' }] }] },
    [pod('a', { containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80, hostIP: '10.0.0.1' }] }] })],
    undefined,
  ],
  [
    'with another protocol it is not',
    { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80, protocol: 'UDP' }] }] },
    [pod('a', { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] })],
    undefined,
  ],
  [
    'on the host network every port is a host port',
    { hostNetwork: true, containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] },
    [pod('a', { hostNetwork: true, containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] })],
    'host port 80/TCP is taken by pod default/a',
  ],
]
test.each(table)('section 3.6 %s', (_name, spec, others, why) => {
  expect(whyNoRoom(needsOf({ containers: [], ...spec }), roomOf(node, others))).toBe(why)
})

test('what a pod asks for is worked out once', () => {
  const [other] = [pod('a', { containers: [container({ cpu: '1' })] })]
  const [first, second] = [roomOf(node, [other!]), roomOf(node, [other!])]
  expect(first.pods[0]!.needs).toBe(second.pods[0]!.needs)
})

test('pods that share their containers share what they ask for, unless something else of it differs', () => {
  const containers = [container({ cpu: '1' })]
  const needs = (spec: Partial<PodSpec>) => roomOf(node, [pod('a', { containers, ...spec })]).pods[0]!.needs
  const alone = needs({})
  expect(needs({})).toBe(alone)
  expect(needs({ overhead: { cpu: '1' } }).requests.get('cpu')).toBe(2000n)
  expect(needs({ initContainers: [container({ cpu: '3' })] }).requests.get('cpu')).toBe(3000n)
  const ports = [{ ...container({}), ports: [{ containerPort: 80 }] }]
  const onHost = (hostNetwork: boolean) =>
    roomOf(node, [pod('a', { containers: ports, hostNetwork })]).pods[0]!.needs.hostPorts.length
  expect([onHost(false), onHost(true), onHost(false)]).toEqual([0, 1, 0])
})

test('a node that has not said what it has takes what comes', () => {
  const needs = needsOf({ containers: [container({ cpu: '100' })] })
  expect(whyNoRoom(needs, roomOf({ metadata: { name: 'n1' } }, []))).toBeUndefined()
})

test('3.6 where a pod would not fit the plan says so, and goes on with the rest', () => {
  const roomOn = (name: string) =>
    roomOf({ ...node, status: { allocatable: { pods: name === 'n1' ? '0' : '10' } } }, [])
  expect(planFor('n1 | n2 | n3 old', { roomOn })).toEqual([
    'will not fit on n1: insufficient pods: needs 1, 0 of 0 left',
    'create on n2: node has no daemon pod',
  ])
  // It counts as unavailable all the same: with a budget of one nothing else is taken down.
  expect(planFor('n1 | n2 new | n3 old', { roomOn })).toEqual([
    'will not fit on n1: insufficient pods: needs 1, 0 of 0 left',
  ])
  expect(planFor('n1 | n2 new | n3 old', { roomOn, maxUnavailable: 2 })).toContain('delete n3-old0 on n3: old revision')
})
