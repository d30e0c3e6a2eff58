import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, expect, test } from 'vitest'
import { apiserverWorld, type World } from '../../../test/world.ts'
import { configMaps, pods, secrets } from '../../api/resources.ts'
import type { ApiObject, Pod, PodSpec } from '../../api/types.ts'
import { silentLog } from '../../base/log.ts'
import { seededRandom } from '../../base/random.ts'
import type { Mount, PodMaterials } from '../materials.ts'
import { createMaterials } from './materials.ts'
import { mountsBelow, unmountBelow } from './mount-table.ts'

const addresses = { podIP: '10.0.0.2', hostIP: '172.16.0.1' }
const isRoot = process.geteuid?.() === 0

let top: string
let world: World
let materials: PodMaterials

function materialsWith(rights: { readonly mayMount?: boolean; readonly mayChangeOwners?: boolean }): PodMaterials {
  return createMaterials({
    place: {
      nodeName: 'n1',
      root: join(top, 'root'),
      state: join(top, 'state'),
      podLogs: join(top, 'root/var/log/pods'),
    },
    client: world.client,
    clock: world.clock,
    random: seededRandom(5),
    log: silentLog,
    allocatable: () => ({ cpu: '4', memory: '8Gi' }),
    apiServer: () => ({ host: '127.0.0.1', port: 6443 }),
    ...rights,
  })
}

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'everynode-materials-'))
  world = await apiserverWorld()
  await mkdir(join(top, 'root/var/log'), { recursive: true })
  materials = materialsWith({})
  return async () => {
    await materials.close()
    for (const uid of await materials.leftovers()) await materials.tearDownUid(uid)
    world.server.close()
    await unmountBelow(top)
    await rm(top, { recursive: true, force: true })
  }
})

async function addPod(container: Record<string, unknown>, spec: Partial<PodSpec> = {}): Promise<Pod> {
  return world.client.create<Pod>(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', labels: { app: 'logger' } },
    spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'app:1', ...container }], ...spec },
  })
}

async function launch(pod: Pod) {
  await materials.setUp(pod)
  return materials.launch(pod, pod.spec.containers[0]!, addresses)
}

/** Without the files that every pod gets. */
function volumeMountsIn(mounts: readonly Mount[]): readonly Mount[] {
  return mounts.filter(({ target }) => !/^\/(etc\/(hosts|resolv\.conf)|dev\/termination-log)$/.test(target))
}

const add = (resource: typeof configMaps, name: string, data: Record<string, string>) =>
  world.client.create<ApiObject>(resource, { metadata: { name, namespace: 'default' }, data } as ApiObject)

test('an environment is read in its order, from wherever it comes, and fills in command and arguments', async () => {
  await add(configMaps, 'settings', { level: 'debug', 'dotted.key': 'yes' })
  await add(secrets, 'login', { user: Buffer.from('öre').toString('base64') })
  const pod = await addPod({
    command: ['/bin/run', '--level=$(LEVEL)', '$(NONE)'],
    args: ['$$(LEVEL)', '$(LATER)'],
    workingDir: '/work',
    envFrom: [
      { prefix: 'S_', configMapRef: { name: 'settings' } },
      { secretRef: { name: 'login' } },
      { configMapRef: { name: 'none', optional: true } },
    ],
    env: [
      { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'level' } } },
      { name: 'BEFORE', value: '$(LATER) $(LEVEL) $(S_level)' },
      { name: 'LATER', value: 'later' },
      { name: 'USER_AGAIN', valueFrom: { secretKeyRef: { name: 'login', key: 'user' } } },
      { name: 'MISSING', valueFrom: { secretKeyRef: { name: 'login', key: 'none', optional: true } } },
      { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'CPUS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'user', value: 'overridden' },
    ],
  })
  const { command, args, workingDir, env } = await launch(pod)
  expect(command).toEqual(['/bin/run', '--level=debug', '$(NONE)'])
  expect(args).toEqual(['$(LEVEL)', 'later'])
  expect(workingDir).toBe('/work')
  expect(env.map(({ name, value }) => `${name}=${value}`)).toEqual([
    'S_dotted.key=yes',
    'S_level=debug',
    'user=overridden',
    'LEVEL=debug',
    'BEFORE=$(LATER) debug debug',
    'LATER=later',
    'USER_AGAIN=öre',
    'NODE=n1',
    'POD_IP=10.0.0.2',
    'APP=logger',
    'CPUS=4',
    'KUBERNETES_SERVICE_HOST=127.0.0.1',
    'KUBERNETES_SERVICE_PORT=6443',
    'KUBERNETES_SERVICE_PORT_HTTPS=6443',
  ])
})

