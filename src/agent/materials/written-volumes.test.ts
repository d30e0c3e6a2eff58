import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { nodeUser, pass } from '../../../test/agent-world.ts'
import { apiserverWorld, type World } from '../../../test/world.ts'
import { configMaps, nodes, pods, secrets } from '../../api/resources.ts'
import type { ApiObject, ConfigMap, Node, Pod } from '../../api/types.ts'
import { silentLog } from '../../base/log.ts'
import { seededRandom } from '../../base/random.ts'
import type { PodMaterials } from '../materials.ts'
import { createMaterials } from './materials.ts'

let top: string
let world: World
let materials: PodMaterials
let failing: boolean
let server: { host: string; port: number } | undefined

const namespace = 'default'

function begin(): PodMaterials {
  const client = world.as(nodeUser('n1'))
  return createMaterials({
    place: { nodeName: 'n1', root: join(top, 'root'), state: join(top, 'state'), podLogs: join(top, 'logs') },
    client: { ...client, create: (...args) => (failing ? Promise.reject(new Error('away')) : client.create(...args)) },
    clock: world.clock,
    random: seededRandom(5),
    log: silentLog,
    allocatable: () => ({ cpu: '4', memory: '8Gi' }),
    apiServer: () => server,
  })
}

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'everynode-volumes-'))
  world = await apiserverWorld()
  failing = false
  server = undefined
  await world.client.create<Node>(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } })
  materials = begin()
  return async () => {
    for (const uid of await materials.leftovers()) await materials.tearDownUid(uid)
    await materials.close()
    world.server.close()
    await rm(top, { recursive: true, force: true })
  }
})

async function addPod(volumes: readonly object[], spec: object = {}): Promise<Pod> {
  return world.client.create<Pod>(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace, labels: { app: 'logger' } },
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'main', image: 'app:1', resources: { limits: { memory: '64Mi' } } }],
      volumes: volumes as Pod['spec']['volumes'] & object,
      ...spec,
    },
  })
}

const add = (resource: typeof configMaps, name: string, data: Record<string, string>, more: object = {}) =>
  world.client.create<ApiObject>(resource, { metadata: { name, namespace }, data, ...more } as ApiObject)

const change = (resource: typeof configMaps, name: string, body: object) =>
  world.client.patch<ConfigMap>(resource, { namespace, name }, { type: 'merge', body })

const directoryOf = (pod: Pod, plugin: string, volume: string) =>
  join(top, 'state/pods', pod.metadata.uid!, 'volumes', `kubernetes.io~${plugin}`, volume)

/** `name: content`, modes where they are not 644. */
async function filesIn(directory: string): Promise<string[]> {
  const found: string[] = []
  const data = join(directory, '..data')
  for (const path of await readdir(data, { recursive: true })) {
    const { mode } = await stat(join(data, path))
    if ((mode & 0o170000) === 0o040000) continue
    const bits = mode & 0o777
    found.push(`${path}${bits === 0o644 ? '' : ` ${bits.toString(8)}`}: ${await readFile(join(data, path), 'utf8')}`)
  }
  return found.sort()
}

