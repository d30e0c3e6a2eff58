import { describe, expect, test } from 'vitest'
import { ApiError } from '../api/status.ts'
import type { ApiRequest, ApiResponse } from '../api/wire.ts'
import { discoveryAnswer } from './discovery.ts'

const aggregated = (version: string) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
const kubectl = `${aggregated('v2')},${aggregated('v2beta1')},application/json`

function get(path: string, headers: ApiRequest['headers'] = {}, method = 'GET'): ApiResponse | undefined {
  const query = new URLSearchParams('timeout=32s')
  return discoveryAnswer({ method, path, query, headers, body: new Uint8Array(), user: undefined })
}

function jsonOf(answer: ApiResponse | undefined) {
  if (answer?.body.kind !== 'bytes') throw new Error('no answer')
  return JSON.parse(Buffer.from(answer.body.bytes).toString())
}

describe('aggregated', () => {
  test.each([
    ['W3.2 kubectl from 1.30', kubectl, 'v2'],
    ['W3.2 kubectl to 1.29', `${aggregated('v2beta1')},application/json`, 'v2beta1'],
  ])('%s', (_name, accept, version) => {
    const answer = get('/apis', { accept })
    expect(answer?.headers['content-type']).toBe(aggregated(version))
    expect(jsonOf(answer)).toMatchObject({
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
    })
  })

  test('W3.3 /api is one item without a name', () => {
    const { items } = jsonOf(get('/api', { accept: kubectl }))
    expect(items).toHaveLength(1)
    expect(items[0].metadata.name).toBeUndefined()
    expect(items[0].versions.map((row: { version: string }) => row.version)).toEqual(['v1'])
    const pods = items[0].versions[0].resources.find((row: { resource: string }) => row.resource === 'pods')
    expect(pods).toMatchObject({
      responseKind: { group: '', version: '', kind: 'Pod' },
      scope: 'Namespaced',
      singularResource: 'pod',
      shortNames: ['po'],
    })
    expect(pods.subresources).toContainEqual({
      subresource: 'eviction',
      responseKind: { group: 'policy', version: 'v1', kind: 'Eviction' },
      verbs: ['create'],
    })
  })

  test('W3.9 apps comes before extensions, and only apps has the short name', () => {
    const { items } = jsonOf(get('/apis', { accept: kubectl }))
    const names = items.map((item: { metadata: { name: string } }) => item.metadata.name)
    expect(names.indexOf('apps')).toBeLessThan(names.indexOf('extensions'))
    const daemonSets = items.flatMap((item: { versions: { resources: { resource: string }[] }[] }) =>
      item.versions.flatMap((row) => row.resources.filter(({ resource }) => resource === 'daemonsets')),
    )
    expect(daemonSets.map((row: { shortNames?: string[] }) => row.shortNames)).toEqual([['ds'], undefined])
    expect(daemonSets.map((row: { categories?: string[] }) => row.categories)).toEqual([['all'], undefined])
  })

  test('W3.2 an unchanged document is 304', () => {
    const first = get('/apis', { accept: kubectl })
    expect(first?.headers.etag).toMatch(/^"[0-9a-f]+"$/)
    const again = get('/apis', { accept: kubectl, 'if-none-match': first!.headers.etag })
    expect(again?.status).toBe(304)
    expect(again?.body).toEqual({ kind: 'bytes', bytes: new Uint8Array() })
    expect(get('/apis', { accept: kubectl, 'if-none-match': '"old"' })?.status).toBe(200)
  })
})

describe('the old form', () => {
  test('W3.5 /api and /apis', () => {
    expect(jsonOf(get('/api', { accept: 'application/json', host: '127.0.0.1:6443' }))).toEqual({
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1:6443' }],
    })
    const answer = get('/apis/', { accept: '*/*' })
    expect(answer?.headers['content-type']).toBe('application/json')
    expect(jsonOf(answer).groups).toContainEqual({
      name: 'apps',
      versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
      preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
    })
    expect(jsonOf(get('/apis/policy'))).toMatchObject({ kind: 'APIGroup', name: 'policy' })
  })

  test('W3.6 resource lists', () => {
    const core = jsonOf(get('/api/v1', { accept: 'application/json, */*' }))
    expect(core).toMatchObject({ kind: 'APIResourceList', groupVersion: 'v1' })
    expect(core.apiVersion).toBeUndefined()
    expect(core.resources).toContainEqual({
      name: 'pods/eviction',
      singularName: '',
      namespaced: true,
      group: 'policy',
      version: 'v1',
      kind: 'Eviction',
      verbs: ['create'],
    })
    const apps = jsonOf(get('/apis/apps/v1'))
    expect(apps.resources.map((row: { name: string }) => row.name)).toEqual([
      'controllerrevisions',
      'daemonsets',
      'daemonsets/status',
    ])
  })

  test('W3.1 who prefers plain JSON gets it', () => {
    expect(get('/apis', { accept: `application/json,${aggregated('v2')}` })?.headers['content-type']).toBe(
      'application/json',
    )
    expect(get('/apis', { accept: 'application/vnd.kubernetes.protobuf, */*' })?.status).toBe(200)
  })
})

test.each([
  '/',
  '/version',
  '/api/v2',
  '/apis/nope',
  '/apis/apps/v2',
  '/apis/apps/v1/daemonsets',
  '/apisx',
  '/openapi/v3',
])('%s is no discovery', (path) => {
  expect(get(path)).toBeUndefined()
})

test('W2.3 only reading is possible, and only what can be written is', () => {
  expect(() => get('/apis', {}, 'POST')).toThrow(ApiError)
  expect(() => get('/api/v1', { accept: 'application/cbor' })).toThrow(/media types/)
})
