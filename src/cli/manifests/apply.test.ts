import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { apiserverWorld } from '../../../test/world.ts'
import { configMaps, daemonSets, oldDaemonSets } from '../../api/resources.ts'
import type { ConfigMap, DaemonSet } from '../../api/types.ts'
import { applyManifest, goJson, ManifestRefused } from './apply.ts'
import { type Manifest, parseManifests } from './parse.ts'
import { lastAppliedAnnotation } from './three-way.ts'

const manifestOf = (text: string): Manifest => parseManifests(text, 'x.yaml')[0]!
const inDefault = { namespace: 'default' }

const agent = (image: string, more = '') =>
  manifestOf(`
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, labels: {app: agent}${more}}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers:
      - {name: main, image: "${image}", resources: {requests: {cpu: 0.1}}}
`)

test('created, unchanged, configured', async () => {
  const { client } = await apiserverWorld()
  const apply = async (manifest: Manifest) => (await applyManifest(client, manifest, inDefault)).outcome
  expect(await apply(agent('a:1'))).toBe('created')
  // Defaults were filled in, and `0.1` is kept as `100m`: still the same.
  expect(await apply(agent('a:1'))).toBe('unchanged')
  expect(await apply(agent('a:2'))).toBe('configured')
  expect(await apply(agent('a:2'))).toBe('unchanged')
  const { spec } = await client.get<DaemonSet>(daemonSets, { namespace: 'default', name: 'agent' })
  expect(spec.template.spec.containers[0]).toMatchObject({ image: 'a:2', imagePullPolicy: 'IfNotPresent' })
})

test('M5 the manifest of the mission, twice', async () => {
  const { client } = await apiserverWorld()
  const text = readFileSync(new URL('../../../examples/fluentd.yaml', import.meta.url), 'utf8')
  const first = await applyManifest(client, manifestOf(text), inDefault)
  expect(first).toMatchObject({ outcome: 'created', resource: oldDaemonSets })
  expect((await applyManifest(client, manifestOf(text), inDefault)).outcome).toBe('unchanged')
})

test('what somebody else set stays, what the manifest once said and says no more goes', async () => {
  const { client } = await apiserverWorld()
  const configMap = (data: string) =>
    manifestOf(`{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: ${data}}`)
  await applyManifest(client, configMap('{ours: "1", gone: "1"}'), inDefault)
  const at = { namespace: 'default', name: 'x' }
  await client.patch(configMaps, at, {
    type: 'merge',
    body: { data: { theirs: '2' }, metadata: { labels: { a: 'b' } } },
  })
  await applyManifest(client, configMap('{ours: "3"}'), inDefault)
  const { data, metadata } = await client.get<ConfigMap>(configMaps, at)
  expect(data).toEqual({ ours: '3', theirs: '2' })
  expect(metadata.labels).toEqual({ a: 'b' })
})

test('what is remembered is what kubectl would remember, and an object without it is told of', async () => {
  const { client } = await apiserverWorld()
  const object: ConfigMap = { metadata: { name: 'x', namespace: 'default' }, data: { a: '1' } }
  await client.create(configMaps, object)
  const manifest = manifestOf('{kind: ConfigMap, apiVersion: v1, metadata: {name: x}, data: {b: "<2>", a: "1"}}')
  const applied = await applyManifest(client, manifest, inDefault)
  expect(applied.warnings).toEqual([expect.stringMatching(/^Warning: resource configmaps\/x is missing/)])
  expect(applied.object.metadata.annotations?.[lastAppliedAnnotation]).toBe(
    '{"apiVersion":"v1","data":{"a":"1","b":"\\u003c2\\u003e"},"kind":"ConfigMap",' +
      '"metadata":{"annotations":{},"name":"x","namespace":"default"}}\n',
  )
  expect((await applyManifest(client, manifest, inDefault)).warnings).toEqual([])
})

test('a dry run says what would happen and leaves everything as it is', async () => {
  const { client, store } = await apiserverWorld()
  const dry = { ...inDefault, dryRun: true }
  expect((await applyManifest(client, agent('a:1'), dry)).outcome).toBe('created')
  await applyManifest(client, agent('a:1'), inDefault)
  const { revision } = store
  expect((await applyManifest(client, agent('a:2'), dry)).outcome).toBe('configured')
  expect((await applyManifest(client, agent('a:1'), dry)).outcome).toBe('unchanged')
  expect(store.revision).toBe(revision)
})

test('a refusal says what was tried; nothing is dropped in silence', async () => {
  const { client } = await apiserverWorld()
  const manifest = manifestOf('{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, dta: {}}')
  const refused = await applyManifest(client, manifest, inDefault).catch((error) => error)
  expect(refused).toBeInstanceOf(ManifestRefused)
  expect(refused.message).toMatch(/^error when creating "x\.yaml": .*unknown field "dta"/)
})

test('the namespace: of the manifest, else of the command; never two', async () => {
  const { client } = await apiserverWorld()
  const manifest = manifestOf('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  namespace: kube-system\n')
  expect((await applyManifest(client, manifest, inDefault)).object.metadata.namespace).toBe('kube-system')
  await expect(applyManifest(client, manifest, { ...inDefault, namespaceIsDemanded: true })).rejects.toThrow(
    /^x\.yaml:5:3: the namespace from the provided object "kube-system" does not match the namespace "default"/,
  )
})

test('Go escapes what HTML would read', () => {
  expect(goJson({ b: '<&>\u2028', a: 1 })).toBe('{"a":1,"b":"\\u003c\\u0026\\u003e\\u2028"}\n')
})
