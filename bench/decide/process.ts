// One run of the scenario `decide`, in a process of its own, so that memory is that of one contestant at one size:
// node --expose-gc --import tsx process.ts CONTESTANT NODES. Prints its figures as JSON.

import { pods } from '../../src/api/resources.ts'
import { type DaemonSet, type Node, type Pod, templateGenerationLabel } from '../../src/api/types.ts'
import { Mirror } from '../../src/client/mirror.ts'
import { podIndexes } from '../../src/controller/daemonset/facts.ts'
import { keeping } from '../../src/controller/kept.ts'
import { ownerReference } from '../../src/reconcile/daemonset/pod-template.ts'
import { reconcile } from '../../src/reconcile/daemonset/reconcile.ts'
import { podNumber } from '../stored-pods.ts'
import { type Contestant, Shell } from './shell.ts'

const [contestant = 'self', nodesText = '1000'] = process.argv.slice(2)
const count = Number(nodesText)
const isReference = contestant === 'reference-shape'
const shell = new Shell(contestant as Contestant)
const figures: Record<string, number> = {}

/** Full decisions at every event take minutes in a large fleet: fewer of them say as much. */
const times = isReference ? Math.max(3, Math.min(200, Math.round(1_000_000 / count))) : 20_000

const node = (i: number, more: Record<string, string> = {}): Node => ({
  metadata: {
    name: `node-${String(i).padStart(6, '0')}`,
    uid: `n${i}`,
    labels: {
      'kubernetes.io/hostname': `node-${i}`,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'topology.kubernetes.io/zone': `zone-${i % 3}`,
      'node.kubernetes.io/instance-type': `type-${i % 11}`,
      [`set-${i % 500}`]: 'yes',
      ...more,
    },
  },
  spec: {},
  status: { allocatable: { cpu: '4', memory: '16Gi', pods: '110' } },
})

const daemonSet = (
  name: string,
  image: string,
  generation: number,
  nodeSelector?: Record<string, string>,
): DaemonSet => ({
  metadata: {
    name,
    namespace: 'default',
    uid: `uid-${name}`,
    generation,
    annotations: { 'deprecated.daemonset.template.generation': String(generation) },
  },
  spec: {
    selector: { matchLabels: { app: name } },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%', maxSurge: 0 } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [{ name: 'agent', image, resources: { requests: { cpu: '100m', memory: '200Mi' } } }],
        ...(nodeSelector === undefined ? {} : { nodeSelector }),
      },
    },
  },
})

const readyCondition = { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }
function ready(pod: Pod, isReady = true): Pod {
  return {
    ...pod,
    status: { phase: 'Running', conditions: [{ ...readyCondition, status: isReady ? 'True' : 'False' }] },
  }
}

/** What it costs, in microseconds of the controller's CPU. */
function costOf(act: () => void): number {
  const before = shell.cpuUs
  act()
  return shell.cpuUs - before
}

