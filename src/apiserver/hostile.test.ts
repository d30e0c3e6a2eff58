// Whatever comes in, an answer goes out, and it is never 500: bodies that lack what every sane one has, and bodies made
// of anything.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apiserverWorld } from '../../test/world.ts'
import { type Resource, resources } from '../api/resources.ts'

function pathOf({ group, version, namespaced, plural }: Resource): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  return `${root}${namespaced ? '/namespaces/default' : ''}/${plural}`
}

const meagre: object[] = [
  {},
  { metadata: { name: 'x' } },
  { metadata: { name: 'x' }, spec: {} },
  { metadata: { name: 'x' }, spec: {}, status: {} },
  { metadata: { name: 'x', annotations: {}, labels: {}, ownerReferences: [{}] }, spec: { template: {} }, data: {} },
  { metadata: { name: 'x' }, spec: { containers: [{}], template: { spec: {} }, selector: {} }, target: {} },
  { metadata: null, spec: null, status: null },
]

const patchTypes = ['json-patch', 'merge-patch', 'strategic-merge-patch'].map((type) => `application/${type}+json`)
const rows = resources.map((resource) => [`${resource.group}/${resource.plural}`, resource] as const)

test.each(rows)('%s: meagre bodies, through every door', async (_name, resource) => {
  const world = await apiserverWorld()
  const path = pathOf(resource)
  const seen: string[] = []
  const knock = async (line: string, body: object, type?: string) => {
    const { status, text } = await world.ask(line, { body, ...(type === undefined ? {} : { type }) })
    if (status >= 500) seen.push(`${line} ${JSON.stringify(body)}: ${text}`)
  }
  for (const body of meagre) {
    await knock(`POST ${path}`, body)
    await knock(`PUT ${path}/x`, body)
    for (const type of patchTypes) await knock(`PATCH ${path}/x`, type.includes('json-patch') ? [body] : body, type)
    for (const { name } of resource.subresources) {
      await knock(`POST ${path}/x/${name}`, body)
      await knock(`PUT ${path}/x/${name}`, body)
      await knock(`PATCH ${path}/x/${name}`, body, patchTypes[1])
      await knock(`GET ${path}/x/${name}`, {})
    }
    for (const accept of ['application/json', 'application/yaml', 'application/json;as=Table;v=v1;g=meta.k8s.io']) {
      expect((await world.ask(`GET ${path}`, { accept })).status).not.toBe(500)
    }
    await knock(`DELETE ${path}/x`, {})
  }
  expect(seen).toEqual([])
  expect(world.errors).toEqual([])
})

test('anything at all as a body', async () => {
  const world = await apiserverWorld()
  const keys = fc.constantFrom(
    'metadata',
    'name',
    'spec',
    'template',
    'containers',
    'status',
    'data',
    '__proto__',
    'kind',
  )
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, 0, -1, 1e300, '', 'x', 'ConfigMap'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
    ),
  }))
  const bodies = fc.oneof(
    value.map((one) => JSON.stringify(one)),
    fc.string(),
    fc.uint8Array(),
  )
  const types = fc.constantFrom(
    undefined,
    'application/json',
    'application/yaml',
    'application/vnd.kubernetes.protobuf',
    ...patchTypes,
  )
  const lines = fc.constantFrom(
    'POST /api/v1/namespaces/default/pods',
    'POST /apis/apps/v1/namespaces/default/daemonsets',
    'PUT /api/v1/namespaces/default',
    'PATCH /api/v1/namespaces/default',
    'DELETE /api/v1/namespaces/default/pods/x',
    'POST /api/v1/namespaces/default/pods/x/eviction',
    'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  )
  await fc.assert(
    fc.asyncProperty(lines, bodies, types, async (line, body, type) => {
      const { status, text } = await world.ask(line, { body, ...(type === undefined ? {} : { type }) })
      expect(status, text).toBeLessThan(500)
    }),
    { numRuns: 1000 },
  )
  expect(world.errors).toEqual([])
})

test('anything at all as a query', async () => {
  const world = await apiserverWorld()
  const names = fc.constantFrom(
    'watch',
    'limit',
    'continue',
    'resourceVersion',
    'resourceVersionMatch',
    'labelSelector',
  )
  const more = fc.constantFrom(
    'fieldSelector',
    'sendInitialEvents',
    'timeoutSeconds',
    'dryRun',
    'fieldManager',
    'pretty',
  )
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('0', '1', '-1', 'true', 'Exact', 'NotOlderThan', 'a=b', '1e9', 'e30'),
  )
  const query = fc.dictionary(fc.oneof(names, more), value, { maxKeys: 4 })
  await fc.assert(
    fc.asyncProperty(query, fc.constantFrom('GET', 'POST', 'DELETE'), async (pairs, method) => {
      if (Number(pairs.resourceVersion ?? '0') > world.store.revision) return
      const line = `${method} /api/v1/namespaces/default/configmaps?${new URLSearchParams(pairs)}`
      const response = await world.send(line, { body: method === 'POST' ? { metadata: { generateName: 'c-' } } : '' })
      if (response.body.kind === 'stream') {
        response.body.start({ write: () => true, drained: async () => {}, end() {}, destroy() {} })()
      }
      expect(response.status).toBeLessThan(500)
    }),
    { numRuns: 500 },
  )
  expect(world.errors).toEqual([])
})
