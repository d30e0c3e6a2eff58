// The official JavaScript client against a real `everynode up`: what it reads, follows, patches and is refused.

import { PassThrough, Readable, Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ClientNode, getClientNode, type Informer, type SeenList } from './client-node.ts'
import { openCluster, type Shell } from './shell.ts'

const namespace = 'default'
const daemonSet = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agent', labels: { app: 'agent' } },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    template: {
      metadata: { labels: { app: 'agent' } },
      spec: { containers: [{ name: 'main', image: 'agent:1', ports: [{ containerPort: 8080 }] }] },
    },
  },
}

let k8s: ClientNode
let missing: string | undefined
let shell: Shell & { readonly up: Awaited<ReturnType<typeof openCluster>>['up'] }

beforeAll(async () => {
  const got = await getClientNode()
  if (typeof got === 'string') {
    missing = got
    return
  }
  k8s = got
  shell = await openCluster('--nodes 3')
}, 180_000)
afterAll(() => shell?.close())
beforeEach((context) => {
  if (missing === undefined) return
  if (process.env.CI === 'true') throw new Error(`${missing}, and CI=true`)
  context.skip(missing)
})

test('W18.2 W20.1 our kubeconfig is read', () => {
  expect(config().getCurrentContext()).toBe('everynode')
  expect(config().getCurrentCluster()?.server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
})

test('W18.5 create and read: what is read has dates', async () => {
  const made = await apps().createNamespacedDaemonSet({ namespace, body: daemonSet })
  expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
  expect(made.metadata.creationTimestamp).toBeInstanceOf(Date)
  await until('all three pods', async () => (await readDaemonSet()).status?.numberReady === 3)
})

test('list: selectors, and page by page', async () => {
  const list = (more: object): Promise<SeenList> => core().listNamespacedPod({ namespace, ...more })
  expect((await list({ labelSelector: 'app=agent' })).items).toHaveLength(3)
  expect((await list({ labelSelector: 'app!=agent' })).items).toHaveLength(0)
  expect((await list({ fieldSelector: 'spec.nodeName=node-2' })).items).toHaveLength(1)
  const first = await list({ limit: 2 })
  expect(first.items).toHaveLength(2)
  const rest = await list({ limit: 2, _continue: first.metadata?._continue })
  expect(rest.items).toHaveLength(1)
  expect(rest.metadata?._continue ?? '').toBe('')
  expect(new Set([...first.items, ...rest.items].map(({ metadata }) => metadata.name)).size).toBe(3)
})

test('watch, from where a list was', async () => {
  const since = (await core().listNamespacedConfigMap({ namespace })).metadata?.resourceVersion
  const seen: string[] = []
  const watch = await new k8s.Watch(config()).watch(
    `/api/v1/namespaces/${namespace}/configmaps`,
    { resourceVersion: since },
    (phase, { metadata }) => seen.push(`${phase} ${metadata.name}`),
    () => {},
  )
  await makeConfigMap('watched')
  await core().deleteNamespacedConfigMap({ name: 'watched', namespace })
  await until('both events', () => seen.length === 2)
  watch.abort()
  expect(seen).toEqual(['ADDED watched', 'DELETED watched'])
})

const patches = [
  ['application/strategic-merge-patch+json', { metadata: { annotations: { how: 'strategic' } } }],
  ['application/merge-patch+json', { metadata: { annotations: { how: 'merge' } } }],
  ['application/json-patch+json', [{ op: 'replace', path: '/metadata/annotations/how', value: 'json' }]],
] as const
test.each(patches)('W18.7 patch: %s', async (type, body) => {
  const options = k8s.setHeaderOptions('Content-Type', type)
  const patched = await apps().patchNamespacedDaemonSet({ name: 'agent', namespace, body }, options)
  expect(patched.metadata.annotations?.how).toBe(type.split('/')[1]?.split('-')[0])
  expect((await readDaemonSet()).metadata.annotations?.how).toBe(patched.metadata.annotations?.how)
})

test('what is read can be replaced, but not by somebody who is behind', async () => {
  const old = await readDaemonSet()
  const body = { ...old, spec: { ...old.spec, revisionHistoryLimit: 3 } }
  const replaced = await apps().replaceNamespacedDaemonSet({ name: 'agent', namespace, body })
  expect(replaced.spec?.revisionHistoryLimit).toBe(3)
  const behind = { ...body, spec: { ...old.spec, revisionHistoryLimit: 4 } }
  const refused = apps().replaceNamespacedDaemonSet({ name: 'agent', namespace, body: behind })
  expect(await statusOf(refused)).toMatchObject({ code: 409, reason: 'Conflict' })
})

test('W18.7 error bodies are a Status', async () => {
  expect(await statusOf(apps().readNamespacedDaemonSet({ name: 'nope', namespace }))).toMatchObject({
    kind: 'Status',
    code: 404,
    reason: 'NotFound',
    message: 'daemonsets.apps "nope" not found',
    details: { name: 'nope', group: 'apps', kind: 'daemonsets' },
  })
  expect(await statusOf(apps().createNamespacedDaemonSet({ namespace, body: daemonSet }))).toMatchObject({
    code: 409,
    reason: 'AlreadyExists',
  })
  const body = { ...daemonSet, metadata: { name: 'Not_A_Name' } }
  const invalid = await statusOf(apps().createNamespacedDaemonSet({ namespace, body }))
  expect(invalid).toMatchObject({ code: 422, reason: 'Invalid' })
  expect(invalid).toHaveProperty('details.causes.0.field', 'metadata.name')
})

test('log', async () => {
  const to = new Heard()
  const following = await new k8s.Log(config()).log(namespace, await podName(), 'main', to, { follow: true })
  await until('a line', () => to.text.includes('\n'))
  following.abort()
  expect(to.text).toContain('simulated')
})

test('W12.5 W12.6 exec: what goes in comes out, and how it ended', async () => {
  // The client ends what it was given to write to.
  const exec = async (command: string[], stdin: Readable | null) => {
    const [pod, out, err] = [await podName(), new Heard(), new Heard()]
    const status = await new Promise<unknown>((resolve, reject) => {
      new k8s.Exec(config()).exec(namespace, pod, 'main', command, out, err, stdin, false, resolve).catch(reject)
    })
    return { status, out: out.text, err: err.text }
  }
  expect(await exec(['cat'], Readable.from([Buffer.from('over and back')]))).toMatchObject({
    status: { status: 'Success' },
    out: 'over and back',
  })
  const details = { causes: [{ reason: 'ExitCode', message: '7' }] }
  expect(await exec(['sh', '-c', 'nothing; exit 7'], null)).toMatchObject({
    status: { status: 'Failure', reason: 'NonZeroExitCode', details },
    err: 'nothing: this pod is simulated; nothing runs in it\n',
  })
})

test('W12.5 exec in what is not there is refused before it begins', async () => {
  const exec = (pod: string) => new k8s.Exec(config()).exec(namespace, pod, 'nope', ['true'], null, null, null, false)
  await expect(exec(await podName())).rejects.toThrow()
  await expect(exec('nope')).rejects.toThrow()
})

test('W12.7 port-forward', async () => {
  const [out, input] = [new Heard(), new PassThrough()]
  const forwarding = await new k8s.PortForward(config()).portForward(
    namespace,
    await podName(),
    [8080],
    out,
    null,
    input,
  )
  input.write('GET /page HTTP/1.1\r\nHost: x\r\n\r\n')
  await until('the page', () => out.text.includes('You asked: GET /page'))
  expect(out.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  forwarding.close()
})

test('W18.7 KubernetesObjectApi finds the way by discovery', async () => {
  const head = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'found', namespace } }
  expect((await objects().create({ ...head, data: { a: '1' } })).data).toEqual({ a: '1' })
  expect((await objects().patch({ ...head, data: { b: '2' } })).data).toEqual({ a: '1', b: '2' })
  expect((await objects().read(head)).data).toEqual({ a: '1', b: '2' })
  await objects().delete(head)
  expect(await statusOf(objects().read(head))).toMatchObject({ code: 404, reason: 'NotFound' })
})

