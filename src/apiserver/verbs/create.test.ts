import { describe, expect, test } from 'vitest'
import { admin, apiserverWorld } from '../../../test/world.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const pods = '/api/v1/namespaces/default/pods'
const daemonSets = '/apis/apps/v1/namespaces/default/daemonsets'
const podSpec = { containers: [{ name: 'main', image: 'nginx:1' }] }
const daemonSet = {
  metadata: { name: 'agent' },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    template: { metadata: { labels: { app: 'agent' } }, spec: podSpec },
  },
}

describe('W9.4 what the server decides', () => {
  test('metadata is the server’s, status is not taken, 201 with the whole object', async () => {
    const { ask } = await apiserverWorld()
    const { status, json } = await ask(`POST ${pods}`, {
      body: {
        metadata: {
          name: 'p',
          uid: 'mine',
          generation: 7,
          creationTimestamp: '2001-01-01T00:00:00Z',
          deletionTimestamp: '2001-01-01T00:00:00Z',
          managedFields: [{}],
        },
        spec: podSpec,
        status: { phase: 'Running' },
      },
    })
    expect(status).toBe(201)
    expect(json).toMatchObject({ kind: 'Pod', apiVersion: 'v1', status: { phase: 'Pending', qosClass: 'BestEffort' } })
    expect(json.metadata).toEqual({
      name: 'p',
      namespace: 'default',
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: expect.stringMatching(/^\d+$/),
      creationTimestamp: '2026-01-01T00:00:00Z',
      managedFields: [expect.objectContaining({ manager: 'test', operation: 'Update' })],
    })
  })

  test('generateName: five characters after the prefix, which is cut to 58', async () => {
    const { ask } = await apiserverWorld()
    const short = await ask(`POST ${configMaps}`, { body: { metadata: { generateName: 'c-' } } })
    expect(short.json.metadata.name).toMatch(/^c-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    const long = await ask(`POST ${configMaps}`, { body: { metadata: { generateName: 'x'.repeat(80) } } })
    expect(long.json.metadata.name).toHaveLength(63)
  })

  test('W12.2 a DaemonSet begins at generation 1, in both countings, with counters at zero', async () => {
    const { ask } = await apiserverWorld()
    const { json } = await ask(`POST ${daemonSets}`, { body: daemonSet })
    expect(json.metadata.generation).toBe(1)
    expect(json.metadata.annotations).toEqual({ 'deprecated.daemonset.template.generation': '1' })
    expect(json.status).toEqual({
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    })
  })

  test('W9.8 dryRun answers as if, and stores nothing', async () => {
    const { ask, store } = await apiserverWorld()
    const before = store.revision
    const { status, json } = await ask(`POST ${configMaps}?dryRun=All`, { body: { metadata: { name: 'c' } } })
    expect(status).toBe(201)
    expect(json.metadata.uid).toBeDefined()
    expect(json.metadata.resourceVersion).toBeUndefined()
    expect(store.revision).toBe(before)
    expect((await ask(`GET ${configMaps}/c`)).status).toBe(404)
  })

  test('W11.12 a namespace: label, finalizer, phase', async () => {
    const { ask } = await apiserverWorld()
    const { json } = await ask('POST /api/v1/namespaces', { body: { metadata: { name: 'demo' } } })
    expect(json.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'demo' })
    expect(json.spec).toEqual({ finalizers: ['kubernetes'] })
    expect(json.status).toEqual({ phase: 'Active' })
  })

  test('W14.4 a node keeps its status and is tainted until it is ready', async () => {
    const { ask } = await apiserverWorld()
    const body = { metadata: { name: 'n1' }, status: { capacity: { cpu: '2' } } }
    const { json } = await ask('POST /api/v1/nodes', { body })
    expect(json.status.capacity).toEqual({ cpu: '2' })
    expect(json.spec.taints).toEqual([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }])
  })

  test('W14.2 admission completes a pod', async () => {
    const { ask } = await apiserverWorld()
    const critical = { ...podSpec, priorityClassName: 'system-node-critical' }
    const { json } = await ask(`POST ${pods}`, { body: { metadata: { name: 'p' }, spec: critical } })
    expect(json.spec).toMatchObject({ serviceAccountName: 'default', serviceAccount: 'default', priority: 2000001000 })
    expect(json.spec.tolerations).toEqual([
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ])
    const daemon = { ...podSpec, tolerations: [{ operator: 'Exists' }] }
    const tolerant = await ask(`POST ${pods}`, { body: { metadata: { name: 'q' }, spec: daemon } })
    expect(tolerant.json.spec.tolerations).toEqual([{ operator: 'Exists' }])
  })

  test('W14.4 a service gets an address nobody has', async () => {
    const { ask } = await apiserverWorld()
    const create = async (name: string, spec: object) =>
      (await ask('POST /api/v1/namespaces/default/services', { body: { metadata: { name }, spec } })).json.spec
    const ports = [{ port: 80 }]
    expect((await create('a', { ports })).clusterIP).toBe('10.96.0.2')
    expect((await create('b', { ports })).clusterIPs).toEqual(['10.96.0.3'])
    expect((await create('c', { ports, clusterIP: 'None' })).clusterIP).toBe('None')
  })
})