test.each([
  [{ configMapKeyRef: { name: 'none', key: 'k' } }, 'configmap "none" not found'],
  [{ configMapKeyRef: { name: 'there', key: 'k' } }, "couldn't find key k in ConfigMap default/there"],
  [{ secretKeyRef: { name: 'there', key: 'k' } }, 'secret "there" not found'],
])('a variable that cannot be had stops the container: %j', async (valueFrom, message) => {
  await add(configMaps, 'there', {})
  const pod = await addPod({ env: [{ name: 'V', valueFrom }] })
  await expect(launch(pod)).rejects.toMatchObject({ reason: 'CreateContainerConfigError', message })
})

test("hostPath is a place below the node's root; its links cannot lead out of it", async () => {
  await symlink('/var', join(top, 'root/short'))
  await symlink('../../../../../../etc', join(top, 'root/out'))
  const pod = await addPod(
    {
      volumeMounts: [
        { name: 'logs', mountPath: '/host/var/log', readOnly: true },
        { name: 'out', mountPath: '/host' },
        { name: 'short', mountPath: 'relative/', subPath: 'log' },
      ],
    },
    {
      volumes: [
        { name: 'logs', hostPath: { path: '/var/log', type: 'Directory' } },
        { name: 'short', hostPath: { path: '/short' } },
        { name: 'out', hostPath: { path: '/out' } },
      ],
    },
  )
  const { mounts } = await launch(pod)
  // Held where we may mount; else as it was found.
  const subPath = isRoot ? join(top, 'state/pods', pod.metadata.uid!, 'volume-subpaths/short/main/2') : undefined
  const common = { isDirectory: true, propagation: 'None' }
  expect(volumeMountsIn(mounts)).toEqual([
    { source: join(top, 'root/etc'), target: '/host', readOnly: false, ...common },
    { source: subPath ?? join(top, 'root/var/log'), target: '/relative', readOnly: false, ...common },
    { source: join(top, 'root/var/log'), target: '/host/var/log', readOnly: true, ...common },
  ])
})

test('a volume that cannot be had refuses the pod as FailedMount, and comes with the next try', async () => {
  const pod = await addPod({}, { volumes: [{ name: 'run', hostPath: { path: '/run/app', type: 'Directory' } }] })
  await expect(materials.setUp(pod)).rejects.toMatchObject({
    reason: 'FailedMount',
    message: 'MountVolume.SetUp failed for volume "run" : hostPath type check failed: /run/app is not a directory',
  })
  await mkdir(join(top, 'root/run/app'), { recursive: true })
  await materials.setUp(pod)
})

test('an emptyDir is shared by the pod, hidden from others, there once more after a restart, and gone with the pod', async () => {
  const pod = await addPod(
    {
      volumeMounts: [{ name: 'scratch', mountPath: '/scratch', subPathExpr: '$(WHO)/data' }],
      env: [{ name: 'WHO', value: 'me' }],
    },
    { volumes: [{ name: 'scratch', emptyDir: {} }] },
  )
  const { mounts } = await launch(pod)
  const directory = join(top, 'state/pods', pod.metadata.uid!)
  const volume = join(directory, 'volumes/kubernetes.io~empty-dir/scratch')
  const [mount] = volumeMountsIn(mounts)
  await writeFile(join(mount!.source, 'note'), 'written through the mount')
  expect(await readFile(join(volume, 'me/data/note'), 'utf8')).toBe('written through the mount')
  expect((await stat(volume)).mode & 0o777).toBe(0o777)
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
  await writeFile(join(volume, 'file'), 'kept')
  await materials.setUp(pod)
  expect(await readFile(join(volume, 'file'), 'utf8')).toBe('kept')
  expect(await materials.leftovers()).toEqual([pod.metadata.uid])
  await materials.tearDown(pod)
  await materials.tearDown(pod)
  expect(existsSync(directory)).toBe(false)
  expect(await materials.leftovers()).toEqual([])
})

