// What clients take for granted of the server as a whole, whichever resource they ask for.

import { beforeEach, describe, expect, test } from 'vitest'
import { admin, apiserverWorld, settled, type World } from '../../test/world.ts'

let world: World
beforeEach(async () => {
  world = await apiserverWorld()
})

interface Told {
  readonly resource: string
  readonly scope: string
  readonly verbs: readonly string[]
  readonly subresources?: readonly { readonly subresource: string }[]
}

/** `apps/v1` → what is told of it, in the order in which it is told. */
async function discovered(): Promise<Map<string, Told[]>> {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  const groups = new Map<string, Told[]>()
  for (const root of ['/api', '/apis']) {
    const { text } = await world.ask(`GET ${root}`, { accept })
    for (const { metadata, versions } of JSON.parse(text).items) {
      for (const { version, resources } of versions) {
        groups.set(metadata.name === undefined ? version : `${metadata.name}/${version}`, resources)
      }
    }
  }
  return groups
}

describe('W2.4 what there is', () => {
  const table: [groupVersion: string, resource: string, scope: string, subresources: string][] = [
    ['v1', 'namespaces', 'Cluster', 'finalize status'],
    ['v1', 'nodes', 'Cluster', 'status'],
    ['v1', 'pods', 'Namespaced', 'binding eviction log status'],
    ['v1', 'events', 'Namespaced', ''],
    ['events.k8s.io/v1', 'events', 'Namespaced', ''],
    ['v1', 'configmaps', 'Namespaced', ''],
    ['v1', 'secrets', 'Namespaced', ''],
    ['v1', 'serviceaccounts', 'Namespaced', ''],
    ['v1', 'services', 'Namespaced', 'status'],
    ['v1', 'endpoints', 'Namespaced', ''],
    ['apps/v1', 'daemonsets', 'Namespaced', 'status'],
    ['apps/v1', 'controllerrevisions', 'Namespaced', ''],
    ['extensions/v1beta1', 'daemonsets', 'Namespaced', 'status'],
    ['coordination.k8s.io/v1', 'leases', 'Namespaced', ''],
    ['node.k8s.io/v1', 'runtimeclasses', 'Cluster', ''],
    ['policy/v1', 'poddisruptionbudgets', 'Namespaced', 'status'],
    ['authorization.k8s.io/v1', 'selfsubjectaccessreviews', 'Cluster', ''],
    ['authentication.k8s.io/v1', 'selfsubjectreviews', 'Cluster', ''],
  ]
  test.each(table)('%s %s', async (groupVersion, resource, scope, subresources) => {
    const row = (await discovered()).get(groupVersion)?.find((one) => one.resource === resource)
    expect(row?.scope).toBe(scope)
    const parts = (row?.subresources ?? []).map((part) => part.subresource)
    for (const part of subresources.split(' ').filter(Boolean)) expect(parts).toContain(part)
  })
})

test('W3.4 X11 the group that short names mean comes first, and the old one has none', async () => {
  const groups = await discovered()
  const order = [...groups.keys()]
  expect(order[0]).toBe('v1')
  expect(order.indexOf('apps/v1')).toBeLessThan(order.indexOf('extensions/v1beta1'))
  expect(groups.get('extensions/v1beta1')).toEqual([
    expect.not.objectContaining({ shortNames: expect.anything(), categories: expect.anything() }),
  ])
})

test('W17.1 what discovery tells of can be listed and watched, whole and as metadata', async () => {
  const metadata =
    'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'
  let listed = 0
  for (const [groupVersion, resources] of await discovered()) {
    for (const { resource, verbs } of resources) {
      if (!verbs.includes('list')) continue
      expect(verbs).toContain('watch')
      const path = `/${groupVersion === 'v1' ? 'api' : 'apis'}/${groupVersion}/${resource}`
      const list = await world.ask(`GET ${path}?limit=500&resourceVersion=0`, { accept: metadata })
      expect([path, list.status, list.json.kind]).toEqual([path, 200, 'PartialObjectMetadataList'])
      const version = list.json.metadata.resourceVersion
      const reader = await world.watch(`${path}?watch=true&resourceVersion=${version}&allowWatchBookmarks=true`)
      expect([path, reader.status]).toEqual([path, 200])
      reader.stop()
      listed++
    }
  }
  expect(listed).toBeGreaterThan(15)
})

test('W4.8 both generations of OpenAPI are there, with a document for every group', async () => {
  const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
  expect((await world.ask('GET /openapi/v2', { accept })).status).toBe(200)
  const documents = Object.keys((await world.ask('GET /openapi/v3')).json.paths)
  for (const groupVersion of (await discovered()).keys()) {
    expect(documents).toContain(groupVersion === 'v1' ? 'api/v1' : `apis/${groupVersion}`)
  }
})

test('X2 X1 a body in protobuf is answered in JSON, as the client says it accepts', async () => {
  // ConfigMap "x" with a=b, as kubectl create configmap sends it.
  const body = Buffer.from(
    '6b3873000a0f0a0276311209436f6e6669674d6170121b0a110a017812001a0022002a0032003800420012060a01611201621a002200',
    'hex',
  )
  const { status, json } = await world.ask('POST /api/v1/namespaces/default/configmaps', {
    body,
    type: 'application/vnd.kubernetes.protobuf',
    accept: 'application/vnd.kubernetes.protobuf,application/json',
  })
  expect([status, json.kind, json.data]).toEqual([201, 'ConfigMap', { a: 'b' }])
})

test('W13.11 who manages which field is told in whole objects, in tables and in metadata', async () => {
  const path = '/api/v1/namespaces/default/configmaps'
  const body = { metadata: { name: 'c' }, data: { a: 'b' } }
  await world.ask(`POST ${path}?fieldManager=me`, { body })
  const managed = [expect.objectContaining({ manager: 'me', operation: 'Update', fieldsType: 'FieldsV1' })]
  expect((await world.ask(`GET ${path}/c`)).json.metadata.managedFields).toEqual(managed)
  const table = await world.ask(`GET ${path}/c`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
  expect(table.json.rows[0].object.metadata.managedFields).toEqual(managed)
  const metadata = { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' }
  expect((await world.ask(`GET ${path}/c`, metadata)).json.metadata.managedFields).toEqual(managed)
})

test('W17.4 who is who, and what he may, is answered to whoever asks for himself', async () => {
  const group = '/apis/authorization.k8s.io/v1'
  const resourceAttributes = { verb: 'list', resource: 'nodes' }
  const ask = (user: typeof admin) =>
    world.ask(`POST ${group}/selfsubjectaccessreviews`, { user, body: { spec: { resourceAttributes } } })
  expect((await ask(admin)).json.status.allowed).toBe(true)
  expect((await ask({ name: 'nora', groups: ['system:authenticated'] })).json.status.allowed).toBe(false)
  const whoami = await world.ask('POST /apis/authentication.k8s.io/v1/selfsubjectreviews', { body: {} })
  expect(whoami.json.status.userInfo).toEqual({ username: admin.name, groups: admin.groups })
})

test('W1.5 W5.2 a table is made whenever one is asked for, whatever else stands in the query', async () => {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
  const { json } = await world.ask('GET /api/v1/namespaces?timeout=32s&pretty=false&nonsense=1', { accept })
  expect(json.kind).toBe('Table')
})

test('X3 the headers of a watch do not wait for its first event', async () => {
  const reader = await world.watch('/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=0')
  expect([reader.status, reader.headers['content-type'], reader.chunks]).toEqual([200, 'application/json', []])
  await settled()
  expect(reader.state).toBe('open')
})