describe('W6.3 refusals', () => {
  const table: [name: string, line: string, body: object | string, code: number, message: string][] = [
    [
      'no such namespace',
      'POST /api/v1/namespaces/nope/configmaps',
      { metadata: { name: 'c' } },
      404,
      'namespaces "nope" not found',
    ],
    ['it exists', `POST ${configMaps}`, { metadata: { name: 'there' } }, 409, 'configmaps "there" already exists'],
    [
      'no name at all',
      `POST ${configMaps}`,
      { metadata: {} },
      422,
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
    [
      'another namespace in the body',
      `POST ${configMaps}`,
      { metadata: { name: 'c', namespace: 'other' } },
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'a resourceVersion',
      `POST ${configMaps}`,
      { metadata: { name: 'c', resourceVersion: '4' } },
      500,
      'resourceVersion should not be set on objects to be created',
    ],
    [
      'W9.1 unknown field, Strict',
      `POST ${configMaps}?fieldValidation=Strict`,
      { metadata: { name: 'c' }, spec: { bogus: 1 } },
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "spec"',
    ],
    [
      'W9.8 dryRun of another word',
      `POST ${configMaps}?dryRun=Some`,
      { metadata: { name: 'c' } },
      422,
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
    ],
    [
      'unknown priority class',
      `POST ${pods}`,
      { metadata: { name: 'p' }, spec: { ...podSpec, priorityClassName: 'gold' } },
      403,
      'pods "p" is forbidden: no PriorityClass with name gold was found',
    ],
  ]

  test.each(table)('%s', async (_name, line, body, code, message) => {
    const { ask } = await apiserverWorld()
    await ask(`POST ${configMaps}`, { body: { metadata: { name: 'there' } } })
    const { status, json } = await ask(line, { body })
    expect(json).toMatchObject({ kind: 'Status', status: 'Failure', message, code })
    expect(status).toBe(code)
  })

  test('W1.4 a media type nobody reads: 415; too large: 413', async () => {
    const { ask } = await apiserverWorld()
    expect((await ask(`POST ${configMaps}`, { type: 'text/plain', body: 'x' })).status).toBe(415)
    const body = { metadata: { name: 'c' }, data: { a: 'x'.repeat(3 * 1024 * 1024) } }
    expect((await ask(`POST ${configMaps}`, { body })).status).toBe(413)
  })

  test('a terminating namespace takes nothing new', async () => {
    const { ask } = await apiserverWorld()
    await ask('POST /api/v1/namespaces', { body: { metadata: { name: 'stuck' } } })
    await ask('DELETE /api/v1/namespaces/stuck')
    const { json } = await ask('POST /api/v1/namespaces/stuck/configmaps', { body: { metadata: { name: 'x' } } })
    expect(json.message).toBe(
      'configmaps "x" is forbidden: unable to create new content in namespace stuck because it is being terminated',
    )
    expect(json.details.causes[0]).toMatchObject({ reason: 'NamespaceTerminating', field: 'metadata.namespace' })
  })
})

test('W9.1 Warn is the default: dropped, and told', async () => {
  const { ask } = await apiserverWorld()
  const { json, headers } = await ask(`POST ${configMaps}`, { body: { metadata: { name: 'c' }, bogus: 'x' } })
  expect(json.bogus).toBeUndefined()
  expect(headers.warning).toBe('299 - "unknown field \\"bogus\\""')
  const silent = await ask(`POST ${configMaps}?fieldValidation=Ignore`, { body: { metadata: { name: 'd' }, bogus: 1 } })
  expect(silent.headers.warning).toBeUndefined()
})

test('W1.4 YAML bodies, and YAML answers', async () => {
  const { ask } = await apiserverWorld()
  const body = 'metadata:\n  name: c\ndata:\n  a: "1"\n'
  const created = await ask(`POST ${configMaps}`, { type: 'application/yaml', body, accept: 'application/yaml' })
  expect(created.status).toBe(201)
  expect(created.headers['content-type']).toBe('application/yaml')
  expect(created.text).toContain('data:\n  a: "1"\n')
  const twice = await ask(`POST ${configMaps}?fieldValidation=Strict`, {
    type: 'application/yaml',
    body: `${body}data:\n  b: c\n`,
  })
  expect(twice.status).toBe(400)
  expect(twice.json.message).toContain('key "data" already set in map')
})

test('X1 W5.5 a body in protobuf, answered in JSON', async () => {
  const { ask } = await apiserverWorld()
  const body = Buffer.from('azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhwKFAoEZGVtbxIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA==', 'base64')
  const type = 'application/vnd.kubernetes.protobuf'
  const accept = `${type},application/json`
  const { status, json } = await ask('POST /api/v1/namespaces?fieldValidation=Strict', { body, type, accept })
  expect(status).toBe(201)
  expect(json).toMatchObject({ kind: 'Namespace', metadata: { name: 'demo' }, status: { phase: 'Active' } })
  expect((await ask('POST /api/v1/namespaces', { body: 'nonsense', type })).status).toBe(400)
})

test('YAML that grows without end is refused', async () => {
  const { ask, errors } = await apiserverWorld()
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 10; i++) {
    const [name, before] = [String.fromCharCode(97 + i), String.fromCharCode(96 + i)]
    lines.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(', ')}]`)
  }
  const body = `metadata: {name: c}\n${lines.join('\n')}\n`
  const { status } = await ask(`POST ${configMaps}`, { type: 'application/yaml', body })
  expect(status).toBe(400)
  expect(errors).toEqual([])
})

test('W5.3 a stranger is told so, whatever was asked for', async () => {
  const { ask } = await apiserverWorld()
  const refused = await ask(`GET ${configMaps}`, { user: undefined })
  expect(refused.json).toMatchObject({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' })
  expect((await ask('GET /livez', { user: undefined })).text).toBe('ok')
  const nobody = { ...admin, groups: ['system:authenticated'] }
  expect((await ask(`GET ${configMaps}`, { user: nobody })).json.message).toBe(
    'configmaps is forbidden: User "admin" cannot list resource "configmaps" in API group "" in the namespace "default"',
  )
})
