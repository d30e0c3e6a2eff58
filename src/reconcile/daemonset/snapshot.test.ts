import { setFlagsFromString } from 'node:v8'
import { expect, test } from 'vitest'
import type { ControllerRevision, DaemonSet, DaemonSetSpec, Pod } from '../../api/types.ts'
import { revisionDataText } from './revision-data.ts'
import {
  daemonSetFacts,
  nodeFacts,
  noStatus,
  type PodFacts,
  podFacts,
  podFactsOnDemand,
  revisionFacts,
} from './snapshot.ts'

const template = { metadata: { labels: { app: 'logger' } }, spec: { containers: [{ name: 'c' }] } }
const daemonSet = (spec: Partial<DaemonSetSpec> = {}, metadata: DaemonSet['metadata'] = {}): DaemonSet => ({
  metadata,
  spec: { template, ...spec },
})

test('section 1.2 what a DaemonSet does not say is what the API fills in', () => {
  expect(daemonSetFacts(daemonSet())).toEqual({
    namespace: '',
    name: '',
    uid: '',
    generation: 0,
    deleting: false,
    selector: expect.anything(),
    selectsEverything: false,
    template,
    templateGeneration: undefined,
    strategy: 'RollingUpdate',
    maxUnavailable: 1,
    maxSurge: 0,
    minReadySeconds: 0,
    revisionHistoryLimit: 10,
    paused: false,
    status: noStatus,
  })
})

test('section 1.2 what it says is what counts', () => {
  const rollingUpdate = { maxUnavailable: 0, maxSurge: '10%' }
  const status = { ...noStatus, numberReady: 3 }
  const object = {
    ...daemonSet(
      {
        selector: { matchLabels: { app: 'logger' } },
        updateStrategy: { type: 'OnDelete', rollingUpdate },
        minReadySeconds: 5,
        revisionHistoryLimit: 0,
      },
      {
        namespace: 'default',
        name: 'logger',
        uid: 'u',
        generation: 7,
        deletionTimestamp: '2026-01-01T00:00:00Z',
        annotations: { 'everynode.dev/paused': 'true' },
      },
    ),
    status,
  }
  expect(daemonSetFacts(object)).toMatchObject({
    namespace: 'default',
    name: 'logger',
    uid: 'u',
    generation: 7,
    deleting: true,
    strategy: 'OnDelete',
    ...rollingUpdate,
    minReadySeconds: 5,
    revisionHistoryLimit: 0,
    paused: true,
    status,
  })
})

const everything: [name: string, selector: DaemonSetSpec['selector'] & object, selectsEverything: boolean][] = [
  ['nothing in it', {}, true],
  ['empty parts', { matchLabels: {}, matchExpressions: [] }, true],
  ['a label', { matchLabels: { a: 'b' } }, false],
  ['an expression', { matchExpressions: [{ key: 'a', operator: 'Exists' }] }, false],
]
test.each(everything)('B20 a selector with %s selects everything: %s', (_name, selector, expected) => {
  expect(daemonSetFacts(daemonSet({ selector })).selectsEverything).toBe(expected)
})

const generations: [annotation: string | undefined, generation: string | undefined][] = [
  ['3', '3'],
  ['007', '7'],
  ['+4', '4'],
  ['-2', '-2'],
  ['9223372036854775807', '9223372036854775807'],
  ['three', undefined],
  ['', undefined],
  [undefined, undefined],
]
test.each(generations)('R8.4 R1.10 the generation %j is %j', (text, expected) => {
  const annotations = text === undefined ? {} : { 'deprecated.daemonset.template.generation': text }
  expect(daemonSetFacts(daemonSet({}, { annotations })).templateGeneration).toBe(expected)
})

const pod = (status: Pod['status'], metadata: Pod['metadata'] = {}): Pod => ({
  metadata,
  spec: { containers: [] },
  ...(status === undefined ? {} : { status }),
})
const ready = (status: string, lastTransitionTime?: string) => ({
  conditions: [{ type: 'Ready', status, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) }],
})

/** However they are read: all at once, or each when it is asked for. */
function factsOf(pod: Pod): PodFacts {
  const facts = podFacts(pod)
  const onDemand = podFactsOnDemand(pod)
  const names = Object.keys(facts) as (keyof PodFacts)[]
  expect(Object.fromEntries(names.map((name) => [name, onDemand[name]]))).toEqual(facts)
  return facts
}