/** The same where nothing else happens meanwhile: asking for the CPU at each event would cost as much as the event. */
function costOfEach(times: number, act: (i: number) => void): number {
  const before = process.cpuUsage()
  for (let i = 0; i < times; i++) shell.hear(() => act(i))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

/** Kubelets: what was made becomes ready, what was deleted goes; told in batches, as a busy watch does. */
function settle(): void {
  const batch = isReference ? 500 : 50
  while (shell.made.length > 0 || shell.deleted.length > 0) {
    const made = shell.made.splice(0, batch)
    const deleted = shell.deleted.splice(0, batch)
    const now = made.map((pod) => ready(shell.pods.get(`default/${pod.metadata.name}`)!))
    shell.tell(() => {
      for (const pod of now) shell.put('pods', pod)
      for (const pod of deleted) shell.remove(pod)
    })
  }
}

function heldBytes(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** A pod as a server tells of it: with what its kubelet and the owners of its fields wrote. */
function toldOf(i: number): Pod {
  const pod = podNumber(i, 'agent')
  const status = {
    phase: 'Running',
    hostIP: '10.0.0.1',
    podIP: '10.1.2.3',
    startTime: '2026-01-01T00:00:00Z',
    conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
      (type) => ({
        type,
        status: 'True',
        // In a rollout some dozens become ready in the same second.
        lastTransitionTime: new Date(shell.nowMs + 1000 * (i >> 5)).toISOString(),
      }),
    ),
    containerStatuses: pod.spec.containers.map(({ name, image = '' }) => ({
      name,
      image,
      imageID: `${image}@sha256:0000`,
      containerID: `containerd://${i}`,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
    })),
  }
  const metadata = {
    ...pod.metadata,
    uid: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    resourceVersion: String(100_000 + i),
    creationTimestamp: '2026-01-01T00:00:00Z',
    ownerReferences: [ownerReference({ name: 'agent', uid: '00000000-0000-4000-9000-000000000000' })],
    managedFields: [
      { manager: 'kubelet', operation: 'Update', fieldsV1: { 'f:status': { 'f:phase': {}, 'f:podIP': {} } } },
    ],
  }
  const spec = { ...pod.spec, nodeName: node(i).metadata.name! }
  return JSON.parse(JSON.stringify({ ...pod, metadata, spec, status }))
}

/** What a cache takes for each pod, with the indexes of the controllers. */
function bytesCached(keep: (pod: Pod) => Pod): number {
  const before = heldBytes()
  const mirror = new Mirror<Pod>(podIndexes)
  for (let i = 0; i < count; i++) mirror.apply({ do: 'put', object: keep(toldOf(i)) }, shell.nowMs)
  const bytes = (heldBytes() - before) / count
  if (mirror.cache.list().length !== count) throw new Error('the cache lost pods')
  return bytes
}

if (!isReference) {
  figures['bytes cached per pod, whole'] = bytesCached((pod) => pod)
  figures['bytes cached per pod'] = bytesCached(keeping()(pods) as unknown as (pod: Pod) => Pod)
}

let held = heldBytes()
shell.tell(() => {
  for (let i = 0; i < count; i++) shell.put('nodes', node(i))
})
figures['bytes held per node'] = (heldBytes() - held) / count

figures['create: CPU'] = costOf(() => shell.tell(() => shell.put('daemonSets', daemonSet('agent', 'agent:1', 1)))) / 1e6
held = heldBytes()
figures['create to ready: CPU'] = figures['create: CPU'] + costOf(settle) / 1e6
globalThis.gc?.()

const snapshot = shell.snapshot('default/agent')
const wholes = count >= 50_000 ? 3 : 15
const costs = Array.from({ length: 2 * wholes }, () => {
  const before = process.cpuUsage()
  reconcile(snapshot)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
})
// The first half warms up.
figures['a whole decision'] = costs.slice(wholes).sort((a, b) => a - b)[wholes >> 1]!

const all = [...shell.pods.list()]
const warm = Math.min(5000, times)
for (let i = 0; i < warm; i++) shell.tell(() => shell.put('pods', ready(all[i % all.length]!, i % 2 === 1)))
const before = shell.work()
const flaps = Array.from({ length: times }, (_, i) => ready(all[(i * 7919) % all.length]!, i % 2 === 1))
figures['one pod changed'] = costOfEach(times, (i) => shell.put('pods', flaps[i]!))
const after = shell.work()
figures['cells per changed pod'] = isReference ? count : (after.cells - before.cells) / times
for (let i = 0; i < all.length; i += 500) {
  shell.tell(() => {
    for (const pod of all.slice(i, i + 500)) shell.put('pods', ready(pod))
  })
  if (isReference && count > 20_000) i += 5_000
}

const joins = Math.min(times, 200)
const joined = Array.from({ length: joins }, (_, i) => node(1_000_000 + i))
figures['one node joined'] = costOfEach(joins, (i) => shell.put('nodes', joined[i]!))
settle()

const noise = Array.from({ length: times }, (_, i) => node(i % count, { unrelated: String(i) }))
figures['an unrelated label'] = costOfEach(times, (i) => shell.put('nodes', noise[i]!))

figures['rollout: CPU'] =
  costOf(() => {
    shell.tell(() => shell.put('daemonSets', { ...daemonSet('agent', 'agent:2', 2) }))
    settle()
  }) / 1e6
const updated = shell.pods.list().filter((pod) => pod.metadata.labels?.[templateGenerationLabel] === '2').length
if (updated !== shell.pods.list().length)
  throw new Error(`the rollout ended at ${updated} of ${shell.pods.list().length} pods`)

// Memory of what is cached and decided from, per pod: a second DaemonSet on all nodes.
held = heldBytes()
const podsBefore = shell.pods.list().length
shell.tell(() => shell.put('daemonSets', daemonSet('other', 'other:1', 1)))
settle()
figures['bytes held per pod'] = (heldBytes() - held) / (shell.pods.list().length - podsBefore)

if (count === 5000) {
  held = heldBytes()
  figures['500 DaemonSets: CPU'] =
    costOf(() => {
      for (let i = 0; i < 500; i++) {
        shell.tell(() => shell.put('daemonSets', daemonSet(`set-${i}`, 'x:1', 1, { [`set-${i}`]: 'yes' })))
      }
      settle()
    }) / 1e6
  figures['500 DaemonSets: MB held'] = (heldBytes() - held) / 1024 ** 2
  const small = shell.pods.list().filter((pod) => pod.metadata.labels?.app?.startsWith('set-'))
  const steady = Math.min(times, small.length)
  const changes = Array.from({ length: steady }, (_, i) => ready(small[(i * 31) % small.length]!, i % 2 === 0))
  figures['500 DaemonSets: one pod changed'] = costOfEach(steady, (i) => shell.put('pods', changes[i]!))
}

console.log(JSON.stringify(figures))
