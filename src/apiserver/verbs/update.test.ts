import { beforeEach, describe, expect, test } from 'vitest'
import { apiserverWorld, type World } from '../../../test/world.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
const daemonSets = '/apis/apps/v1/namespaces/default/daemonsets'
const oldDaemonSets = '/apis/extensions/v1beta1/namespaces/default/daemonsets'
const podSpec = { containers: [{ name: 'main', image: 'nginx:1' }] }
const daemonSet = {
  metadata: { name: 'agent' },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    template: { metadata: { labels: { app: 'agent' } }, spec: podSpec },
  },
}

let world: World
beforeEach(async () => {
  world = await apiserverWorld()
  await world.ask(`POST ${configMaps}`, { body: { metadata: { name: 'c1' }, data: { a: '1' } } })
  await world.ask(`POST ${daemonSets}`, { body: daemonSet })
})

const get = async (path: string) => (await world.ask(`GET ${path}`)).json

describe('W9.5 PUT', () => {
  test('replaces, and keeps what is not the client’s', async () => {
    const before = await get(`${configMaps}/c1`)
    const body = { metadata: { name: 'c1', generation: 9 }, data: { b: '2' } }
    const { status, json } = await world.ask(`PUT ${configMaps}/c1`, { body })
    expect(status).toBe(200)
    expect(json.data).toEqual({ b: '2' })
    const { uid, creationTimestamp } = before.metadata
    expect(json.metadata).toMatchObject({ uid, creationTimestamp, namespace: 'default' })
    expect(json.metadata.generation).toBeUndefined()
    expect(Number(json.metadata.resourceVersion)).toBeGreaterThan(Number(before.metadata.resourceVersion))
  })

  const table: [name: string, line: string, metadata: object, code: number, message: string][] = [
    [
      'stale version',
      `PUT ${configMaps}/c1`,
      { name: 'c1', resourceVersion: '1' },
      409,
      'Operation cannot be fulfilled on configmaps "c1": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [
      'another name',
      `PUT ${configMaps}/c1`,
      { name: 'c2' },
      400,
      'the name of the object (c2) does not match the name on the URL (c1)',
    ],
    ['absent', `PUT ${configMaps}/nope`, { name: 'nope' }, 404, 'configmaps "nope" not found'],
    ['absent in a group', `PUT ${daemonSets}/nope`, { name: 'nope' }, 404, 'daemonsets.apps "nope" not found'],
  ]
  test.each(table)('W6.3 %s', async (_name, line, metadata, code, message) => {
    const { status, json } = await world.ask(line, { body: { metadata, spec: daemonSet.spec } })
    expect(json.message).toBe(message)
    expect(status).toBe(code)
  })

  test('another uid is another object', async () => {
    const { uid } = (await get(`${configMaps}/c1`)).metadata
    const { status, json } = await world.ask(`PUT ${configMaps}/c1`, { body: { metadata: { name: 'c1', uid: 'zzz' } } })
    expect(status).toBe(409)
    expect(json.message).toBe(
      `Operation cannot be fulfilled on configmaps "c1": Precondition failed: UID in precondition: zzz, UID in object meta: ${uid}`,
    )
  })

  test('a Lease: created by PUT, and then only with its version', async () => {
    const body = { metadata: { name: 'l' }, spec: { holderIdentity: 'a' } }
    const created = await world.ask(`PUT ${leases}/l`, { body })
    expect(created.status).toBe(201)
    expect((await world.ask(`PUT ${leases}/l`, { body })).json.message).toContain(
      'metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
    )
    expect((await world.ask(`PUT ${leases}/l`, { body: created.json })).status).toBe(200)
  })

  test('W9.6 the same again: no new version, no event', async () => {
    const before = await get(`${configMaps}/c1`)
    const reader = await world.watch(`${configMaps}?watch=1&resourceVersion=${before.metadata.resourceVersion}`)
    const { json } = await world.ask(`PUT ${configMaps}/c1`, { body: before })
    expect(json).toEqual(before)
    await world.ask(`PATCH ${configMaps}/c1`, { type: 'application/merge-patch+json', body: { data: { a: '1' } } })
    expect(reader.told).toEqual([])
  })

  test('two writers from one version: one wins', async () => {
    const before = await get(`${configMaps}/c1`)
    const write = (a: string) => world.ask(`PUT ${configMaps}/c1`, { body: { ...before, data: { a } } })
    const answers = await Promise.all(['x', 'y', 'z'].map(write))
    expect(answers.map(({ status }) => status)).toEqual([200, 409, 409])
    expect((await get(`${configMaps}/c1`)).data).toEqual({ a: 'x' })
  })
})

