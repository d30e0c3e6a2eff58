// The journeys of the sieve: short stories of three nodes and one DaemonSet, in which every write and every event is then
// disturbed once.

import { daemonSets, nodes, pods } from '../api/resources.ts'
import type { DaemonSet } from '../api/types.ts'
import { whatIsNotSettled } from './checks/settled.ts'
import { annotationPrefix, daemonSetNamed, nodeNamed, perform } from './script.ts'
import type { World } from './world.ts'

export interface Journey {
  readonly name: string
  readonly spec?: Partial<DaemonSet['spec']>
  /** What happens once there are three nodes with a pod each. */
  readonly act: (world: World) => Promise<void>
}

const namespace = 'default'
const logger = { namespace, name: 'logger' } as const
const atOnce = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2, maxSurge: 0 } }
const surging = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }

export const journeys: readonly Journey[] = [
  { name: 'create', act: async () => {} },
  { name: 'update', act: (world) => setImage(world, 2) },
  {
    name: 'update two at a time',
    spec: { updateStrategy: atOnce, minReadySeconds: 2 },
    act: (world) => setImage(world, 2),
  },
  { name: 'update by surge', spec: { updateStrategy: surging }, act: (world) => setImage(world, 2) },
  {
    name: 'rollback in the middle',
    act: async (world) => {
      await setImage(world, 2)
      await world.run(1_500)
      await setImage(world, 1)
    },
  },
  {
    name: 'on delete',
    spec: { updateStrategy: { type: 'OnDelete' } },
    act: async (world) => {
      await setImage(world, 2)
      // Until everybody has heard of it: whoever has not makes the old pod again, and rightly so.
      await world.run(15_000)
      await deleteFirstPod(world)
    },
  },
  {
    name: 'a node joins, another leaves',
    act: async (world) => {
      await doIt(world, 'add node n4', () => world.admin.create(nodes, nodeNamed('n4')))
      await doIt(world, 'remove node n2', () => world.admin.delete(nodes, { name: 'n2' }))
    },
  },
  {
    name: 'a taint comes and goes',
    act: async (world) => {
      await taint(world, [{ key: 'broken', effect: 'NoExecute' }])
      await world.run(3_000)
      await taint(world, [])
    },
  },
  {
    name: 'a label is lost',
    spec: withSelector(),
    act: (world) => label(world, 'n1', null),
  },
  { name: 'delete', act: (world) => deleteDaemonSet(world, 'Background') },
  { name: 'delete in the foreground', act: (world) => deleteDaemonSet(world, 'Foreground') },
  {
    name: 'delete, leave the pods, adopt them',
    act: async (world) => {
      await deleteDaemonSet(world, 'Orphan')
      const isGone = () => world.judge.truth.liveDaemonSets().length === 0
      for (let waited = 0; waited < 60 && !isGone(); waited++) await world.run(500)
      await createLogger(world, {})
    },
  },
  {
    name: 'a pod fails',
    act: async (world) => {
      const body = { status: { phase: 'Failed', reason: 'Evicted' } }
      const name = firstPod(world)
      await doIt(world, `pod ${name} fails`, () => {
        return world.admin.patch(pods, { namespace, name, subresource: 'status' }, { type: 'merge', body })
      })
    },
  },
  {
    name: 'a bad template, then a good one',
    act: async (world) => {
      await annotate(world, { [`${annotationPrefix}start-error`]: 'no such file' })
      await world.run(4_000)
      await annotate(world, null)
    },
  },
]

/** Three nodes, and the DaemonSet on each. */
export async function begin(world: World, { spec = {} }: Journey): Promise<void> {
  world.startServer()
  world.startControllers()
  world.startFleet()
  await world.run(1_000)
  for (const name of ['n1', 'n2', 'n3']) {
    perform(world, { what: `add node ${name}`, act: () => world.admin.create(nodes, nodeNamed(name, { disk: 'ssd' })) })
  }
  await world.run(2_000)
  await createLogger(world, spec)
  await world.run(3_000)
  // A journey goes on from where it is meant to, however long its beginning was held up.
  for (let waited = 0; waited < 60 && !isSettled(world); waited++) await world.run(500)
}

function isSettled({ judge: { truth }, scheduler }: World): boolean {
  truth.nowMs = scheduler.now()
  return whatIsNotSettled(truth).length === 0
}

async function createLogger(world: World, spec: Partial<DaemonSet['spec']>): Promise<void> {
  await doIt(world, 'create daemonset logger', () => {
    return world.admin.create(daemonSets, daemonSetNamed('logger', 'logger:1', spec))
  })
}

async function setImage(world: World, version: number): Promise<void> {
  const containers = [{ name: 'c', image: `logger:${version}` }]
  await doIt(world, `set image logger:${version}`, () => {
    return world.admin.patch(daemonSets, logger, {
      type: 'strategic',
      body: { spec: { template: { spec: { containers } } } },
    })
  })
}

async function annotate(world: World, annotations: Record<string, string> | null): Promise<void> {
  await doIt(world, annotations === null ? 'a good template' : 'a bad template', () => {
    return world.admin.patch(daemonSets, logger, {
      type: 'merge',
      body: { spec: { template: { metadata: { annotations } } } },
    })
  })
}

async function deleteDaemonSet(world: World, propagationPolicy: 'Background' | 'Foreground' | 'Orphan'): Promise<void> {
  await doIt(world, `delete daemonset logger ${propagationPolicy}`, () => {
    return world.admin.delete(daemonSets, logger, { propagationPolicy })
  })
}

async function deleteFirstPod(world: World): Promise<void> {
  const name = firstPod(world)
  await doIt(world, `delete pod ${name}`, () => world.admin.delete(pods, { namespace, name }))
}

async function taint(world: World, taints: readonly { key: string; effect: string }[]): Promise<void> {
  await doIt(world, `taint n2: ${taints.map(({ effect }) => effect).join() || 'none'}`, () => {
    return world.admin.patch(nodes, { name: 'n2' }, { type: 'merge', body: { spec: { taints } } })
  })
}

async function label(world: World, name: string, disk: string | null): Promise<void> {
  await doIt(world, `label ${name} disk=${disk}`, () => {
    return world.admin.patch(nodes, { name }, { type: 'merge', body: { metadata: { labels: { disk } } } })
  })
}

async function doIt(world: World, what: string, act: () => Promise<unknown>): Promise<void> {
  perform(world, { what, act })
  await world.run(50)
}

function firstPod(world: World): string {
  const there = [...world.judge.truth.pods.values()].filter(({ goneMs }) => goneMs === undefined)
  return there.find(({ object }) => object.spec.nodeName === 'n1')?.object.metadata.name ?? 'none'
}

function withSelector(): Partial<DaemonSet['spec']> {
  const { template } = daemonSetNamed('logger', 'logger:1').spec
  return { template: { ...template, spec: { ...template.spec, nodeSelector: { disk: 'ssd' } } } }
}