test('config maps, secrets and fields of the pod become files, with paths and modes as asked', async () => {
  await add(configMaps, 'settings', { 'a.conf': 'one', 'b.conf': 'two' }, { binaryData: { bytes: 'aGk=' } })
  await add(secrets, 'login', { key: Buffer.from('s3cret').toString('base64') })
  const items = [{ key: 'b.conf', path: 'etc/b', mode: 0o600 }]
  const pod = await addPod([
    { name: 'all', configMap: { name: 'settings' } },
    { name: 'some', configMap: { name: 'settings', items, defaultMode: 0o640 } },
    { name: 'keys', secret: { secretName: 'login', defaultMode: 0o400 } },
    { name: 'none', configMap: { name: 'nothing', optional: true } },
    {
      name: 'me',
      downwardAPI: {
        items: [
          { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
          { path: 'memory', resourceFieldRef: { containerName: 'main', resource: 'limits.memory', divisor: '1Mi' } },
          { path: 'cpu', mode: 0o444, resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' } },
        ],
      },
    },
  ])
  await materials.setUp(pod)
  expect(await filesIn(directoryOf(pod, 'configmap', 'all'))).toEqual(['a.conf: one', 'b.conf: two', 'bytes: hi'])
  expect(await filesIn(directoryOf(pod, 'configmap', 'some'))).toEqual(['etc/b 600: two'])
  expect(await filesIn(directoryOf(pod, 'secret', 'keys'))).toEqual(['key 400: s3cret'])
  expect(await filesIn(directoryOf(pod, 'configmap', 'none'))).toEqual([])
  expect(await filesIn(directoryOf(pod, 'downward-api', 'me'))).toEqual([
    'cpu 444: 4',
    'labels: app="logger"',
    'memory: 64',
  ])
})

test.each([
  [{ configMap: { name: 'none' } }, 'configmap "none" not found'],
  [{ secret: { secretName: 'none' } }, 'secret "none" not found'],
  [
    { configMap: { name: 'there', items: [{ key: 'k', path: 'k' }] } },
    'configmap references non-existent config key: k',
  ],
  [{ projected: { sources: [{ secret: { name: 'none' } }] } }, 'secret "none" not found'],
  [
    { projected: { sources: [{ clusterTrustBundle: { name: 'x', path: 'ca' } }] } },
    'no such projected source on this node: clusterTrustBundle',
  ],
])('what cannot be had refuses the pod: %j', async (volume, why) => {
  await add(configMaps, 'there', {})
  const pod = await addPod([{ name: 'v', ...volume }])
  await expect(materials.setUp(pod)).rejects.toMatchObject({
    reason: 'FailedMount',
    message: `MountVolume.SetUp failed for volume "v" : ${why}`,
  })
})

const apiAccess = {
  name: 'kube-api-access',
  projected: {
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  },
}

async function serviceAccount(more: object = {}): Promise<void> {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace }, ...more }
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts`
  const headers = { 'content-type': 'application/json' }
  await world.client.raw({ method: 'POST', path, headers, body: JSON.stringify(account) })
  await add(configMaps, 'kube-root-ca.crt', { 'ca.crt': 'PEM' }).catch(() => {})
}

test('the usual access to the API: a token of the pod that the server believes, renewed before it ends', async () => {
  await serviceAccount()
  const pod = await addPod([apiAccess])
  await materials.setUp(pod)
  const directory = directoryOf(pod, 'projected', 'kube-api-access')
  const token = () => readFile(join(directory, 'token'), 'utf8')
  const first = await token()
  expect(await readFile(join(directory, 'ca.crt'), 'utf8')).toBe('PEM')
  expect(await readFile(join(directory, 'namespace'), 'utf8')).toBe(namespace)
  expect(world.server.userOfToken(first)).toMatchObject({ name: `system:serviceaccount:${namespace}:default` })
  await pass(world, 2800_000)
  expect(await token()).toBe(first)
  // While the server is away the old one stays, and the next try comes soon.
  failing = true
  await pass(world, 200_000)
  expect(await token()).toBe(first)
  failing = false
  // Its next try is set only when the last has failed, on a disk that takes the time it takes.
  await expect.poll(async () => pass(world, 20_000).then(token)).not.toBe(first)
  expect(world.server.userOfToken(await token())).toMatchObject({ name: `system:serviceaccount:${namespace}:default` })
})

test.each([
  ['a pod that says nothing', {}, {}, true],
  ['a pod that wants none', { automountServiceAccountToken: false }, {}, false],
  ['an account that wants none', {}, { automountServiceAccountToken: false }, false],
  [
    'a pod that wants one although its account does not',
    { automountServiceAccountToken: true },
    { automountServiceAccountToken: false },
    true,
  ],
])('%s: access to the API is mounted where clients look for it', async (_, spec, account, isThere) => {
  server = { host: '127.0.0.1', port: 6443 }
  await serviceAccount(account)
  const pod = await addPod([], spec)
  await materials.setUp(pod)
  const addresses = { podIP: '10.0.0.2', hostIP: '172.16.0.1' }
  const { mounts } = await materials.launch(pod, pod.spec.containers[0]!, addresses)
  const mount = mounts.find(({ target }) => target === '/var/run/secrets/kubernetes.io/serviceaccount')
  expect(mount !== undefined).toBe(isThere)
  if (mount === undefined) return
  expect(mount.readOnly).toBe(true)
  expect((await readdir(mount.source)).filter((name) => !name.startsWith('.')).sort()).toEqual([
    'ca.crt',
    'namespace',
    'token',
  ])
  const before = await readFile(join(mount.source, 'token'), 'utf8')
  const token = () => readFile(join(mount.source, 'token'), 'utf8')
  await expect.poll(async () => pass(world, 3000_000).then(token)).not.toBe(before)
})

test('an account that is not there gives no access, and keeps nobody from running', async () => {
  server = { host: '127.0.0.1', port: 6443 }
  const pod = await addPod([])
  await materials.setUp(pod)
  const addresses = { podIP: '10.0.0.2', hostIP: '172.16.0.1' }
  const { mounts } = await materials.launch(pod, pod.spec.containers[0]!, addresses)
  expect(mounts.some(({ target }) => target.startsWith('/var/run'))).toBe(false)
})

test.skipIf(process.geteuid?.() !== 0)(
  'a token belongs to the one user of the pod, a volume to its group',
  async () => {
    await serviceAccount()
    await add(configMaps, 'settings', { a: '1' })
    const pod = await addPod(
      [apiAccess, { name: 'c', configMap: { name: 'settings', defaultMode: 0o600 } }, { name: 'e', emptyDir: {} }],
      {
        securityContext: { runAsUser: 1234, fsGroup: 5678 },
      },
    )
    await materials.setUp(pod)
    const rights = async (path: string) => {
      const { uid, gid, mode } = await stat(path)
      return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`
    }
    expect(await rights(join(directoryOf(pod, 'projected', 'kube-api-access'), 'token'))).toBe('1234:5678 640')
    expect(await rights(join(directoryOf(pod, 'configmap', 'c'), 'a'))).toBe('0:5678 640')
    expect(await rights(directoryOf(pod, 'empty-dir', 'e'))).toBe('0:5678 2777')
  },
)