test('W18.6 an informer goes on after the server was away', { timeout: 90_000 }, async () => {
  const told: string[] = []
  const informer = k8s.makeInformer(config(), `/api/v1/namespaces/${namespace}/configmaps`, () =>
    core().listNamespacedConfigMap({ namespace }),
  )
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, ({ metadata }) => told.push(`${verb} ${metadata.name}`))
  }
  const stop = restartOnError(informer)
  try {
    await informer.start()
    await makeConfigMap('before')
    const labelled = { name: 'before', namespace, labels: { seen: 'yes' } }
    await objects().patch({ apiVersion: 'v1', kind: 'ConfigMap', metadata: labelled })
    await until('add and update', () => told.includes('update before'))

    const server = config().getCurrentCluster()?.server ?? ''
    shell.up.signal('SIGINT')
    expect(await shell.up.exited).toBe(0)
    await shell.start(`everynode up --listen ${server.replace('https://', '')}`).saw(/^next /m)
    expect(config().getCurrentCluster()?.server).toBe(server)

    await makeConfigMap('after')
    await core().deleteNamespacedConfigMap({ name: 'before', namespace })
    await until('what came after', () => told.includes('add after') && told.includes('delete before'))
    expect(informer.get('after', namespace)?.metadata.name).toBe('after')
    const ours = told.filter((line) => /before|after/.test(line))
    expect(ours).toEqual(['add before', 'update before', 'add after', 'delete before'])
  } finally {
    stop()
    await informer.stop()
  }
})

