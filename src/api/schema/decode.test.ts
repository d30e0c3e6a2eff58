import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { configMaps, controllerRevisions, daemonSets, leases, nodes, oldDaemonSets, pods } from '../resources.ts'
import { ApiError } from '../status.ts'
import { decodeJson, decodeValue, type ExpectedKind } from './decode.ts'
import { decodeLimits } from './decode-fields.ts'
import { Undecodable } from './decode-scalar.ts'

function daemonSet(spec: unknown, more: object = {}) {
  return { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'a' }, spec, ...more }
}

function refusal(decoding: () => unknown): ApiError {
  try {
    decoding()
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const typeErrors: [name: string, kind: ExpectedKind, object: object, why: string][] = [
  [
    'a string for an int32',
    daemonSets,
    daemonSet({ minReadySeconds: 'x' }),
    'json: cannot unmarshal string into Go struct field DaemonSetSpec.spec.minReadySeconds of type int32',
  ],
  [
    'a fraction for an int32',
    daemonSets,
    daemonSet({ minReadySeconds: 1.5 }),
    'json: cannot unmarshal number 1.5 into Go struct field DaemonSetSpec.spec.minReadySeconds of type int32',
  ],
  [
    'more than an int32 holds',
    daemonSets,
    daemonSet({ minReadySeconds: 2147483648 }),
    'json: cannot unmarshal number 2147483648 into Go struct field DaemonSetSpec.spec.minReadySeconds of type int32',
  ],
  [
    'X14 a boolean label value',
    configMaps,
    { metadata: { labels: { on: true } } },
    'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string',
  ],
  [
    'a number for a named string, deep in a list',
    daemonSets,
    daemonSet({ template: { spec: { containers: [{ name: 'a' }, { name: 'b', imagePullPolicy: 1 }] } } }),
    'json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.imagePullPolicy of type v1.PullPolicy',
  ],
  [
    'an object for a list',
    pods,
    { spec: { containers: {} } },
    'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
  ],
  [
    'a list for an object',
    pods,
    { spec: [] },
    'json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec',
  ],
  [
    'a string for a map of quantities',
    pods,
    { spec: { containers: [{ resources: { limits: '1' } }] } },
    'json: cannot unmarshal string into Go struct field ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList',
  ],
  [
    'a boolean for an int or string',
    daemonSets,
    daemonSet({ updateStrategy: { rollingUpdate: { maxUnavailable: true } } }),
    'json: cannot unmarshal bool into Go struct field RollingUpdateDaemonSet.spec.updateStrategy.rollingUpdate.maxUnavailable of type int32',
  ],
  [
    'no quantity',
    pods,
    { spec: { containers: [{ resources: { limits: { cpu: 'lots' } } }] } },
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  [
    'an endless quantity',
    pods,
    { spec: { containers: [{ resources: { limits: { cpu: '9'.repeat(1000) } } }] } },
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  [
    'no time',
    nodes,
    { spec: { taints: [{ key: 'a', effect: 'NoExecute', timeAdded: 'today' }] } },
    'parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today"',
  ],
  ['no base64', configMaps, { binaryData: { a: 'AB*D' } }, 'illegal base64 data at input byte 2'],
  ['base64 cut short', configMaps, { binaryData: { a: 'ABC' } }, 'illegal base64 data at input byte 3'],
  [
    'a number that JSON.parse made infinite, in data without a schema',
    controllerRevisions,
    { data: { a: Number.POSITIVE_INFINITY }, revision: 1 },
    'json: cannot unmarshal number into Go struct field ControllerRevision.data of type float64',
  ],
]

describe('W9.2 a wrong type is 400', () => {
  test.each(typeErrors)('%s', (_name, kind, object, why) => {
    const error = refusal(() => decodeValue(kind, object))
    expect(error.reason).toBe('BadRequest')
    expect(error.message).toBe(`${kind.kind} in version "v1" cannot be handled as a ${kind.kind}: ${why}`)
    expect(error.cause).toBeInstanceOf(Undecodable)
    expect((error.cause as Error).message).toBe(why)
  })

  test('W6.3 a whole object of another kind', () => {
    expect(refusal(() => decodeValue(configMaps, { kind: 'Pod', apiVersion: 'v1' })).message).toMatch(
      /^Pod in version "v1" cannot be handled as a ConfigMap: /,
    )
    expect(refusal(() => decodeValue(daemonSets, daemonSet({}, { apiVersion: 'extensions/v1beta1' }))).message).toBe(
      'the API version in the data (extensions/v1beta1) does not match the expected API version (apps/v1)',
    )
  })

  test.each(['', '{', '[]', 'null', '"x"', '7', '{"kind":7}', '{"a":1}x'])('W6.3 %s is no object at all', (text) => {
    expect(refusal(() => decodeJson(configMaps, text)).message).toMatch(
      /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error: /,
    )
  })
})

const strict: [name: string, text: string, problems: string[]][] = [
  ['nothing wrong', '{"spec":{"minReadySeconds":1}}', []],
  [
    'unknown fields, in order',
    '{"spec":{"bogus":1,"template":{"spec":{"containers":[{"imagee":"x"}]}}},"zzz":{"a":{}}}',
    ['unknown field "spec.bogus"', 'unknown field "spec.template.spec.containers[0].imagee"', 'unknown field "zzz"'],
  ],
  [
    'a duplicate field',
    '{"spec":{"minReadySeconds":1,"minReadySeconds":2}}',
    ['duplicate field "spec.minReadySeconds"'],
  ],
  ['three times is told once', '{"spec":{},"spec":{},"spec":{}}', ['duplicate field "spec"']],
  [
    'duplicates and unknown fields in order',
    '{"x":1,"metadata":{"labels":{"a":"1","a" : "2"}},"y":{"z":1,"z":2},"spec":{},"spec":{}}',
    ['unknown field "x"', 'duplicate field "metadata.labels.a"', 'unknown field "y"', 'duplicate field "spec"'],
  ],
  ['a key is compared as it is meant', '{"spec":{},"sp\\u0065c":{}}', ['duplicate field "spec"']],
  ['colons and quotes in strings are no members', '{"metadata":{"name":"a\\":\\\\"}}', []],
  ['data without a schema is not judged', '{"metadata":{"managedFields":[{"fieldsV1":{"a":1,"a":2}}]}}', []],
  ['letters matter', '{"Spec":{}}', ['unknown field "Spec"']],
  ['__proto__ is a field nobody knows', '{"__proto__":{"kind":"Pod"}}', ['unknown field "__proto__"']],
]

describe('W9.1 strict problems', () => {
  test.each(strict)('%s', (_name, text, problems) => {
    expect(decodeJson(daemonSets, text).problems).toEqual(problems)
  })

  test('unknown fields are dropped, from the value given too nothing is taken away', () => {
    const value = daemonSet({ bogus: 1, minReadySeconds: 3 })
    expect(decodeValue(daemonSets, value).object).toEqual(daemonSet({ minReadySeconds: 3 }))
    expect(value.spec).toEqual({ bogus: 1, minReadySeconds: 3 })
  })

  test('no more problems than the limit are told', () => {
    const text = `{${Array.from({ length: 500 }, (_, i) => `"x${i}":1`).join()}}`
    expect(decodeJson(configMaps, text).problems).toHaveLength(decodeLimits.problems)
    expect(decodeJson(configMaps, `{"data":{"a":"","a":""},${text.slice(1)}`).problems).toHaveLength(
      decodeLimits.problems,
    )
  })
})

const kept: [name: string, kind: ExpectedKind, before: object, after: object][] = [
  ['null is absent', pods, { spec: { nodeName: null, containers: [] } }, { spec: { containers: [] } }],
  [
    'null in a list of strings is empty',
    pods,
    { spec: { containers: [{ args: [null] }] } },
    { spec: { containers: [{ args: [''] }] } },
  ],
  ['null in a list of objects is an empty one', pods, { spec: { containers: [null] } }, { spec: { containers: [{}] } }],
  ['null in a map is empty', configMaps, { data: { a: null } }, { data: { a: '' } }],
  [
    'W5.9 a zero that means nothing is left out',
    pods,
    { spec: { hostNetwork: false, priority: 0, containers: [] } },
    { spec: { priority: 0, containers: [] } },
  ],
  [
    'W5.9 an empty list or map too, an empty object not',
    pods,
    { spec: { containers: [{ args: [], resources: {}, ports: [] }], nodeSelector: {} } },
    { spec: { containers: [{ resources: {} }] } },
  ],
  [
    'W5.10 required zeros stay',
    daemonSets,
    { status: { numberReady: 0, numberAvailable: 0 } },
    { status: { numberReady: 0 } },
  ],
  [
    'W14.5 quantities become canonical',
    pods,
    { spec: { containers: [{ resources: { limits: { cpu: 0.1, memory: '1024Ki' } } }] } },
    { spec: { containers: [{ resources: { limits: { cpu: '100m', memory: '1Mi' } } }] } },
  ],
  [
    'W14.5 times become UTC without a fraction',
    nodes,
    { spec: { taints: [{ key: 'a', effect: 'b', timeAdded: '2026-01-02T05:04:05.9+02:00' }] } },
    { spec: { taints: [{ key: 'a', effect: 'b', timeAdded: '2026-01-02T03:04:05Z' }] } },
  ],
  [
    'W14.4 a micro time keeps its six decimals',
    leases,
    { spec: { renewTime: '2026-01-02T03:04:05.123456Z' } },
    { spec: { renewTime: '2026-01-02T03:04:05.123456Z' } },
  ],
  [
    'W9.2 an int or string is either',
    daemonSets,
    { spec: { updateStrategy: { rollingUpdate: { maxUnavailable: '10%', maxSurge: 0 } } } },
    { spec: { updateStrategy: { rollingUpdate: { maxUnavailable: '10%', maxSurge: 0 } } } },
  ],
  [
    'W4.9 the old group has its own fields',
    oldDaemonSets,
    { spec: { templateGeneration: 3 } },
    { spec: { templateGeneration: 3 } },
  ],
  ['half a surrogate pair is mended', configMaps, { data: { '\ud800': 'a\udc00' } }, { data: { '\ufffd': 'a\ufffd' } }],
  ['base64 loses its line breaks', configMaps, { binaryData: { a: 'AB\r\nCD' } }, { binaryData: { a: 'ABCD' } }],
  [
    'data without a schema stays as it is',
    controllerRevisions,
    { data: { x: [null, 0, ''] }, revision: 0 },
    { data: { x: [null, 0, ''] }, revision: 0 },
  ],
]

test.each(kept)('%s', (_name, kind, before, after) => {
  const { object, problems } = decodeValue(kind, before)
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...rest } = object
  expect(rest).toEqual(after)
  expect(problems).toEqual([])
})

test('W9.3 apiVersion, kind and metadata are there, whatever was sent', () => {
  const typed = { apiVersion: 'apps/v1', kind: 'DaemonSet' }
  expect(decodeValue(daemonSets, {}).object).toEqual({ ...typed, metadata: {} })
  expect(decodeJson(daemonSets, '{"metadata":null,"kind":""}').object).toEqual({ ...typed, metadata: {} })
})

describe('hostile texts', () => {
  test('__proto__ as a map key stays a key', () => {
    const { object } = decodeJson(configMaps, '{"data":{"__proto__":"x","a":null}}')
    const data = (object as { data?: object }).data!
    expect(Object.keys(data)).toEqual(['__proto__', 'a'])
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  test.each([
    ['in data that is kept', controllerRevisions, `{"data":${deep}}`],
    ['in a field that is dropped', configMaps, `{"x":${deep}}`],
    ['in a member that is given again', configMaps, `{"x":${deep},"x":1}`],
  ])('nesting without end is refused %s', (_name, kind, text) => {
    expect(refusal(() => decodeJson(kind, text)).message).toMatch(/exceeded max depth$/)
  })

  test('numbers without end are refused', () => {
    const of = (number: string) =>
      refusal(() => decodeJson(pods, `{"spec":{"terminationGracePeriodSeconds":${number}}}`))
    expect(of('1e999').message).toMatch(/cannot unmarshal number Infinity into .* of type int64$/)
    expect(of('9223372036854775807').message).toMatch(/cannot unmarshal number .* of type int64$/)
  })
})

const json = fc.jsonValue({ maxDepth: 4 }).filter((value) => typeof value === 'object' && value !== null)

describe('properties', () => {
  test('decoding twice changes nothing more', () => {
    const label = fc.string({ unit: 'binary' })
    const labels = fc.dictionary(label, fc.option(label))
    const values = fc.record(
      { metadata: fc.record({ labels, finalizers: fc.array(label) }), data: labels, binaryData: labels },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(values, ({ binaryData: _, ...value }) => {
        const once = decodeValue(configMaps, value).object
        expect(decodeValue(configMaps, once).object).toBe(once)
      }),
    )
  })

  test('the text and the value give the same object, and no duplicates are seen where there are none', () => {
    fc.assert(
      fc.property(json, fc.boolean(), (data, pretty) => {
        const value = { metadata: { name: 'x' }, data, revision: 1, other: data }
        const fromText = decodeJson(controllerRevisions, JSON.stringify(value, null, pretty ? 2 : 0))
        const parsed = JSON.parse(JSON.stringify(value)) as unknown
        expect(fromText).toEqual(decodeValue(controllerRevisions, parsed))
      }),
    )
  })

  test('every duplicate is seen', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (key, value) => {
        const member = `${JSON.stringify(key)}:${JSON.stringify(value)}`
        const text = `{"data":{${member}, "other":"", ${member}}}`
        expect(decodeJson(configMaps, text).problems).toEqual(
          key === 'other' ? ['duplicate field "data.other"'] : [`duplicate field ${JSON.stringify(`data.${key}`)}`],
        )
      }),
    )
  })

  test('any JSON is decoded or refused with a reason, never with a bug', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (spec, metadata) => {
        try {
          decodeValue(pods, { metadata, spec })
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError)
        }
      }),
    )
  })
})