test('a pod that says nothing is pending, on no node, and not ready', () => {
  expect(factsOf(pod(undefined))).toMatchObject({
    name: '',
    uid: '',
    resourceVersion: '',
    labels: {},
    controller: undefined,
    terminating: false,
    createdMs: 0,
    boundTo: undefined,
    target: undefined,
    phase: 'Pending',
    readySinceMs: undefined,
    hash: undefined,
    templateGeneration: undefined,
  })
  expect(factsOf({ ...pod(undefined), spec: { containers: [], nodeName: '' } }).boundTo).toBeUndefined()
})

const phases: [phase: string, found: string][] = [
  ['Running', 'Running'],
  ['Failed', 'Failed'],
  ['Succeeded', 'Succeeded'],
  ['Pending', 'Pending'],
  ['Unknown', 'Pending'],
]
test.each(phases)('a pod whose phase is %s counts as %s', (phase, found) => {
  expect(factsOf(pod({ phase })).phase).toBe(found)
})

test('R5.7 since when a pod is ready', () => {
  const since = (status: ReturnType<typeof ready>) => factsOf(pod(status)).readySinceMs
  expect(since(ready('True', '2026-01-01T00:00:00Z'))).toBe(Date.UTC(2026, 0, 1))
  expect(since(ready('True'))).toBe(0)
  expect(since(ready('False', '2026-01-01T00:00:00Z'))).toBeUndefined()
})

test('a pod is of the revision its labels say, and going when it has been deleted', () => {
  const labels = { 'controller-revision-hash': 'abc', 'pod-template-generation': '2' }
  const deletionTimestamp = '2026-01-01T00:00:00Z'
  expect(factsOf(pod(undefined, { labels, deletionTimestamp, creationTimestamp: deletionTimestamp }))).toMatchObject({
    labels,
    hash: 'abc',
    templateGeneration: '2',
    terminating: true,
    createdMs: Date.UTC(2026, 0, 1),
  })
})

test('R2.11 a pod is who it is, and whose it is', () => {
  const controller = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'logger', uid: 'd', controller: true }
  const metadata = { name: 'logger-x', uid: 'u', resourceVersion: '7', ownerReferences: [controller] }
  expect(factsOf({ metadata, spec: { containers: [], nodeName: 'n1' } })).toMatchObject({
    name: 'logger-x',
    uid: 'u',
    resourceVersion: '7',
    controller,
    boundTo: 'n1',
    target: 'n1',
  })
})

test('R3.15 a pin without values is no pin', () => {
  const terms = [{ matchFields: [{ key: 'metadata.name', operator: 'In' as const }] }]
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } }
  expect(factsOf({ metadata: {}, spec: { containers: [], affinity } }).target).toBeUndefined()
})

test('a node is its name, labels and taints', () => {
  expect(nodeFacts({ metadata: {} })).toEqual({ name: '', labels: {}, taints: [] })
  const taints = [{ key: 'k', effect: 'NoSchedule' }]
  expect(nodeFacts({ metadata: { name: 'n1', labels: { a: 'b' } }, spec: { taints } })).toEqual({
    name: 'n1',
    labels: { a: 'b' },
    taints,
  })
})

test('R6.6 a revision is its number, its hash and its data as text', () => {
  const revision = (data?: object): ControllerRevision => ({
    metadata: { name: 'r', labels: { 'controller-revision-hash': 'abc' } },
    revision: 3,
    ...(data === undefined ? {} : { data: data as never }),
  })
  expect(revisionFacts(revision({ b: 1, a: '<' }))).toMatchObject({
    name: 'r',
    revision: 3,
    hash: 'abc',
    data: '{"a":"\\u003c","b":1}',
  })
  expect(revisionFacts(revision()).data).toBe('null')
})

test('C16 the facts of all pods have one hidden class, and so have those of all revisions', () => {
  setFlagsFromString('--allow-natives-syntax')
  const sameClass = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean
  const metadata = (name: string) => ({ name, namespace: 'default', uid: name, labels: { app: 'logger' } })
  const spec = { containers: [], nodeName: 'n1' }
  const [a, b] = ['a', 'b'].map((name) => podFacts({ metadata: metadata(name), spec } as unknown as Pod))
  expect(sameClass(a!, b!)).toBe(true)
  const [r, s] = ['r', 's'].map((name) =>
    revisionFacts({ metadata: metadata(name), revision: 1 } as ControllerRevision),
  )
  expect(sameClass(r!, s!)).toBe(true)
})

test('a revision that says nothing has facts all the same', () => {
  expect(revisionFacts({ metadata: {}, revision: 3 } as ControllerRevision)).toEqual({
    name: '',
    uid: '',
    resourceVersion: '',
    labels: {},
    controller: undefined,
    terminating: false,
    revision: 3,
    hash: undefined,
    data: revisionDataText(null),
  })
})
