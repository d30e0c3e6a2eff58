import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { type Asked, apiserverWorld, type World } from '../../../test/world.ts'
import { silentLog } from '../../base/log.ts'
import type { AuditEvent } from './audit.ts'
import { openAuditLog } from './audit-log.ts'

const anna = { name: 'anna', groups: ['system:authenticated'] }

const told: AuditEvent[] = []
let world: World
beforeEach(async () => {
  told.length = 0
  world = await apiserverWorld({ audit: (event) => told.push(event) })
})

/** `verb resource: code decision (stage)`. */
const lines = () =>
  told.map(({ verb, objectRef, requestURI, responseStatus, annotations, stage, user }) => {
    const { namespace = '', name = '', resource, subresource } = objectRef ?? {}
    const what =
      objectRef === undefined ? requestURI : [resource, namespace, name, subresource].filter(Boolean).join('/')
    const decision = annotations?.['authorization.k8s.io/decision'] ?? '-'
    return `${user.username} ${verb} ${what}: ${responseStatus.code} ${decision}${stage === 'ResponseStarted' ? ' …' : ''}`
  })

test('B7 who, verb, object, decision', async () => {
  await world.ask('POST /api/v1/namespaces/default/configmaps', { body: { metadata: { name: 'c' } } })
  await world.ask('GET /api/v1/namespaces/default/secrets/s', { user: anna })
  await world.ask('GET /api/v1/nodes', { user: undefined })
  await world.ask('GET /apis', { user: anna })
  await world.ask('GET /api/v1/namespaces', { headers: { 'impersonate-user': 'bob' } })
  await world.ask('GET /api/v1/nodes', { user: anna, headers: { 'impersonate-user': 'bob' } })
  const watch = await world.watch('/api/v1/pods?watch=1')
  watch.stop()
  expect(lines()).toEqual([
    'admin create configmaps/default: 201 allow',
    'anna get secrets/default/s: 403 forbid',
    'system:anonymous list nodes: 401 forbid',
    'anna get /apis: 200 allow',
    'admin list namespaces: 403 forbid',
    'anna list nodes: 403 forbid',
    'admin watch pods: 200 allow …',
    'admin watch pods: 200 allow',
  ])
  expect(told[4]!.impersonatedUser).toEqual({ username: 'bob', groups: ['system:authenticated'] })
  expect(told[3]!.annotations!['authorization.k8s.io/reason']).toBe(
    'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
  )
})

test('B7 W12.5 an exec is told of when it begins and when it ends, once', async () => {
  const session = { kind: 'ports', ports: [], connect: async () => undefined, over: async () => {} } as const
  const audited = await apiserverWorld({
    audit: (event) => told.push(event),
    kubelets: () => async () => ({
      status: 101,
      headers: {},
      body: { kind: 'bytes', bytes: new Uint8Array() },
      upgrade: { session, ended() {} },
    }),
  })
  const pods = '/api/v1/namespaces/default/pods'
  const body = { metadata: { name: 'p' }, spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'a' }] } }
  await audited.ask(`POST ${pods}`, { body })
  told.length = 0
  const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' }
  const line = `POST ${pods}/p/exec?stdout=true&command=ls`
  const answer = await audited.send(line, { headers })
  expect([lines(), answer.headers['audit-id']]).toEqual([
    ['admin create pods/default/p/exec: 101 allow …'],
    told[0]!.auditID,
  ])
  answer.upgrade!.ended()
  await audited.send(line, { headers, user: anna })
  expect(lines().slice(1)).toEqual([
    'admin create pods/default/p/exec: 101 allow',
    'anna create pods/default/p/exec: 403 forbid',
  ])
})