test.skipIf(!isRoot)(
  'an emptyDir in memory is a file system of its own with its limit, and is taken away',
  async () => {
    const pod = await addPod({}, { volumes: [{ name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }] })
    // The state may be found by a link.
    await mkdir(join(top, 'elsewhere'))
    await symlink('elsewhere', join(top, 'state'))
    await materials.setUp(pod)
    await materials.setUp(pod)
    const volume = join(top, 'elsewhere/pods', pod.metadata.uid!, 'volumes/kubernetes.io~empty-dir/fast')
    expect(await mountsBelow(top)).toEqual([volume])
    await expect(writeFile(join(volume, 'big'), Buffer.alloc(2 << 20))).rejects.toThrow('ENOSPC')
    await materials.tearDown(pod)
    expect(await mountsBelow(top)).toEqual([])
    expect(existsSync(volume)).toBe(false)
  },
)

test('a subPath never leaves its volume, whatever a container has put there', async () => {
  const pod = await addPod(
    { volumeMounts: [{ name: 'scratch', mountPath: '/scratch', subPath: 'to/etc' }] },
    { volumes: [{ name: 'scratch', emptyDir: {} }] },
  )
  await materials.setUp(pod)
  const volume = join(top, 'state/pods', pod.metadata.uid!, 'volumes/kubernetes.io~empty-dir/scratch')
  await symlink('/', join(volume, 'to'))
  await expect(materials.launch(pod, pod.spec.containers[0]!, addresses)).rejects.toMatchObject({
    reason: 'CreateContainerConfigError',
    message: 'subpath "to/etc" leads out of the volume',
  })
})

test('every container has its hosts, its name servers and a file for its last words, unless it brings its own', async () => {
  const pod = await addPod(
    { volumeMounts: [{ name: 'etc', mountPath: '/etc/hosts' }], terminationMessagePath: '/tmp/last-words' },
    {
      volumes: [{ name: 'etc', hostPath: { path: '/hosts', type: 'FileOrCreate' } }],
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['10.9.9.9'] },
    },
  )
  const { mounts } = await launch(pod)
  const directory = join(top, 'state/pods', pod.metadata.uid!)
  expect(mounts.map(({ target, source }) => `${target} ${source.replace(top, '')}`)).toEqual([
    '/etc/hosts /root/hosts',
    `/etc/resolv.conf ${directory.replace(top, '')}/resolv.conf`,
    `/tmp/last-words ${directory.replace(top, '')}/containers/main/termination-log`,
  ])
  expect(await readFile(join(directory, 'resolv.conf'), 'utf8')).toBe('nameserver 10.9.9.9\n')
})

test.skipIf(!isRoot)(
  'a subPath is what it was when it was looked up: what comes in its place later is not mounted',
  async () => {
    const pod = await addPod(
      {
        volumeMounts: [
          { name: 'scratch', mountPath: '/scratch', subPath: 'data' },
          { name: 'scratch', mountPath: '/f', subPath: 'file' },
        ],
      },
      { volumes: [{ name: 'scratch', emptyDir: {} }] },
    )
    await materials.setUp(pod)
    const volume = join(top, 'state/pods', pod.metadata.uid!, 'volumes/kubernetes.io~empty-dir/scratch')
    await mkdir(join(volume, 'data'))
    await writeFile(join(volume, 'data/mine'), '1')
    await writeFile(join(volume, 'file'), 'first')
    const { mounts } = await launch(pod)
    const [data, file] = volumeMountsIn(mounts)
    await rm(join(volume, 'data'), { recursive: true })
    await symlink('/etc', join(volume, 'data'))
    await rm(join(volume, 'file'))
    await symlink('/etc/passwd', join(volume, 'file'))
    expect(await readdir(data!.source)).toEqual([])
    expect(await readFile(file!.source, 'utf8')).toBe('first')
    await expect(launch(pod)).rejects.toMatchObject({ message: 'subpath "data" leads out of the volume' })
    await rm(join(volume, 'data'))
    await rm(join(volume, 'file'))
    await writeFile(join(volume, 'file'), 'second')
    const again = volumeMountsIn((await launch(pod)).mounts)
    expect(again.map(({ source }) => source)).toEqual([data!.source, file!.source])
    expect(await readFile(file!.source, 'utf8')).toBe('second')
    expect((await mountsBelow(top)).length).toBe(2)
    await materials.tearDown(pod)
    expect(await mountsBelow(top)).toEqual([])
  },
)

