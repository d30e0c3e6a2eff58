// The API server against the real one: the exchanges of test/exchanges with both, and every difference is a row of the
// table in docs/COMPATIBILITY.md.
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { httpSend } from '../../src/client/http.ts'
import { connectionOf, readKubeconfig } from '../../src/client/kubeconfig.ts'
import { type StartedApiserver, startApiserver } from './apiserver.ts'
import { assets, needsAssets } from './assets.ts'
import { type Difference, differencesIn } from './same-requests.ts'

const files = readdirSync(new URL('../exchanges', import.meta.url)).filter((file) => file.endsWith('.txt'))
const page = readFileSync(new URL('../../docs/COMPATIBILITY.md', import.meta.url), 'utf8')
const known = [...page.matchAll(/^\| `([^`]+)` \| `([^`]+)` \| /gm)].map(([, request = '', field = '']) => ({
  row: `${request} ${field}`,
  request: pattern(request),
  field: pattern(field),
}))
const met = new Set<string>()
let requests = 0

let server: StartedApiserver | undefined
let http: ReturnType<typeof httpSend> | undefined
beforeAll(async () => {
  if (assets === undefined) return
  server = await startApiserver()
  http = httpSend(connectionOf(readKubeconfig(readFileSync(server.kubeconfig, 'utf8'))))
})
afterAll(async () => {
  await http?.close()
  await server?.stop()
})
beforeEach(needsAssets)

test.each(files)('%s: what differs is in the table', { timeout: 120_000 }, async (file) => {
  await emptied()
  const compared = await differencesIn(file, http!.send)
  requests += compared.requests
  expect(compared.differences.filter((difference) => !isKnown(difference))).toEqual([])
})

test('every row of the table was met', () => {
  expect(known.map(({ row }) => row).filter((row) => !met.has(row))).toEqual([])
  expect(known.length).toBeGreaterThan(0)
  expect(requests).toBeGreaterThan(220)
})

function isKnown(difference: Difference): boolean {
  const rows = known.filter(({ request, field }) => request.test(difference.request) && field.test(difference.field))
  for (const { row } of rows) met.add(row)
  return rows.length > 0
}

/** `*`: anything. */
function pattern(glob: string): RegExp {
  const parts = glob.split('*').map((part) => part.replace(/[.[\]\\/]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}

const left = [
  'api/v1 configmaps',
  'api/v1 pods',
  'api/v1 events',
  'apis/apps/v1 daemonsets',
  'apis/apps/v1 controllerrevisions',
]

/** As a file finds its own server: nothing is there but what a controller makes, the account of the namespace. */
async function emptied(): Promise<void> {
  for (const [group, plural] of left.map((text) => text.split(' '))) {
    const path = `/${group}/namespaces/default/${plural}`
    const { items } = JSON.parse(await asked('GET', path)) as { items: { metadata: { name: string } }[] }
    for (const { metadata } of items) {
      await asked('PATCH', `${path}/${metadata.name}`, { metadata: { finalizers: null } })
      await asked('DELETE', `${path}/${metadata.name}`, { gracePeriodSeconds: 0, propagationPolicy: 'Background' })
    }
  }
  await asked('DELETE', '/api/v1/nodes')
  await asked('DELETE', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases')
  await asked('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
}

async function asked(method: string, path: string, body?: object): Promise<string> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': type } }
  return (await server!.client.raw({ method, path, ...sent })).text
}