test('one whole event, and its id in the answer', async () => {
  const { headers } = await world.ask('GET /api/v1/namespaces/default/pods/p?pretty=false')
  expect(told).toEqual([
    {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: headers['audit-id'],
      stage: 'ResponseComplete',
      requestURI: '/api/v1/namespaces/default/pods/p?pretty=false',
      verb: 'get',
      user: { username: 'admin', groups: ['system:masters', 'system:authenticated'] },
      userAgent: 'test/1',
      objectRef: { resource: 'pods', namespace: 'default', name: 'p', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 404 },
      requestReceivedTimestamp: expect.stringMatching(/^\d{4}-.*\.\d{6}Z$/),
      stageTimestamp: expect.stringMatching(/Z$/),
      annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    },
  ])
})

test('heartbeats and probes are left out', async () => {
  const node = { name: 'system:node:a', groups: ['system:nodes', 'system:authenticated'] }
  await world.ask('GET /livez')
  await world.ask('GET /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a', { user: node })
  expect(told).toEqual([])
})

test('B7 nothing of a secret, a token or a value is ever told', async () => {
  const canary = 'canary-4711'
  const secret = (name: string, more: object = {}) => ({
    metadata: { name },
    stringData: { password: canary },
    data: { key: Buffer.from(canary).toString('base64') },
    ...more,
  })
  const asked: [line: string, asked: Asked][] = [
    ['POST /api/v1/namespaces/default/secrets', { body: secret('s') }],
    ['POST /api/v1/namespaces/default/secrets', { body: secret('bad', { type: canary, immutable: canary }) }],
    [
      'PATCH /api/v1/namespaces/default/secrets/s',
      { body: { data: { key: canary } }, type: 'application/merge-patch+json' },
    ],
    ['GET /api/v1/namespaces/default/secrets/s', {}],
    ['GET /api/v1/namespaces/default/secrets/s', { headers: { authorization: `Bearer ${canary}`, cookie: canary } }],
    ['POST /apis/authentication.k8s.io/v1/tokenreviews', { body: { spec: { token: canary } } }],
    ['POST /api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'app' } } }],
    ['POST /api/v1/namespaces/default/configmaps', { body: { metadata: { name: 'c' }, data: { 'a b': canary } } }],
  ]
  for (const [line, more] of asked) await world.ask(line, more)
  const { json } = await world.ask('POST /api/v1/namespaces/default/serviceaccounts/app/token', { body: { spec: {} } })
  expect(told.length).toBe(asked.length + 1)
  const text = JSON.stringify(told)
  expect(text).not.toContain(canary)
  expect(text).not.toContain(Buffer.from(canary).toString('base64'))
  expect(text).not.toContain(json.status.token.split('.')[2])
})

test('the file is turned over when it is full, and readable by its owner only', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'everynode-audit-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const path = join(directory, 'audit.log')
  const limits = { fileBytes: 2000, files: 3 }
  const log = await openAuditLog({ path, log: silentLog, limits })
  await world.ask('GET /apis')
  const [event] = told
  for (let i = 0; i < 40; i++) {
    log.tell(event!)
    // A write at a time, so that each has a chance to turn the file over.
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await log.close()
  expect((await readdir(directory)).sort()).toEqual(['audit.log', 'audit.log.1', 'audit.log.2'])
  for (const name of await readdir(directory)) {
    const file = join(directory, name)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    for (const line of (await readFile(file, 'utf8')).trim().split('\n')) expect(JSON.parse(line)).toEqual(event)
  }
})

test('what it cannot keep up with is counted and told', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'everynode-audit-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const warnings: unknown[] = []
  const log = { ...silentLog, warn: (event: string, fields?: object) => warnings.push([event, fields]) }
  const audit = await openAuditLog({ path: join(directory, 'a'), log, limits: { pendingBytes: 1000 } })
  await world.ask('GET /apis')
  for (let i = 0; i < 10; i++) audit.tell(told[0]!)
  await audit.close()
  const kept = (await readFile(join(directory, 'a'), 'utf8')).trim().split('\n').length
  expect(warnings).toEqual([
    ['audit log: too slow, events were left out', { path: join(directory, 'a'), events: 10 - kept }],
  ])
})