test('without the rights of root everything is there, as the agent may make it', async () => {
  materials = materialsWith({ mayMount: false, mayChangeOwners: false })
  await add(configMaps, 'settings', { a: '1' })
  const pod = await addPod(
    {
      volumeMounts: [
        { name: 'fast', mountPath: '/fast', subPath: 'deep/er' },
        { name: 'c', mountPath: '/c', subPath: 'a' },
      ],
    },
    {
      securityContext: { runAsUser: 1234, fsGroup: 5678 },
      volumes: [
        { name: 'fast', emptyDir: { medium: 'Memory' } },
        { name: 'c', configMap: { name: 'settings' } },
      ],
    },
  )
  const { mounts } = await launch(pod)
  const volumes = join(top, 'state/pods', pod.metadata.uid!, 'volumes')
  expect(await mountsBelow(top)).toEqual([])
  const [fast, config] = volumeMountsIn(mounts)
  expect(fast?.source).toBe(join(volumes, 'kubernetes.io~empty-dir/fast/deep/er'))
  expect(config).toMatchObject({ readOnly: true, isDirectory: false })
  expect(await readFile(config!.source, 'utf8')).toBe('1')
  const { uid, gid } = await stat(config!.source)
  expect([uid, gid]).toEqual([process.getuid!(), process.getgid!()])
})

test('what a container leaves goes with it, whatever it is, and nothing that it points to', async () => {
  const pod = await addPod({}, { volumes: [{ name: 'scratch', emptyDir: {} }] })
  await materials.setUp(pod)
  const volume = join(top, 'state/pods', pod.metadata.uid!, 'volumes/kubernetes.io~empty-dir/scratch')
  await writeFile(join(top, 'root/var/log/messages'), 'kept')
  await symlink(join(top, 'root/var/log'), join(volume, 'link'))
  await mkdir(join(volume, 'shut/inner'), { recursive: true })
  await writeFile(join(volume, 'shut/inner/file'), '')
  await chmod(join(volume, 'shut/inner'), 0o000)
  await chmod(join(volume, 'shut'), 0o500)
  await materials.tearDown(pod)
  expect(await materials.leftovers()).toEqual([])
  expect(await readFile(join(top, 'root/var/log/messages'), 'utf8')).toBe('kept')
})

test.skipIf(!isRoot)('what the node mounts below a subPath later stays mounted when the pod goes', async () => {
  const mount = (...words: string[]) => promisify(execFile)('mount', words)
  const mnt = join(top, 'root/mnt')
  await mkdir(mnt)
  await mount('-t', 'tmpfs', '--make-shared', 'tmpfs', mnt)
  await mkdir(join(mnt, 'data/disk'), { recursive: true })
  const pod = await addPod(
    { volumeMounts: [{ name: 'mnt', mountPath: '/mnt', subPath: 'data' }] },
    { volumes: [{ name: 'mnt', hostPath: { path: '/mnt' } }] },
  )
  await launch(pod)
  await mount('-t', 'tmpfs', 'tmpfs', join(mnt, 'data/disk'))
  await writeFile(join(mnt, 'data/disk/file'), 'kept')
  await materials.tearDown(pod)
  expect(await readFile(join(mnt, 'data/disk/file'), 'utf8')).toBe('kept')
  expect(await mountsBelow(top)).toEqual([join(mnt, 'data/disk'), mnt])
  await unmountBelow(mnt)
})

test('a volume of a kind that this node does not have says so', async () => {
  const pod = await addPod({}, { volumes: [{ name: 'disk', nfs: { server: 'x', path: '/' } }] })
  await expect(materials.setUp(pod)).rejects.toMatchObject({
    reason: 'FailedMount',
    message: 'MountVolume.SetUp failed for volume "disk" : no such volumes on this node: nfs',
  })
})