describe('W12.1 status is its own endpoint', () => {
  test('the main endpoint ignores it, /status changes nothing else', async () => {
    const before = await get(`${daemonSets}/agent`)
    const main = await world.ask(`PUT ${daemonSets}/agent`, { body: { ...before, status: { numberReady: 5 } } })
    expect(main.json.status).toEqual(before.status)
    const body = { spec: { minReadySeconds: 9 }, status: { numberReady: 7 }, metadata: { labels: { a: 'b' } } }
    const type = 'application/merge-patch+json'
    const { json } = await world.ask(`PATCH ${daemonSets}/agent/status`, { type, body })
    expect(json.status.numberReady).toBe(7)
    expect(json.spec).toEqual(before.spec)
    expect(json.metadata.labels).toEqual({ a: 'b' })
    expect(json.metadata.generation).toBe(1)
  })

  test('PUT of a status demands the version it came from', async () => {
    const before = await get(`${daemonSets}/agent`)
    await world.ask(`PATCH ${daemonSets}/agent`, {
      type: 'application/merge-patch+json',
      body: { metadata: { labels: { x: 'y' } } },
    })
    expect((await world.ask(`PUT ${daemonSets}/agent/status`, { body: before })).status).toBe(409)
  })
})

describe('W12.2 generation', () => {
  const patch = async (body: object) =>
    (await world.ask(`PATCH ${daemonSets}/agent`, { type: 'application/merge-patch+json', body })).json.metadata
  const templateGeneration = 'deprecated.daemonset.template.generation'

  test('counts changes of the spec; the template counts its own', async () => {
    expect((await patch({ metadata: { labels: { a: 'b' } } })).generation).toBe(1)
    const spec = await patch({ spec: { minReadySeconds: 3 } })
    expect([spec.generation, spec.annotations[templateGeneration]]).toEqual([2, '1'])
    const template = await patch({ spec: { template: { metadata: { annotations: { x: 'y' } } } } })
    expect([template.generation, template.annotations[templateGeneration]]).toEqual([3, '2'])
    expect((await patch({ metadata: { annotations: { [templateGeneration]: '99' } } })).annotations).toEqual({
      [templateGeneration]: '2',
    })
  })

  test('R1.8 an empty list where there was none is no change', async () => {
    const template = { metadata: { annotations: {} }, spec: { tolerations: [], nodeSelector: {} } }
    const { generation, annotations } = await patch({ spec: { template } })
    expect([generation, annotations[templateGeneration]]).toEqual([1, '1'])
  })
})

test('W9.12 E14 a selector is fixed in apps/v1, and free in the old group', async () => {
  const labels = { app: 'other' }
  const body = { spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } } }
  const type = 'application/merge-patch+json'
  const refused = await world.ask(`PATCH ${daemonSets}/agent`, { type, body })
  expect([refused.status, refused.json.message]).toEqual([
    422,
    expect.stringMatching(
      /^DaemonSet\.apps "agent" is invalid: spec\.selector: Invalid value: .*: field is immutable$/,
    ),
  ])
  const { status, json } = await world.ask(`PATCH ${oldDaemonSets}/agent`, { type, body })
  expect([status, json.spec?.selector]).toEqual([200, { matchLabels: labels }])
})

