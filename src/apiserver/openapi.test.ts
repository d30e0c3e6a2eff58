import { describe, expect, test } from 'vitest'
import { apiVersionOf, resources } from '../api/resources.ts'
import { ApiError } from '../api/status.ts'
import type { ApiRequest, ApiResponse } from '../api/wire.ts'
import { openapiAnswer } from './openapi.ts'

function get(url: string, headers: ApiRequest['headers'] = {}, method = 'GET'): ApiResponse | undefined {
  const { pathname, searchParams } = new URL(url, 'http://everynode')
  return openapiAnswer({
    method,
    path: pathname,
    query: searchParams,
    headers,
    body: new Uint8Array(),
    user: undefined,
  })
}

function bytesOf(answer: ApiResponse | undefined): Uint8Array {
  if (answer?.body.kind !== 'bytes') throw new Error('no answer')
  return answer.body.bytes
}

function jsonOf(answer: ApiResponse | undefined) {
  return JSON.parse(Buffer.from(bytesOf(answer)).toString())
}

const index = () => jsonOf(get('/openapi/v3?timeout=32s')).paths as Record<string, { serverRelativeURL: string }>

interface Operation {
  readonly 'x-kubernetes-group-version-kind'?: object
  readonly operationId?: string
  readonly parameters?: readonly { readonly name: string }[]
  readonly requestBody?: { readonly content: object }
}

function operationsOf(document: { paths: Record<string, Record<string, Operation>> }): [string, Operation][] {
  return Object.values(document.paths).flatMap((item) =>
    Object.entries(item).filter(([method]) => method !== 'parameters'),
  )
}

describe('W4.1 the index', () => {
  test('names every served version, and its URLs work', () => {
    const served = new Set(resources.map((row) => `${row.group === '' ? 'api' : 'apis'}/${apiVersionOf(row)}`))
    expect(Object.keys(index())).toEqual([...served])
    for (const { serverRelativeURL } of Object.values(index())) {
      expect(jsonOf(get(`${serverRelativeURL}&timeout=32s`)).openapi).toBe('3.0.0')
    }
  })

  test('is 304 when unchanged', () => {
    const etag = get('/openapi/v3')!.headers.etag
    expect(get('/openapi/v3', { 'if-none-match': etag })?.status).toBe(304)
  })
})

test('W4.2 only a document asked for by its hash may be kept; a wrong hash is sent to the right one', () => {
  const url = index()['apis/apps/v1']!.serverRelativeURL
  expect(get(url)?.headers['cache-control']).toMatch(/^public, max-age=\d+, immutable$/)
  expect(get('/openapi/v3/apis/apps/v1')?.headers['cache-control']).toBe('no-cache, private')
  expect(get('/openapi/v3/apis/apps/v1?hash=old')).toMatchObject({ status: 301, headers: { location: url } })
})

const patchable = resources.filter((row) => row.verbs.includes('patch'))

test.each(patchable)('W4.3 W4.4 $group/$version $kind has a patch that kubectl takes', (row) => {
  const root = `${row.group === '' ? 'api' : 'apis'}/${apiVersionOf(row)}`
  const document = jsonOf(get(`/openapi/v3/${root}`))
  const mark = { group: row.group, version: row.version, kind: row.kind }
  const patches = operationsOf(document).filter(
    ([method, operation]) =>
      method === 'patch' &&
      JSON.stringify(sorted(operation['x-kubernetes-group-version-kind'])) === JSON.stringify(sorted(mark)),
  )
  expect(patches).not.toHaveLength(0)
  for (const [, { parameters, requestBody }] of patches) {
    const names = parameters?.map((one) => one.name)
    expect(names).toEqual(expect.arrayContaining(['dryRun', 'fieldManager', 'fieldValidation', 'force']))
    expect(Object.keys(requestBody!.content)).toEqual([
      'application/apply-patch+yaml',
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/strategic-merge-patch+json',
    ])
  }
  const schemas = Object.values(document.components.schemas) as { 'x-kubernetes-group-version-kind'?: object[] }[]
  expect(schemas.flatMap((schema) => schema['x-kubernetes-group-version-kind'] ?? [])).toContainEqual(mark)
})

