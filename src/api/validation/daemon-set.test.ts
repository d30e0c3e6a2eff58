import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { jsonClone } from '../../base/json.ts'
import { toStored } from '../conversion.ts'
import { applyDefaults } from '../defaults/defaults.ts'
import { fieldErrorText } from '../field-error.ts'
import { controllerRevisions, daemonSets, oldDaemonSets } from '../resources.ts'
import type { ApiObject, DaemonSet } from '../types.ts'
import { validateCreate, validateUpdate } from './validation.ts'

const annotation = 'deprecated.daemonset.template.generation'

function daemonSet(spec: object = {}, template: object = {}, metadata: object = {}): DaemonSet {
  const object = {
    metadata: { name: 'd', namespace: 'demo', uid: 'u', generation: 1, ...metadata },
    spec: {
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }], ...template } },
      ...spec,
    },
  } as unknown as DaemonSet
  applyDefaults(daemonSets, object)
  return object
}

const texts = (object: ApiObject) => validateCreate(daemonSets, object).map(fieldErrorText)

test("M1 the mission's manifest is accepted as it is", () => {
  const manifest: DaemonSet = parse(readFileSync(new URL('../../../examples/fluentd.yaml', import.meta.url), 'utf8'))
  applyDefaults(oldDaemonSets, manifest)
  manifest.metadata.namespace = 'default'
  expect(texts(toStored(oldDaemonSets, manifest))).toEqual([])
  expect(manifest.spec.updateStrategy).toEqual({ type: 'OnDelete' })
})

test('a DaemonSet with nothing wrong', () => {
  expect(texts(daemonSet())).toEqual([])
  expect(texts(daemonSet({ updateStrategy: { type: 'OnDelete' }, revisionHistoryLimit: 0 }))).toEqual([])
})

const percentRule =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
const rolling = (rollingUpdate: object) => daemonSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } })
const expression = (requirement: object) => daemonSet({ selector: { matchExpressions: [requirement] } })