describe('part 10: patches', () => {
  test('W10.1 each kind does its own', async () => {
    const ask = (type: string, body: object) => world.ask(`PATCH ${configMaps}/c1`, { type, body })
    expect((await ask('application/merge-patch+json', { data: { a: null, b: '2' } })).json.data).toEqual({ b: '2' })
    const operations = [{ op: 'add', path: '/data/c', value: '3' }]
    expect((await ask('application/json-patch+json', operations)).json.data).toEqual({ b: '2', c: '3' })
    const strategic = 'application/strategic-merge-patch+json'
    expect((await ask(strategic, { data: { $patch: 'replace', d: '4' } })).json.data).toEqual({ d: '4' })
    expect((await ask('application/apply-patch+yaml', {})).status).toBe(422)
    expect((await ask('text/plain', {})).json.message).toBe('415: Unsupported Media Type')
  })

  test('W10.6 a strategic patch merges containers by name', async () => {
    const type = 'application/strategic-merge-patch+json'
    const body = { spec: { template: { spec: { containers: [{ name: 'main', image: 'nginx:2' }] } } } }
    const { json } = await world.ask(`PATCH ${daemonSets}/agent`, { type, body })
    expect(json.spec.template.spec.containers[0]).toMatchObject({ image: 'nginx:2', imagePullPolicy: 'IfNotPresent' })
  })

  test('W10.1 absent: 404 before the body is read', async () => {
    const type = 'application/merge-patch+json'
    expect((await world.ask(`PATCH ${configMaps}/nope`, { type, body: '{' })).status).toBe(404)
    expect((await world.ask(`PATCH ${configMaps}/c1`, { type, body: '{' })).status).toBe(400)
    expect((await world.ask(`PATCH ${configMaps}/c1`, { type, body: [] })).status).toBe(400)
  })

  test('W10.2 name, uid and version in a patch are demands', async () => {
    const ask = (metadata: object) =>
      world.ask(`PATCH ${configMaps}/c1`, { type: 'application/merge-patch+json', body: { metadata } })
    expect((await ask({ name: 'other' })).status).toBe(400)
    expect((await ask({ resourceVersion: '1' })).status).toBe(409)
    const wrongUid = await ask({ uid: 'zzz' })
    expect([wrongUid.status, wrongUid.json.reason]).toEqual([422, 'Invalid'])
    expect(wrongUid.json.message).toContain('metadata.uid: Invalid value: "zzz": field is immutable')
    expect((await ask({ uid: (await get(`${configMaps}/c1`)).metadata.uid })).status).toBe(200)
  })

  test('W6.3 W10.4 operations that do not apply', async () => {
    const body = [{ op: 'test', path: '/data/a', value: 'no' }]
    const { status, json } = await world.ask(`PATCH ${configMaps}/c1`, { type: 'application/json-patch+json', body })
    expect(status).toBe(422)
    expect(json).toMatchObject({
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
      details: {},
    })
  })

  test('W9.1 W9.2 what a patch leads to is told as a fault of the patch', async () => {
    const type = 'application/strategic-merge-patch+json'
    const strict = await world.ask(`PATCH ${daemonSets}/agent?fieldValidation=Strict`, {
      type,
      body: { spec: { bogus: 1 } },
    })
    expect(strict.status).toBe(422)
    expect(strict.json.message).toBe(
      ' "" is invalid: patch: Invalid value: "map[spec:map[bogus:1]]": strict decoding error: unknown field "spec.bogus"',
    )
    expect(strict.json.details.causes[0].field).toBe('patch')
    const wrongType = await world.ask(`PATCH ${daemonSets}/agent`, { type, body: { spec: { minReadySeconds: 'x' } } })
    expect(wrongType.status).toBe(422)
    expect(wrongType.json.message).toContain('cannot unmarshal string into Go struct field')
  })

  test('W9.8 dry run shows, and changes nothing', async () => {
    const before = await get(`${configMaps}/c1`)
    const type = 'application/merge-patch+json'
    const { json } = await world.ask(`PATCH ${configMaps}/c1?dryRun=All`, { type, body: { data: { a: '2' } } })
    expect(json.data).toEqual({ a: '2' })
    expect(await get(`${configMaps}/c1`)).toEqual(before)
  })

  test('many patches of one object at once all take effect', async () => {
    const type = 'application/merge-patch+json'
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`)
    const patch = (key: string) => world.ask(`PATCH ${configMaps}/c1`, { type, body: { data: { [key]: 'x' } } })
    const answers = await Promise.all(keys.map(patch))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(Object.keys((await get(`${configMaps}/c1`)).data)).toHaveLength(51)
  })
})

describe('W4.9 two views of one DaemonSet', () => {
  test('written in the old group, read in the new, and the other way', async () => {
    const template = { metadata: { labels: { app: 'x' } }, spec: podSpec }
    const created = await world.ask(`POST ${oldDaemonSets}`, {
      body: { kind: 'DaemonSet', apiVersion: 'extensions/v1beta1', metadata: { name: 'fluentd' }, spec: { template } },
    })
    expect(created.status).toBe(201)
    expect(created.json).toMatchObject({
      apiVersion: 'extensions/v1beta1',
      spec: { selector: { matchLabels: { app: 'x' } }, updateStrategy: { type: 'OnDelete' }, templateGeneration: 1 },
    })
    const stored = await get(`${daemonSets}/fluentd`)
    expect(stored.apiVersion).toBe('apps/v1')
    expect(stored.metadata.uid).toBe(created.json.metadata.uid)
    const list = await get(oldDaemonSets)
    expect([list.kind, list.apiVersion]).toEqual(['DaemonSetList', 'extensions/v1beta1'])
    expect(list.items.map((item: { apiVersion: string }) => item.apiVersion)).toEqual(
      Array(2).fill('extensions/v1beta1'),
    )
    const patched = await world.ask(`PATCH ${oldDaemonSets}/fluentd`, {
      type: 'application/strategic-merge-patch+json',
      body: { spec: { template: { spec: { containers: [{ name: 'main', image: 'nginx:2' }] } } } },
    })
    expect(patched.json.spec.templateGeneration).toBe(2)
    expect((await get(`${daemonSets}/fluentd`)).spec.template.spec.containers[0].image).toBe('nginx:2')
  })

  test('a watch of either group hears of both', async () => {
    const old = await world.watch(`${oldDaemonSets}?watch=1&resourceVersion=${world.store.revision}`)
    const current = await world.watch(`${daemonSets}?watch=1&resourceVersion=${world.store.revision}`)
    await world.ask(`POST ${daemonSets}`, { body: { ...daemonSet, metadata: { name: 'second' } } })
    expect(old.events.map(({ object }) => object.apiVersion)).toEqual(['extensions/v1beta1'])
    expect(current.events.map(({ object }) => object.apiVersion)).toEqual(['apps/v1'])
  })
})
