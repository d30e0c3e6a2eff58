import { beforeEach, describe, expect, test } from 'vitest'
import { apiserverWorld, type World } from '../../../test/world.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const pods = '/api/v1/namespaces/default/pods'
const daemonSets = '/apis/apps/v1/namespaces/default/daemonsets'
const podSpec = { containers: [{ name: 'main', image: 'nginx:1' }] }

let world: World
beforeEach(async () => {
  world = await apiserverWorld()
})

const ask = (line: string, body: object = {}) => world.ask(line, { body })
const get = async (path: string) => (await ask(`GET ${path}`)).json

async function createPod(name: string, spec: object = {}, metadata: object = {}): Promise<void> {
  const answer = await ask(`POST ${pods}`, { metadata: { name, ...metadata }, spec: { ...podSpec, ...spec } })
  expect(answer.status).toBe(201)
}

async function createDaemonSet(metadata: object = {}): Promise<void> {
  const template = { metadata: { labels: { app: 'a' } }, spec: podSpec }
  const spec = { selector: { matchLabels: { app: 'a' } }, template }
  await ask(`POST ${daemonSets}`, { metadata: { name: 'ds', ...metadata }, spec })
}

describe('W11.2 the answer', () => {
  test('gone at once: a Status that names it', async () => {
    await createDaemonSet()
    const { uid } = (await get(`${daemonSets}/ds`)).metadata
    const { status, json } = await ask(`DELETE ${daemonSets}/ds`, { propagationPolicy: 'Background' })
    expect(status).toBe(200)
    expect(json).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'ds', group: 'apps', kind: 'daemonsets', uid },
    })
  })

  test('a pod that is gone at once: the pod', async () => {
    await createPod('p')
    expect((await ask(`DELETE ${pods}/p`)).json.kind).toBe('Pod')
    expect((await ask(`DELETE ${pods}/p`)).json.message).toBe('pods "p" not found')
  })

  test('a collection: the list of what went, by selector', async () => {
    await createPod('a', {}, { labels: { app: 'x' } })
    await createPod('b', {}, { labels: { app: 'y' } })
    const { json } = await ask(`DELETE ${pods}?labelSelector=app%3Dx`)
    expect([json.kind, json.items.map((item: { metadata: { name: string } }) => item.metadata.name)]).toEqual([
      'PodList',
      ['a'],
    ])
    expect((await get(pods)).items).toHaveLength(1)
  })

  test('W9.8 a dry run deletes nothing', async () => {
    await createPod('p')
    expect((await ask(`DELETE ${pods}/p`, { dryRun: ['All'] })).status).toBe(200)
    expect((await ask(`DELETE ${pods}/p?dryRun=All`)).status).toBe(200)
    expect((await get(`${pods}/p`)).kind).toBe('Pod')
  })
})

