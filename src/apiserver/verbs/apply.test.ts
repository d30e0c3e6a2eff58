import { beforeEach, describe, expect, test } from 'vitest'
import { admin, apiserverWorld, type World } from '../../../test/world.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const daemonSets = '/apis/apps/v1/namespaces/default/daemonsets'
const type = 'application/apply-patch+yaml'

let world: World
beforeEach(async () => {
  world = await apiserverWorld()
})

const apply = (path: string, body: string | object, query = 'fieldManager=kubectl') =>
  world.ask(`PATCH ${path}?${query}`, { body, type })
const configMap = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data })
const managersOf = (object: { metadata: { managedFields?: { manager: string; operation: string }[] } }) =>
  (object.metadata.managedFields ?? []).map(({ manager, operation }) => `${manager} ${operation}`)

describe('W13.1 PATCH with a configuration', () => {
  test('makes what is not there (201), then merges (200)', async () => {
    const created = await apply(
      `${configMaps}/c`,
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: "1"\n',
    )
    expect([created.status, created.json.data]).toEqual([201, { a: '1' }])
    const applied = await apply(`${configMaps}/c`, configMap({ a: '1', b: '2' }))
    expect([applied.status, applied.json.data]).toEqual([200, { a: '1', b: '2' }])
    expect(managersOf(applied.json)).toEqual(['kubectl Apply'])
  })

  test('W9.6 the same again writes nothing', async () => {
    const created = await apply(`${configMaps}/c`, configMap({ a: '1' }))
    world.clock.advance(5000)
    const again = await apply(`${configMaps}/c`, configMap({ a: '1' }))
    expect(again.json).toEqual(created.json)
  })

  test('W9.8 a dry run stores nothing', async () => {
    expect((await apply(`${configMaps}/c`, configMap({}), 'fieldManager=m&dryRun=All')).status).toBe(201)
    expect((await world.ask(`GET ${configMaps}/c`)).status).toBe(404)
  })

  const refused: [name: string, body: string | object, query: string, code: number, message: string][] = [
    [
      'no manager',
      configMap({}),
      '',
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ],
    ['no kind', { metadata: { name: 'c' } }, 'fieldManager=m', 400, 'invalid object type: /, Kind='],
    [
      'another name',
      { ...configMap({}), metadata: { name: 'd' } },
      'fieldManager=m',
      400,
      'the name of the object (d) does not match the name on the URL (c)',
    ],
    [
      'a doubled key',
      'apiVersion: v1\nkind: ConfigMap\ndata: {a: "1", a: "2"}\n',
      'fieldManager=m&fieldValidation=Strict',
      400,
      'error strict decoding YAML: key "a" already set in map',
    ],
    [
      'an unknown field',
      { ...configMap({}), bogus: 1 },
      'fieldManager=m',
      500,
      'failed to create typed patch object (default/c; /v1, Kind=ConfigMap): .bogus: field not declared in schema',
    ],
    ['nothing', '', 'fieldManager=m', 400, 'invalid object type: /, Kind='],
  ]
  test.each(refused)('refuses %s', async (_, body, query, code, message) => {
    const { status, json } = await apply(`${configMaps}/c`, body, query)
    expect([status, json.message]).toEqual([code, message])
  })

  test('two that make it at the same time both succeed', async () => {
    const both = await Promise.all(
      ['one', 'two'].map((manager) =>
        apply(`${configMaps}/c`, configMap({ [manager]: '1' }), `fieldManager=${manager}`),
      ),
    )
    expect(both.map(({ status }) => status).sort()).toEqual([200, 201])
    const { json } = await world.ask(`GET ${configMaps}/c`)
    expect(json.data).toEqual({ one: '1', two: '1' })
    expect(managersOf(json)).toEqual(['one Apply', 'two Apply'])
  })

  test('a status cannot be applied to what is not there', async () => {
    const body = { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'x' }, status: {} }
    expect((await apply(`${daemonSets}/x/status`, body)).status).toBe(404)
  })
})

describe('owners', () => {
  test('W13.7 W9.9 POST, PUT and PATCH say who wrote', async () => {
    const post = await world.ask(`POST ${configMaps}`, { body: configMap({ a: '1' }), userAgent: 'curl/8' })
    expect(managersOf(post.json)).toEqual(['curl Update'])
    const put = await world.ask(`PUT ${configMaps}/c?fieldManager=me`, { body: configMap({ a: '1', b: '1' }) })
    expect(managersOf(put.json)).toEqual(['curl Update', 'me Update'])
    const body = { data: { c: '1' } }
    const patch = await world.ask(`PATCH ${configMaps}/c?fieldManager=you`, {
      body,
      type: 'application/merge-patch+json',
    })
    expect(managersOf(patch.json)).toEqual(['curl Update', 'me Update', 'you Update'])
  })

  test('W13.6 W13.9 a conflict is 409, force takes the field', async () => {
    await world.ask(`POST ${configMaps}?fieldManager=me`, { body: configMap({ a: '1' }) })
    const { status, json } = await apply(`${configMaps}/c`, configMap({ a: '2' }))
    expect([status, json.reason]).toEqual([409, 'Conflict'])
    expect(json.message).toBe('Apply failed with 1 conflict: conflict with "me" using v1: .data.a')
    const forced = await apply(`${configMaps}/c`, configMap({ a: '2' }), 'fieldManager=kubectl&force=true')
    expect(forced.json.data).toEqual({ a: '2' })
  })

  test('what the cluster’s own parts make has owners once somebody applies to it', async () => {
    const user = { ...admin, groups: ['system:masters', 'system:controllers'] }
    const made = await world.ask(`POST ${configMaps}`, { body: configMap({ a: '1' }), user })
    expect(made.json.metadata.managedFields).toBeUndefined()
    const put = await world.ask(`PUT ${configMaps}/c`, { body: configMap({ a: '2' }) })
    expect(put.json.metadata.managedFields).toBeUndefined()
    const applied = await apply(`${configMaps}/c`, configMap({ b: '1' }))
    expect(managersOf(applied.json)).toEqual(['kubectl Apply', 'before-first-apply Update'])
  })

  test('W13.5 defaults are nobody’s, and applying to one view is seen in the other', async () => {
    const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'main', image: 'i' }] } }
    const body = {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'x' },
      spec: { selector: { matchLabels: { app: 'a' } }, template },
    }
    const { json } = await apply(`${daemonSets}/x`, body)
    expect(json.spec.updateStrategy.type).toBe('RollingUpdate')
    expect(json.metadata.managedFields[0].fieldsV1).toEqual({
      'f:spec': {
        'f:selector': {},
        'f:template': {
          'f:metadata': { 'f:labels': { 'f:app': {} } },
          'f:spec': { 'f:containers': { 'k:{"name":"main"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
        },
      },
    })
    const old = await world.ask('GET /apis/extensions/v1beta1/namespaces/default/daemonsets/x')
    expect(managersOf(old.json)).toEqual(['kubectl Apply'])
    expect((await apply(`${daemonSets}/x`, body)).json.metadata.resourceVersion).toBe(json.metadata.resourceVersion)
  })
})
