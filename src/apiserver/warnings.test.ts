import { beforeEach, expect, test } from 'vitest'
import { apiserverWorld, type World } from '../../test/world.ts'

let world: World
beforeEach(async () => {
  world = await apiserverWorld()
})

const sets = '/apis/apps/v1/namespaces/default/daemonsets'
const hidden = 'env[1]: hides previous definition of \\"A\\", which may be dropped when using apply'
const warning = `299 - "spec.template.spec.containers[0].${hidden}"`
const env = ['1', '2'].map((value) => ({ name: 'A', value }))
const template = (image: string) => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'main', image, env }] },
})
const daemonSet = (image = 'i:1') => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'd' },
  spec: { selector: { matchLabels: { app: 'a' } }, template: template(image) },
})

test('R1.11 W1.11 a doubtful template is told when it is new, and not again while it stays', async () => {
  const told = async (line: string, asked: object) => {
    const { status, headers } = await world.ask(line, asked)
    expect(status).toBeLessThan(300)
    return headers.warning
  }
  expect(await told(`POST ${sets}?dryRun=All`, { body: daemonSet() })).toBe(warning)
  expect(await told(`POST ${sets}`, { body: daemonSet() })).toBe(warning)
  const merge = 'application/merge-patch+json'
  expect(await told(`PATCH ${sets}/d`, { type: merge, body: { metadata: { labels: { x: 'y' } } } })).toBeUndefined()
  expect(await told(`PATCH ${sets}/d`, { type: merge, body: { spec: { minReadySeconds: 1 } } })).toBeUndefined()
  const relabelled = { spec: { template: { metadata: { labels: { x: 'y' } } } } }
  expect(await told(`PATCH ${sets}/d`, { type: merge, body: relabelled })).toBe(warning)
  expect(await told(`PUT ${sets}/d`, { body: daemonSet('i:2') })).toBe(warning)
  expect(await told(`PUT ${sets}/d`, { body: daemonSet('i:2') })).toBeUndefined()
  const status = { ...daemonSet('i:3'), status: { numberReady: 1 } }
  expect(await told(`PUT ${sets}/d/status`, { body: status })).toBeUndefined()
})

test('R1.11 a refused one is only refused; the other group and apply tell as well, beside what else there is to tell', async () => {
  const refused = await world.ask(`POST ${sets}`, { body: { ...daemonSet(), metadata: { name: 'Not_A_Name' } } })
  expect([refused.status, refused.headers.warning]).toEqual([422, undefined])
  const old = { ...daemonSet(), apiVersion: 'extensions/v1beta1', speck: 1 }
  const answered = await world.ask(`POST ${sets.replace('apps/v1', 'extensions/v1beta1')}`, { body: old })
  expect(answered.headers.warning).toBe(`299 - "unknown field \\"speck\\"", ${warning}`)
  const applied = await world.ask(`PATCH ${sets}/e?fieldManager=m`, {
    type: 'application/apply-patch+yaml',
    body: {
      ...daemonSet(),
      metadata: { name: 'e' },
      spec: {
        ...daemonSet().spec,
        template: {
          ...template('i'),
          spec: { containers: [{ name: 'main', image: 'i' }], terminationGracePeriodSeconds: -1 },
        },
      },
    },
  })
  expect([applied.status, applied.headers.warning]).toEqual([
    201,
    '299 - "spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"',
  ])
})

test('R1.11 a pod is told of when it is made', async () => {
  const pod = { metadata: { name: 'a.b' }, spec: { containers: [{ name: 'main', image: 'i', env }] } }
  const { headers } = await world.ask('POST /api/v1/namespaces/default/pods', { body: pod })
  expect(headers.warning).toMatch(
    /^299 - "metadata\.name: this is used in the Pod's hostname.*", 299 - "spec\.containers/,
  )
  const path = '/api/v1/namespaces/default/pods/a.b'
  const changed = await world.ask(`PATCH ${path}`, {
    type: 'application/merge-patch+json',
    body: { metadata: { labels: { x: 'y' } } },
  })
  expect([changed.status, changed.headers.warning]).toEqual([200, undefined])
})

test('R1.11 more than fits into a header: the first ones', async () => {
  const many = Array.from({ length: 200 }, () => ({ name: 'A', value: 'a' }))
  const spec = { containers: [{ name: 'main', image: 'i', env: many }] }
  const body = { ...daemonSet(), spec: { ...daemonSet().spec, template: { ...template('i'), spec } } }
  const { status, headers } = await world.ask(`POST ${sets}`, { body })
  expect(status).toBe(201)
  const length = headers.warning?.length ?? 0
  expect(length).toBeGreaterThan(3_000)
  expect(length).toBeLessThan(5_000)
})