const created: [rule: string, object: DaemonSet, texts: string[]][] = [
  [
    'E1',
    daemonSet({}, {}, { name: 'Bad' }),
    [
      "metadata.name: Invalid value: \"Bad\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
  ],
  [
    'E2',
    daemonSet({ selector: { matchLabels: { app: 'b' } } }),
    ['spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'],
  ],
  [
    'E2 no selector',
    daemonSet({ selector: undefined }),
    ['spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'],
  ],
  ['E3', daemonSet({ selector: {} }), ['spec.selector: Invalid value: {}: empty selector is invalid for daemonset']],
  [
    'E4 operator',
    expression({ key: 'app', operator: 'Is' }),
    ['spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator'],
  ],
  [
    'E4 values',
    expression({ key: 'app', operator: 'In' }),
    ["spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"],
  ],
  [
    'E4 no values',
    expression({ key: 'app', operator: 'Exists', values: ['a'] }),
    [
      "spec.selector.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    ],
  ],
  [
    'E5',
    daemonSet({}, { restartPolicy: 'OnFailure' }),
    ['spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"'],
  ],
  [
    'E6',
    daemonSet({}, { activeDeadlineSeconds: 5 }),
    ['spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is not Supported'],
  ],
  [
    'E7',
    daemonSet({}, { ephemeralContainers: [{ name: 'e', image: 'i' }] }),
    ['spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template'],
  ],
  [
    'E8',
    daemonSet({ minReadySeconds: -1, revisionHistoryLimit: -2 }),
    [
      'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.revisionHistoryLimit: Invalid value: -2: must be greater than or equal to 0',
    ],
  ],
  [
    'E8 templateGeneration',
    daemonSet({}, {}, { annotations: { [annotation]: '-1' } }),
    ['spec.templateGeneration: Invalid value: -1: must be greater than or equal to 0'],
  ],
  [
    'E9',
    daemonSet({ updateStrategy: { type: 'Foo' } }),
    [
      'spec.updateStrategy: Unsupported value: {"Type":"Foo","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"',
    ],
  ],
  [
    'E11 no percentage',
    rolling({ maxUnavailable: '5' }),
    [`spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "5": ${percentRule}`],
  ],
  [
    'E11 negative',
    rolling({ maxUnavailable: -1 }),
    ['spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: -1: must be greater than or equal to 0'],
  ],
  [
    'E11 over 100%',
    rolling({ maxUnavailable: '101%' }),
    ['spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
  ],
  ['E11 a number may be large', rolling({ maxUnavailable: 1000 }), []],
  [
    'E12, R1.5',
    rolling({ maxSurge: 1 }),
    ['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero'],
  ],
  ['R1.5 both given', rolling({ maxUnavailable: 0, maxSurge: 1 }), []],
  [
    'E13',
    rolling({ maxUnavailable: '0%' }),
    ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
  ],
  [
    'an OnDelete strategy keeps numbers nobody looks at',
    daemonSet({ updateStrategy: { type: 'OnDelete', rollingUpdate: { maxSurge: -1 } } }),
    [],
  ],
  [
    'a template may have no labels with bad values',
    daemonSet({
      template: { metadata: { labels: { app: 'a', b: '-' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    }),
    [
      "spec.template.labels: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
  ],
]

test.each(created)('%s', (_rule, object, expected) => expect(texts(object)).toEqual(expected))

test('E10 a rolling update without its numbers', () => {
  const object = daemonSet()
  delete object.spec.updateStrategy?.rollingUpdate
  expect(texts(object)).toEqual(['spec.updateStrategy.rollingUpdate: Required value'])
})

test('what has no template at all is told what is missing', () => {
  const object = { metadata: { name: 'd', namespace: 'demo' }, spec: {} } as unknown as DaemonSet
  applyDefaults(daemonSets, object)
  expect(texts(object)).toContain('spec.template.spec.containers: Required value')
  expect(texts({ metadata: { name: 'd', namespace: 'demo' } })).toContain(
    'spec.template.spec.containers: Required value',
  )
})

const changed = (
  resource: typeof daemonSets,
  change: (object: DaemonSet) => void,
  old: DaemonSet = daemonSet({}, {}, { annotations: { [annotation]: '2' } }),
) => {
  const object = jsonClone(old)
  change(object)
  return validateUpdate(resource, object, old).map(fieldErrorText)
}

test('an update that changes nothing is fine', () => expect(changed(daemonSets, () => {})).toEqual([]))

const newSelector = (object: DaemonSet) => {
  object.spec.selector = { matchLabels: { app: 'b' } }
  object.spec.template.metadata = { labels: { app: 'b' } }
  object.metadata.annotations = { [annotation]: '3' }
}

test('E14 a selector is immutable in apps/v1, section 1.6 and not in the old group', () => {
  expect(changed(daemonSets, newSelector)).toEqual([
    'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
  ])
  expect(changed(oldDaemonSets, newSelector)).toEqual([])
})

test('E14 a selector that matches nothing any more is told both', () => {
  expect(
    changed(daemonSets, (object) => {
      object.spec.selector = { matchLabels: { app: 'b' } }
    }),
  ).toEqual([
    'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
    'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
  ])
})

test('E4 an update may keep bad values that are stored', () => {
  const old = daemonSet({ selector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['-'] }] } })
  expect(texts(old)).toHaveLength(1)
  expect(changed(daemonSets, () => {}, old)).toEqual([])
})

const generations: [rule: string, change: (object: DaemonSet) => void, why: string][] = [
  [
    'lower',
    (object) => {
      object.metadata.annotations = { [annotation]: '1' }
    },
    'must not be decremented',
  ],
  [
    'the same for another template',
    (object) => {
      object.spec.template.spec.containers[0]!.image = 'j'
    },
    'must be incremented upon template update',
  ],
  [
    'higher for the same template',
    (object) => {
      object.metadata.annotations = { [annotation]: '3' }
    },
    'must not be incremented without template update',
  ],
]

test.each(generations)('E15 a template generation %s', (_rule, change, why) => {
  expect(changed(daemonSets, change)).toEqual([expect.stringMatching(`^spec.templateGeneration: .*: ${why}$`)])
})

const withStatus = (status: object) => ({ ...daemonSet(), status }) as DaemonSet
const statusTexts = (status: object, old: object = {}) =>
  validateUpdate(daemonSets, withStatus(status), withStatus(old), 'status').map(fieldErrorText)

test('E16 no counter is negative, and collisions are never forgotten', () => {
  expect(statusTexts({ numberReady: 3, collisionCount: 1 }, { collisionCount: 1 })).toEqual([])
  expect(statusTexts({ currentNumberScheduled: -1, numberUnavailable: -2, observedGeneration: -3 })).toEqual([
    'status.currentNumberScheduled: Invalid value: -1: must be greater than or equal to 0',
    'status.observedGeneration: Invalid value: -3: must be greater than or equal to 0',
    'status.numberUnavailable: Invalid value: -2: must be greater than or equal to 0',
  ])
  expect(statusTexts({ collisionCount: 1 }, { collisionCount: 2 })).toEqual([
    'status.collisionCount: Invalid value: 1: cannot be decremented',
  ])
  expect(statusTexts({}, { collisionCount: 0 })).toEqual([
    'status.collisionCount: Invalid value: 0: cannot be decremented',
  ])
})

const revision = (fields: object) =>
  ({ metadata: { name: 'd-1', namespace: 'demo' }, data: { spec: {} }, revision: 1, ...fields }) as ApiObject
const revisionTexts = (fields: object) => validateCreate(controllerRevisions, revision(fields)).map(fieldErrorText)

test('E17, R1.3 a ControllerRevision has data that never changes, and a number that may', () => {
  expect(revisionTexts({})).toEqual([])
  expect(revisionTexts({ data: undefined })).toEqual(['data: Required value: data is mandatory'])
  expect(revisionTexts({ data: null })).toEqual(['data: Required value: data is mandatory'])
  expect(revisionTexts({ data: [1] })).toEqual(['data: Required value: data must be a valid JSON object'])
  expect(revisionTexts({ revision: -1 })).toEqual(['revision: Invalid value: -1: must be greater than or equal to 0'])
  const update = (fields: object) =>
    validateUpdate(controllerRevisions, revision(fields), revision({})).map(fieldErrorText)
  expect(update({ revision: 7 })).toEqual([])
  expect(update({ data: { spec: 1 } })).toEqual(['data: Invalid value: {"spec":1}: field is immutable'])
})