test.each(['get', 'post'])('W4.4 exec is a connection: %s has no body, and its query stands at the path', (method) => {
  const path = jsonOf(get('/openapi/v3/api/v1')).paths['/api/v1/namespaces/{namespace}/pods/{name}/exec']
  const word = method === 'get' ? 'Get' : 'Post'
  expect(path[method]).toEqual({
    description: `connect ${method.toUpperCase()} requests to exec of Pod`,
    operationId: `connectCoreV1${word}NamespacedPodExec`,
    tags: ['core_v1'],
    responses: { 200: { description: 'OK', content: { '*/*': { schema: { type: 'string' } } } } },
    'x-kubernetes-action': 'connect',
    'x-kubernetes-group-version-kind': { group: '', kind: 'PodExecOptions', version: 'v1' },
  })
  const names = path.parameters.map(({ name }: { name: string }) => name)
  expect(names.sort()).toEqual(['command', 'container', 'name', 'namespace', 'stderr', 'stdin', 'stdout', 'tty'])
})

function sorted(value: object = {}): object {
  return Object.fromEntries(Object.entries(value).sort())
}

describe.each(Object.keys(index()))('%s', (root) => {
  const document = jsonOf(get(`/openapi/v3/${root}`))

  test('every reference leads somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, key]) => key!,
    )
    expect(references).not.toHaveLength(0)
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining([...new Set(references)]))
  })

  test('operation ids are unique', () => {
    const ids = operationsOf(document).map(([, { operationId }]) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('schemas', () => {
  const schemas = jsonOf(get('/openapi/v3/apis/apps/v1')).components.schemas

  test('W4.5 patch and list marks', () => {
    expect(schemas['io.k8s.api.core.v1.PodSpec'].properties.containers).toMatchObject({
      type: 'array',
      items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }] },
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    })
    expect(schemas['io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector']['x-kubernetes-map-type']).toBe('atomic')
  })

  test('W4.6 required fields, formats and descriptions', () => {
    const spec = schemas['io.k8s.api.apps.v1.DaemonSetSpec']
    expect(spec.required).toEqual(['selector', 'template'])
    expect(spec.properties.minReadySeconds).toMatchObject({ type: 'integer', format: 'int32' })
    expect(spec.properties.template.description).toMatch(/pod/)
    const undescribed = Object.values(spec.properties as Record<string, { description?: string }>).filter(
      (one) => !one.description,
    )
    expect(undescribed).toEqual([])
  })

  test('W4.9 the old group has a document of its own', () => {
    const old = jsonOf(get('/openapi/v3/apis/extensions/v1beta1')).components.schemas
    expect(old['io.k8s.api.extensions.v1beta1.DaemonSet']['x-kubernetes-group-version-kind']).toEqual([
      { group: 'extensions', kind: 'DaemonSet', version: 'v1beta1' },
    ])
    expect(old['io.k8s.api.extensions.v1beta1.DaemonSetSpec'].properties.templateGeneration.type).toBe('integer')
  })
})

describe('W4.7 /openapi/v2', () => {
  const protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

  test('is seventeen bytes of protobuf', () => {
    const answer = get('/openapi/v2?timeout=32s', { accept: protobuf })
    expect(Buffer.from(bytesOf(answer)).toString('hex')).toBe('0a03322e3012080a026162120276314200')
    expect(answer?.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf')
  })

  test('X5 is never JSON', () => {
    expect(() => get('/openapi/v2', { accept: 'application/json' })).toThrow(ApiError)
  })
})

test.each(['/', '/openapi', '/openapi/v4', '/openapi/v3/apis/nope/v1', '/api/v1'])('%s is not ours', (path) => {
  expect(get(path)).toBeUndefined()
})
