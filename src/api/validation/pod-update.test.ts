import { expect, test } from 'vitest'
import { jsonClone } from '../../base/json.ts'
import { applyDefaults } from '../defaults/defaults.ts'
import { fieldErrorText } from '../field-error.ts'
import { pods } from '../resources.ts'
import type { Pod, PodSpec } from '../types.ts'
import { validateUpdate } from './validation.ts'

function pod(spec: object): Pod {
  const object = {
    metadata: { name: 'p', namespace: 'demo' },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  } as Pod
  applyDefaults(pods, object)
  return object
}

const changed = (old: Pod, change: (spec: PodSpec, pod: Pod) => void) => {
  const object = jsonClone(old)
  change(object.spec, object)
  return validateUpdate(pods, object, old).map(fieldErrorText)
}

const gone = pod({ activeDeadlineSeconds: 10, schedulingGates: [{ name: 'g' }], tolerations: [{ operator: 'Exists' }] })

const allowed: [what: string, change: (spec: PodSpec, pod: Pod) => void][] = [
  ['nothing', () => {}],
  ['labels and annotations', (_spec, { metadata }) => Object.assign(metadata, { labels: { a: 'b' }, annotations: {} })],
  ['an image', (spec) => Object.assign(spec.containers[0]!, { image: 'j' })],
  ['a shorter deadline', (spec) => Object.assign(spec, { activeDeadlineSeconds: 5 })],
  ['fewer gates', (spec) => Object.assign(spec, { schedulingGates: [] })],
  ['one more toleration', (spec) => void spec.tolerations?.push({ key: 'a', operator: 'Exists' })],
  ['an empty list for none', (spec) => Object.assign(spec, { volumes: [], nodeSelector: {} })],
]

test.each(allowed)('W9.12 a pod may change: %s', (_what, change) => expect(changed(gone, change)).toEqual([]))

const fixed =
  'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\ndiffers: '

const forbidden: [what: string, change: (spec: PodSpec) => void, texts: string[]][] = [
  ['its node', (spec) => Object.assign(spec, { nodeName: 'n' }), [`${fixed}spec.nodeName`]],
  ['its command', (spec) => Object.assign(spec.containers[0]!, { command: ['x'] }), [`${fixed}spec.containers`]],
  [
    'its grace period',
    (spec) => Object.assign(spec, { terminationGracePeriodSeconds: 1 }),
    [`${fixed}spec.terminationGracePeriodSeconds`],
  ],
  [
    'a longer deadline',
    (spec) => Object.assign(spec, { activeDeadlineSeconds: 11 }),
    ['spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value'],
  ],
  [
    'no deadline',
    (spec) => Object.assign(spec, { activeDeadlineSeconds: undefined }),
    ['spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value'],
  ],
  [
    'fewer tolerations',
    (spec) => Object.assign(spec, { tolerations: [] }),
    ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
  ],
  [
    'more gates',
    (spec) => Object.assign(spec, { schedulingGates: [{ name: 'g' }, { name: 'h' }] }),
    ["spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'h'"],
  ],
  [
    'more containers',
    (spec) => Object.assign(spec, { initContainers: [{ ...spec.containers[0]!, name: 'x' }] }),
    ['spec.initContainers: Forbidden: pod updates may not add or remove containers'],
  ],
]

test.each(forbidden)('W9.12 a pod may not change: %s', (_what, change, expected) => {
  expect(changed(gone, change)).toEqual(expected)
})

test('W12.1 the status of a pod: no binding through it, and one quality of service', () => {
  const old = { ...pod({ nodeName: 'n' }), status: { phase: 'Running', qosClass: 'BestEffort' } } as Pod
  const update = (change: object) =>
    validateUpdate(pods, { ...jsonClone(old), ...change }, old, 'status').map(fieldErrorText)
  expect(
    update({ status: { phase: 'Failed', qosClass: 'BestEffort', conditions: [{ type: 'a.b/C', status: 'True' }] } }),
  ).toEqual([])
  expect(update({ status: { qosClass: 'Burstable' } })).toEqual([
    'status.qosClass: Invalid value: "Burstable": field is immutable',
  ])
  expect(update({ spec: { ...old.spec, nodeName: 'm' } })).toEqual([
    'status.nodeName: Forbidden: may not be changed directly',
  ])
})