test('files follow what they show, and stay when it goes', async () => {
  await add(configMaps, 'settings', { level: 'info' })
  const pod = await addPod([
    { name: 'c', configMap: { name: 'settings' } },
    { name: 'me', downwardAPI: { items: [{ path: 'app', fieldRef: { fieldPath: "metadata.labels['app']" } }] } },
  ])
  await materials.setUp(pod)
  const level = () => readFile(join(directoryOf(pod, 'configmap', 'c'), 'level'), 'utf8')
  await pass(world, 0)
  await change(configMaps, 'settings', { data: { level: 'debug' } })
  await pass(world, 0)
  await expect.poll(level).toBe('debug')
  await world.client.patch(
    pods,
    { namespace, name: 'p' },
    { type: 'merge', body: { metadata: { labels: { app: 'other' } } } },
  )
  await pass(world, 0)
  await expect.poll(() => readFile(join(directoryOf(pod, 'downward-api', 'me'), 'app'), 'utf8')).toBe('other')
  await world.client.delete(configMaps, { namespace, name: 'settings' })
  await pass(world, 0)
  expect(await level()).toBe('debug')
})

test('a pod that runs on while an agent starts again gets its files as soon as they can be had', async () => {
  await serviceAccount()
  await add(configMaps, 'settings', { level: 'info' })
  const pod = await addPod([apiAccess, { name: 'c', configMap: { name: 'settings' } }])
  await materials.setUp(pod)
  await materials.close()
  await world.client.delete(configMaps, { namespace, name: 'settings' })
  materials = begin()
  await expect(materials.setUp(pod)).rejects.toMatchObject({ reason: 'FailedMount' })
  const directory = directoryOf(pod, 'configmap', 'c')
  expect(await filesIn(directory)).toEqual(['level: info'])
  await add(configMaps, 'settings', { level: 'back' })
  await expect.poll(async () => pass(world, 10_000).then(() => filesIn(directory))).toEqual(['level: back'])
  const token = () => readFile(join(directoryOf(pod, 'projected', 'kube-api-access'), 'token'), 'utf8')
  const before = await token()
  await expect.poll(async () => pass(world, 3000_000).then(token)).not.toBe(before)
})

test('an agent that starts again follows once it is told of the pod; a pod that is gone leaves nothing that follows', async () => {
  await add(configMaps, 'settings', { level: 'info' })
  const pod = await addPod([{ name: 'c', configMap: { name: 'settings' } }])
  await materials.setUp(pod)
  await materials.close()
  materials = begin()
  await change(configMaps, 'settings', { data: { level: 'warn' } })
  await materials.setUp(pod)
  const directory = directoryOf(pod, 'configmap', 'c')
  expect(await filesIn(directory)).toEqual(['level: warn'])
  await pass(world, 0)
  await change(configMaps, 'settings', { data: { level: 'error' } })
  await pass(world, 0)
  await expect.poll(() => filesIn(directory)).toEqual(['level: error'])
  await materials.tearDown(pod)
  await change(configMaps, 'settings', { data: { level: 'none' } })
  await pass(world, 1000)
  expect(await materials.leftovers()).toEqual([])
})