/** Gathers what is written to it. */
class Heard extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

async function podName(): Promise<string> {
  const [pod] = (await core().listNamespacedPod({ namespace, labelSelector: 'app=agent' })).items
  return pod?.metadata.name ?? ''
}

/** An informer of this client ends with an error and says so; that it is started again is its user's part. */
function restartOnError(informer: Informer): () => void {
  let stopped = false
  informer.on('error', async () => {
    await pause(200)
    if (!stopped) await informer.start()
  })
  return () => {
    stopped = true
  }
}

function config(): InstanceType<ClientNode['KubeConfig']> {
  const loaded = new k8s.KubeConfig()
  loaded.loadFromFile(`${shell.home}/kubeconfig`)
  return loaded
}

function core(): InstanceType<ClientNode['CoreV1Api']> {
  return config().makeApiClient(k8s.CoreV1Api)
}

function apps(): InstanceType<ClientNode['AppsV1Api']> {
  return config().makeApiClient(k8s.AppsV1Api)
}

function objects(): ReturnType<ClientNode['KubernetesObjectApi']['makeApiClient']> {
  return k8s.KubernetesObjectApi.makeApiClient(config())
}

function readDaemonSet(): ReturnType<InstanceType<ClientNode['AppsV1Api']>['readNamespacedDaemonSet']> {
  return apps().readNamespacedDaemonSet({ name: 'agent', namespace })
}

async function makeConfigMap(name: string): Promise<void> {
  await core().createNamespacedConfigMap({ namespace, body: { metadata: { name }, data: { a: '1' } } })
}

/** The body that a refusal carries: this client leaves it as text where it does not know the code. */
async function statusOf(refused: Promise<unknown>): Promise<unknown> {
  const error: unknown = await refused.then(
    () => expect.fail('was not refused'),
    (reason: unknown) => reason,
  )
  expect(error).toHaveProperty('body')
  const { body } = error as { body: unknown }
  return typeof body === 'string' ? JSON.parse(body) : body
}

async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await check()); await pause(50)) {
    if (Date.now() > end) expect.fail(`never: ${what}`)
  }
}