describe('W11.1 options', () => {
  const table: [name: string, body: object, message: string][] = [
    [
      'an unknown policy',
      { propagationPolicy: 'Foo' },
      'propagationPolicy: Unsupported value: "Foo": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
    ['both ways to say it', { propagationPolicy: 'Orphan', orphanDependents: true }, 'cannot be both set'],
    ['a dry run of another word', { dryRun: ['Some'] }, 'dryRun: Unsupported value'],
  ]
  test.each(table)('%s: 422', async (_name, body, message) => {
    await createPod('p')
    const { status, json } = await ask(`DELETE ${pods}/p`, body)
    expect(status).toBe(422)
    expect(json.message).toContain(message)
  })

  test('a body that is none: 400', async () => {
    await createPod('p')
    expect((await ask(`DELETE ${pods}/p`, { gracePeriodSeconds: 'x' })).status).toBe(400)
    expect((await ask(`DELETE ${pods}/p`, { kind: 'Pod' })).status).toBe(400)
    expect((await world.ask(`DELETE ${pods}/p?gracePeriodSeconds=x`)).status).toBe(400)
    const otherVersion = { kind: 'DeleteOptions', apiVersion: 'policy/v1', propagationPolicy: 'Background' }
    expect((await ask(`DELETE ${pods}/p`, otherVersion)).status).toBe(200)
  })

  test('W6.3 preconditions', async () => {
    await ask(`POST ${configMaps}`, { metadata: { name: 'c1' } })
    const { uid, resourceVersion } = (await get(`${configMaps}/c1`)).metadata
    const wrong = await ask(`DELETE ${configMaps}/c1`, { preconditions: { uid: 'zz' } })
    expect(wrong.status).toBe(409)
    expect(wrong.json.message).toBe(
      `Operation cannot be fulfilled on ConfigMap "c1": the UID in the precondition (zz) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    )
    const stale = await ask(`DELETE ${configMaps}/c1`, { preconditions: { uid, resourceVersion: '2' } })
    expect(stale.json.message).toContain('the ResourceVersion in the precondition (2) does not match')
    expect((await ask(`DELETE ${configMaps}/c1`, { preconditions: { uid, resourceVersion } })).status).toBe(200)
  })

  test('the query says the same as the body', async () => {
    await createPod('p', { nodeName: 'n', terminationGracePeriodSeconds: 30 })
    const { json } = await ask(`DELETE ${pods}/p?gracePeriodSeconds=7`)
    expect(json.metadata.deletionGracePeriodSeconds).toBe(30)
    const { json: shorter } = await world.ask(`DELETE ${pods}/p?gracePeriodSeconds=7`)
    expect(shorter.metadata.deletionGracePeriodSeconds).toBe(7)
  })
})

describe('W11.8 W11.9 grace', () => {
  const running = { nodeName: 'n1', terminationGracePeriodSeconds: 30 }

  test('a bound pod is given its time, and then goes by the kubelet’s word', async () => {
    await createPod('p', running)
    const reader = await world.watch(`${pods}?watch=1&resourceVersion=${world.store.revision}`)
    const { json } = await ask(`DELETE ${pods}/p`)
    expect(json.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:30Z',
      deletionGracePeriodSeconds: 30,
    })
    const { uid, resourceVersion } = json.metadata
    const gone = await ask(`DELETE ${pods}/p`, { gracePeriodSeconds: 0, preconditions: { uid } })
    expect(gone.status).toBe(200)
    expect((await get(`${pods}/p`)).code).toBe(404)
    expect(reader.told).toEqual(['MODIFIED p', 'DELETED p'])
    expect(Number(reader.events[1].object.metadata.resourceVersion)).toBeGreaterThan(Number(resourceVersion))
  })

  test('time can only be taken away', async () => {
    await createPod('p', running)
    const first = (await ask(`DELETE ${pods}/p`)).json.metadata
    world.clock.advance(5_000)
    expect((await ask(`DELETE ${pods}/p`, { gracePeriodSeconds: 60 })).json.metadata).toEqual(first)
    expect((await ask(`DELETE ${pods}/p`)).json.metadata.resourceVersion).toBe(first.resourceVersion)
    expect((await ask(`DELETE ${pods}/p`, { gracePeriodSeconds: 10 })).json.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:10Z',
      deletionGracePeriodSeconds: 10,
    })
  })

  test('nobody runs it, or it has ended: at once', async () => {
    await createPod('unbound', { terminationGracePeriodSeconds: 30 })
    await ask(`DELETE ${pods}/unbound`)
    await createPod('ended', running)
    await world.ask(`PATCH ${pods}/ended/status`, {
      type: 'application/merge-patch+json',
      body: { status: { phase: 'Failed' } },
    })
    await ask(`DELETE ${pods}/ended`)
    expect((await get(pods)).items).toEqual([])
  })
})

describe('W11.3 W11.4 finalizers', () => {
  const release = (path: string) =>
    world.ask(`PATCH ${path}`, { type: 'application/merge-patch+json', body: { metadata: { finalizers: null } } })

  test('it waits, deleting again changes nothing, and the last finalizer ends it', async () => {
    await createDaemonSet({ finalizers: ['example.com/hold'] })
    const reader = await world.watch(`${daemonSets}?watch=1&resourceVersion=${world.store.revision}`)
    const { json } = await ask(`DELETE ${daemonSets}/ds`)
    expect(json.metadata).toMatchObject({ deletionGracePeriodSeconds: 0, generation: 2 })
    expect((await ask(`DELETE ${daemonSets}/ds`)).json).toEqual(json)
    const released = await release(`${daemonSets}/ds`)
    expect([released.status, released.json.kind]).toEqual([200, 'DaemonSet'])
    expect((await get(`${daemonSets}/ds`)).code).toBe(404)
    expect(reader.told).toEqual(['MODIFIED ds', 'DELETED ds'])
  })

  const policies: [policy: string, finalizers: string[]][] = [
    ['Orphan', ['orphan']],
    ['Foreground', ['foregroundDeletion']],
  ]
  test.each(policies)('%s is noted as a finalizer', async (propagationPolicy, finalizers) => {
    await createDaemonSet()
    const { json } = await ask(`DELETE ${daemonSets}/ds`, { propagationPolicy })
    expect(json.metadata.finalizers).toEqual(finalizers)
    expect(json.metadata.deletionTimestamp).toBeDefined()
  })

  test('a graceful pod with a finalizer outlives neither alone', async () => {
    await createPod('p', { nodeName: 'n' }, { finalizers: ['example.com/hold'] })
    await ask(`DELETE ${pods}/p`)
    await ask(`DELETE ${pods}/p`, { gracePeriodSeconds: 0 })
    expect((await get(`${pods}/p`)).metadata.deletionGracePeriodSeconds).toBe(0)
    await release(`${pods}/p`)
    expect((await get(`${pods}/p`)).code).toBe(404)
  })

  test('a pod with time left keeps it, whatever its finalizers do', async () => {
    await createPod('p', { nodeName: 'n' }, { finalizers: ['example.com/hold'] })
    await ask(`DELETE ${pods}/p`)
    await release(`${pods}/p`)
    expect((await get(`${pods}/p`)).metadata.deletionGracePeriodSeconds).toBe(30)
  })
})

describe('W11.11 namespaces', () => {
  test('the cluster’s own stay', async () => {
    const { status, json } = await ask('DELETE /api/v1/namespaces/default')
    expect(status).toBe(403)
    expect(json.message).toBe('namespaces "default" is forbidden: this namespace may not be deleted')
  })

  test('Terminating, until /finalize lets go', async () => {
    await ask('POST /api/v1/namespaces', { metadata: { name: 'demo' } })
    const { json } = await ask('DELETE /api/v1/namespaces/demo')
    expect(json.status.phase).toBe('Terminating')
    expect(json.metadata.deletionTimestamp).toBeDefined()
    const again = await ask('DELETE /api/v1/namespaces/demo')
    expect(again.json.metadata.resourceVersion).toBe(json.metadata.resourceVersion)
    const kept = await ask('PUT /api/v1/namespaces/demo', { ...json, spec: {} })
    expect(kept.json.spec).toEqual({ finalizers: ['kubernetes'] })
    const { status } = await ask('PUT /api/v1/namespaces/demo/finalize', { ...kept.json, spec: {} })
    expect(status).toBe(200)
    expect((await ask('GET /api/v1/namespaces/demo')).status).toBe(404)
  })
})

test('W12.1 a kubelet that is behind cannot take back a deletion, nor the owner', async () => {
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'ds', uid: 'u' }]
  await createPod('p', { nodeName: 'n1' }, { ownerReferences })
  const { resourceVersion: _, ...metadata } = (await get(`${pods}/p`)).metadata
  await ask(`DELETE ${pods}/p`)
  const stale = { metadata: { ...metadata, ownerReferences: [], deletionTimestamp: '2020-01-01T00:00:00Z' } }
  const { status, json } = await ask(`PUT ${pods}/p/status`, { ...stale, spec: podSpec, status: { phase: 'Running' } })
  expect(status).toBe(200)
  expect(json.metadata).toMatchObject({ ownerReferences, deletionTimestamp: '2026-01-01T00:00:30Z' })
  expect(json.status).toEqual({ phase: 'Running', qosClass: 'BestEffort' })
})
