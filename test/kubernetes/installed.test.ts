// What deploy/ installs, on a real API server: its objects are taken without a word, its role is enough for the work, and
// the one verb that our own server never asks for (daemonsets/finalizers) is asked for there.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { ClusterRole } from '../../src/api/rbac.ts'
import { clusterRoles, resourceOfKind } from '../../src/api/resources.ts'
import type { ApiObject } from '../../src/api/types.ts'
import { assets, needsAssets } from './assets.ts'
import { openPlane, type Plane } from './planes.ts'
import { eventually, Stage } from './stage.ts'

let plane: Plane
let installed: string

beforeAll(async () => {
  if (assets === undefined) return
  plane = openPlane('everynode')
  for (const name of ['service-account', 'cluster-role', 'lease-role']) {
    for (const object of documents(`deploy/rbac/${name}.yaml`)) {
      await plane.client.create(resourceOfKind(object.apiVersion!, object.kind!)!, object, {
        fieldValidation: 'Strict',
      })
    }
  }
  const { text } = await plane.client.raw({
    method: 'POST',
    path: '/api/v1/namespaces/kube-system/serviceaccounts/everynode-controller/token',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }),
  })
  const home = dirname(plane.kubeconfig)
  writeFileSync(join(home, 'token'), JSON.parse(text).status.token, { mode: 0o600 })
  installed = join(home, 'installed')
  const admin = readFileSync(plane.kubeconfig, 'utf8')
  writeFileSync(installed, admin.replace(/client-certificate-data:.*\n\s*client-key-data:.*/, 'tokenFile: token'))
}, 120_000)
afterAll(() => plane?.close())
beforeEach(needsAssets)

function documents(path: string): ApiObject[] {
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS())
}

test('the deployment is one: no field is unknown, none is refused', async () => {
  const { status, text, headers } = await plane.client.raw({
    method: 'POST',
    path: '/apis/apps/v1/namespaces/kube-system/deployments',
    query: { dryRun: 'All', fieldValidation: 'Strict' },
    headers: { 'content-type': 'application/yaml' },
    body: readFileSync('deploy/deployment.yaml', 'utf8'),
  })
  expect(`${status} ${status === 201 ? '' : text}`).toBe('201 ')
  expect(headers.warning).toBeUndefined()
})

test('with the role alone: a rollout, a history, a lease; nothing is forbidden', { timeout: 120_000 }, async () => {
  const controller = await plane.startController('everynode', [], installed)
  const stage = new Stage(plane.client, 'installed')
  await stage.open()
  try {
    await stage.addNodes('n1 n2')
    await stage.create({ revisionHistoryLimit: 0 })
    await stage.settle()
    await stage.setImage('logger:2')
    await eventually(async () => (await stage.pods()).every(({ spec }) => spec.containers[0]?.image === 'logger:2'))
    await stage.settle()
    expect(await stage.revisions()).toHaveLength(1)
    expect(controller.said()).not.toMatch(/forbidden/)
  } finally {
    await stage.close()
    await controller.stop()
  }
})

test('without daemonsets/finalizers it says so and ends', {
  timeout: 120_000,
}, async () => {
  const role = documents('deploy/rbac/cluster-role.yaml')[0] as unknown as ClusterRole
  const rules = role.rules?.filter(({ resources }) => !resources?.includes('daemonsets/finalizers'))
  await plane.client.patch(clusterRoles, { name: 'everynode-controller' }, { type: 'merge', body: { rules } })
  await eventually(async () => /do not allow to update daemonsets.apps\/finalizers; /.test(refusalOf(installed)))
})

/** What `everynode controller` ends with. */
function refusalOf(kubeconfig: string): string {
  try {
    const flags = ['controller', `--kubeconfig=${kubeconfig}`, '--listen=127.0.0.1:0', '--no-leader-elect']
    execFileSync(process.execPath, ['bin/everynode.js', ...flags], { stdio: 'pipe', timeout: 5_000 })
    return ''
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr)
  }
}
