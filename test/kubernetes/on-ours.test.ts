// Kubernetes' own DaemonSet controller and its scheduler at work on our API server: a rollout from the first pod to the
// last, an orphan, a node that joins.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { daemonSets } from '../../src/api/resources.ts'
import type { Pod } from '../../src/api/types.ts'
import { type Client, createClient } from '../../src/client/client.ts'
import { httpSend } from '../../src/client/http.ts'
import { connectionOf, readKubeconfig } from '../../src/client/kubeconfig.ts'
import { assets, needsAssets, pathOf } from './assets.ts'
import { startController } from './contestants.ts'
import { freePorts, type StartedProgram, startProgram, temporaryHome, until } from './programs.ts'
import { type Relay, startRelay } from './relay.ts'
import { eventually, Stage } from './stage.ts'

const everynode = fileURLToPath(new URL('../../bin/everynode.js', import.meta.url))
const running: StartedProgram[] = []
let http: ReturnType<typeof httpSend> | undefined
let client: Client
let relay: Relay | undefined

beforeAll(async () => {
  if (assets === undefined) return
  const home = temporaryHome()
  const kubeconfig = join(home, 'kubeconfig')
  const where = [`--data=${join(home, 'data')}`, `--kubeconfig=${kubeconfig}`, '--listen=127.0.0.1:0']
  const server = startProgram(process.execPath, [everynode, 'server', ...where, '--controllers=*,-daemonset'])
  running.push(server)
  await until(
    async () => existsSync(kubeconfig),
    60_000,
    () => server.said(),
  )
  const connection = connectionOf(readKubeconfig(readFileSync(kubeconfig, 'utf8')))
  http = httpSend(connection)
  client = createClient({ send: http.send, userAgent: 'everynode-test' })
  await until(
    async () => (await client.raw({ method: 'GET', path: '/readyz' })).status === 200,
    60_000,
    () => server.said(),
  )
  running.push(await startController('kube-controller-manager', kubeconfig))
  relay = await startRelay(connection)
  running.push(await startScheduler(home, relay.url))
}, 180_000)
afterAll(async () => {
  await http?.close()
  await relay?.close()
  await Promise.all(running.reverse().map((program) => program.stop()))
}, 60_000)
beforeEach(needsAssets)

test('a DaemonSet is rolled out, updated, orphaned, adopted and deleted by the original', {
  timeout: 300_000,
}, async () => {
  const stage = new Stage(client, 'on-ours')
  await stage.open()
  await stage.addNodes('n1 n2 n3')
  await stage.create()
  await stage.settle()
  const first = await stage.pods()
  expect(first.map(({ spec }) => spec.nodeName)).toEqual(['n1', 'n2', 'n3'].map((name) => stage.node(name)))
  expect(first.every(({ spec }) => JSON.stringify(spec.affinity).includes('metadata.name'))).toBe(true)

  await stage.setImage('logger:2')
  await stage.settle()
  const second = await stage.pods()
  expect(second.map(imageOf)).toEqual(['logger:2', 'logger:2', 'logger:2'])
  expect((await stage.revisions()).map(({ revision }) => revision)).toEqual([1, 2])
  const { status, events } = await stage.picture()
  expect(status).toMatchObject([{ status: { numberReady: 3, updatedNumberScheduled: 3, numberAvailable: 3 } }])
  expect(
    events.filter((event) => event === 'daemonset-controller Normal SuccessfulCreate Created pod: POD').length,
  ).toBe(6)

  await stage.remove(daemonSets, 'logger', 'Orphan')
  await eventually(async () => (await client.list(daemonSets, { namespace: stage.namespace })).items.length === 0)
  await stage.create({}, { containers: [{ name: 'c', image: 'logger:2' }] })
  await stage.addNodes('n4')
  await stage.settle()
  const adopted = await stage.pods()
  expect(adopted.map(({ metadata }) => metadata.ownerReferences?.length)).toEqual([1, 1, 1, 1])
  expect(adopted.slice(0, 3).map(({ metadata }) => metadata.uid)).toEqual(second.map(({ metadata }) => metadata.uid))

  await stage.remove(daemonSets, 'logger', 'Background')
  await eventually(async () => (await stage.pods()).length === 0 && (await stage.revisions()).length === 0)
})

function imageOf({ spec }: Pod): string | undefined {
  return spec.containers[0]?.image
}

/** What looks for kinds that we do not serve, and is of no use without them. */
const withoutPlugins = [
  'VolumeRestrictions',
  'NodeVolumeLimits',
  'VolumeBinding',
  'VolumeZone',
  'DynamicResources',
  'PodTopologySpread',
]

async function startScheduler(home: string, server: string): Promise<StartedProgram> {
  const kubeconfig = join(home, 'scheduler.kubeconfig')
  const clusters = [{ name: 'relay', cluster: { server } }]
  const contexts = [{ name: 'relay', context: { cluster: 'relay', user: '' } }]
  writeFileSync(kubeconfig, JSON.stringify({ clusters, contexts, 'current-context': 'relay' }))
  const config = {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    clientConnection: { kubeconfig },
    leaderElection: { leaderElect: false },
    profiles: [{ plugins: { multiPoint: { disabled: withoutPlugins.map((name) => ({ name })) } } }],
  }
  const path = join(home, 'scheduler.json')
  writeFileSync(path, JSON.stringify(config))
  const [port] = await freePorts(1)
  return startProgram(pathOf('kube-scheduler'), [
    `--config=${path}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${home}`,
  ])
}
