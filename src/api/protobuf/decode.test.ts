import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resourceOfKind } from '../resources.ts'
import { decodeJson, decodeValue, type ExpectedKind } from '../schema/decode.ts'
import { objectSchema, typeNames } from '../schema/schema.ts'
import { ApiError } from '../status.ts'
import { decodeProtobuf } from './decode.ts'
import { fieldsByNumber } from './field-numbers.ts'
import { base64Of, readerOf, readVarint, textOf } from './wire-format.ts'

// Each line is one object with every field set once, by reflection over the Go types of Kubernetes 1.35 (k8s.io/api),
// and written twice by upstream's own encoders: kind, protobuf in base64, JSON.
const upstream = readFileSync(new URL('upstream-bodies.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split('\t') as [kind: string, protobuf: string, json: string])

function expectedKind(json: string): ExpectedKind {
  const { apiVersion, kind } = JSON.parse(json) as { apiVersion: string; kind: string }
  const slash = apiVersion.indexOf('/')
  const known = resourceOfKind(apiVersion, kind)
  return (
    known ?? {
      group: apiVersion.slice(0, Math.max(slash, 0)),
      version: apiVersion.slice(slash + 1),
      kind,
      schema: kind,
    }
  )
}

describe.each(upstream)('%s with every field set', (_kind, protobuf, json) => {
  test('W5.7 W5.8 protobuf and JSON are the same object, and what is inlined in JSON is a message of its own', () => {
    const expected = expectedKind(json)
    const body = Buffer.from(protobuf, 'base64')
    const { object, problems } = decodeValue(expected, decodeProtobuf(body))
    expect(problems).toEqual([])
    expect(object).toEqual(decodeJson(expected, json).object)
  })

  test('W9.1 the schema knows every field', () => {
    expect(decodeJson(expectedKind(json), json).problems).toEqual([])
  })
})

// As sent by kubectl 1.33: `create namespace demo`, `create configmap c --from-literal=a=b --from-literal=e=`,
// `create secret generic s --from-literal=p=geheim`, `create serviceaccount sa`, `auth can-i get pods`.
const kubectl: [name: string, protobuf: string, object: object][] = [
  [
    'a namespace',
    'azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhwKFAoEZGVtbxIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA==',
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' }, spec: {}, status: {} },
  ],
  [
    'a config map',
    'azhzAAoPCgJ2MRIJQ29uZmlnTWFwEiIKEQoBYxIAGgAiACoAMgA4AEIAEgYKAWESAWISBQoBZRIAGgAiAA==',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b', e: '' } },
  ],
  [
    'a secret',
    'azhzAAoMCgJ2MRIGU2VjcmV0EiIKEQoBcxIAGgAiACoAMgA4AEIAEgsKAXASBmdlaGVpbRoAGgAiAA==',
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { p: 'Z2VoZWlt' } },
  ],
  [
    'a service account',
    'azhzAAoUCgJ2MRIOU2VydmljZUFjY291bnQSFAoSCgJzYRIAGgAiACoAMgA4AEIAGgAiAA==',
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'sa' } },
  ],
  [
    'an access review',
    'azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSPAoQCgASABoAIgAqADIAOABCABIeChwKB2RlZmF1bHQSA2dldBoAIgAqBHBvZHMyADoAGggIABIAGgAgABoAIgA=',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      metadata: {},
      spec: { resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } },
      status: { allowed: false },
    },
  ],
]

test.each(kubectl)('X1 W5.9 %s of kubectl, without the zeros', (_name, protobuf, object) => {
  const decoded = decodeValue(expectedKind(JSON.stringify(object)), decodeProtobuf(Buffer.from(protobuf, 'base64')))
  expect(decoded).toEqual({ object, problems: [] })
})

test('every field of every type has a number', () => {
  for (const name of typeNames()) {
    const numbered = [...fieldsByNumber(name).values()].flatMap((field) =>
      field.inlined === undefined ? [field.name] : [...fieldsByNumber(field.inlined).values()].map((one) => one.name),
    )
    const fields = [...objectSchema(name).fields.keys()].filter((field) => field !== 'apiVersion' && field !== 'kind')
    expect(numbered, name).toEqual(expect.arrayContaining(fields))
  }
})

describe('what is no object is refused', () => {
  const good = Buffer.from(kubectl[1]![1], 'base64')

  test.each([
    ['nothing', Buffer.alloc(0), /does not begin with "k8s"/],
    ['JSON', Buffer.from('{"kind":"ConfigMap"}'), /does not begin with "k8s"/],
    ['the first bytes alone', good.subarray(0, 4), /no kind "" is registered for version ""/],
    ['an object cut off', good.subarray(0, good.length - 3), /are left|is cut off/],
    [
      'a kind nobody knows',
      Buffer.from('azhzAAoLCgJ2MRIFVGhpbmc=', 'base64'),
      /no kind "Thing" is registered for version "v1"/,
    ],
    ['a group of fields', Buffer.from([0x6b, 0x38, 0x73, 0, 0x0b]), /wire type 3/],
    ['a number without an end', Buffer.from([0x6b, 0x38, 0x73, 0, ...Array(20).fill(0xff)]), /more than 64 bits/],
  ])('%s', (_name, body, why) => {
    expect(() => decodeProtobuf(body)).toThrow(why)
    expect(() => decodeProtobuf(body)).toThrow(ApiError)
  })

  test('whatever is broken in a body, it is refused or decoded, never a bug', () => {
    const bodies = upstream.map(([, protobuf]) => Buffer.from(protobuf, 'base64'))
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.constantFrom(...bodies), damage, (body, changes) => {
        const broken = Buffer.from(body)
        for (const [at, byte] of changes) broken[at % broken.length] = byte
        try {
          decodeProtobuf(broken)
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError)
        }
      }),
    )
  })
})

describe('the wire format', () => {
  test('texts are read as the platform reads UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const ours = textOf(readerOf(bytes))
        const valid = Buffer.from(bytes).toString()
        // Where it is no UTF-8, the platform may use fewer replacements for one broken character.
        if (valid.includes('\ufffd')) expect(ours.replaceAll('\ufffd', '')).toBe(valid.replaceAll('\ufffd', ''))
        else expect(ours).toBe(valid)
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), (text) => {
        expect(textOf(readerOf(Buffer.from(text)))).toBe(Buffer.from(text).toString())
      }),
    )
  })

  test('bytes are base64', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(base64Of(readerOf(bytes))).toBe(Buffer.from(bytes).toString('base64'))
      }),
    )
  })

  test('numbers of 64 bits, negative ones too', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (number) => {
        const bytes: number[] = []
        let rest = BigInt.asUintN(64, BigInt(number))
        for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
        bytes.push(Number(rest))
        expect(readVarint(readerOf(Uint8Array.from(bytes)))).toBe(number === 0 ? 0 : number)
      }),
    )
  })
})
