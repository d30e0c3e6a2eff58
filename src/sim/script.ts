// What people do to a cluster while everything goes wrong: a script that the seed writes, one act at a time.

import { runtimeLabel, simulatedRuntime } from '../agent/runtime-label.ts'
import { daemonSets, nodes, pods } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import type { ApiObject, DaemonSet, Node } from '../api/types.ts'
import { Unreachable } from '../client/unreachable.ts'
import { Chance } from './chance.ts'
import type { Swarm } from './swarm.ts'
import type { World } from './world.ts'

export const annotationPrefix = 'simulated.everynode.dev/'
const namespace = 'default'

/** Undefined: there is nothing to do it to. */
type Act = (stage: Stage) => { readonly what: string; readonly act: () => Promise<unknown> } | undefined

interface Stage {
  readonly world: World
  readonly chance: Chance
  readonly swarm: Swarm
}

/** Starts to do something now and then; returns the way to stop. */
export function startScript(world: World, swarm: Swarm, seed: number): () => void {
  const chance = new Chance(seed, 'script')
  const stage = { world, chance, swarm }
  let isOver = false
  const next = () => {
    world.scheduler.after(chance.spread(1, 2 * swarm.userEveryMs), () => {
      if (isOver) return
      perform(world, chance.ofWeighted(acts)(stage))
      next()
    })
  }
  next()
  return () => {
    isOver = true
  }
}

export function perform(world: World, one: ReturnType<Act>): void {
  if (one === undefined) return
  world.transcript.say('user', one.what)
  one.act().catch((error: unknown) => {
    // The server may be away, and what was meant may be gone: a person shrugs. Anything else is no answer to expect.
    const expected = ['NotFound', 'AlreadyExists', 'Conflict', 'Forbidden', 'ServiceUnavailable', 'Timeout']
    if (error instanceof Unreachable || expected.includes(reasonOf(error) ?? '')) return
    world.violated('API', `${one.what}: ${error}`)
  })
}

export function daemonSetNamed(name: string, image: string, spec: Partial<DaemonSet['spec']> = {}): DaemonSet {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'c', image }], terminationGracePeriodSeconds: 2 },
      },
      ...spec,
    },
  }
}

export function nodeNamed(name: string, labels: Record<string, string> = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { ...labels, [runtimeLabel]: simulatedRuntime } },
  }
}

const createDaemonSet: Act = ({ world, chance, swarm }) => {
  const name = `set-${chance.between(1, swarm.daemonSets)}`
  const image = `${name}:${chance.between(1, 3)}`
  const rollingUpdate = chance.of([
    { maxUnavailable: 1 },
    { maxUnavailable: 2 },
    { maxUnavailable: '50%' },
    { maxUnavailable: 0, maxSurge: 1 },
    { maxUnavailable: 0, maxSurge: '50%' },
  ])
  const updateStrategy = chance.happens(0.12) ? { type: 'OnDelete' } : { type: 'RollingUpdate', rollingUpdate }
  const minReadySeconds = chance.of([0, 0, 0, 3])
  const object = daemonSetNamed(name, image, {
    updateStrategy,
    minReadySeconds,
    revisionHistoryLimit: chance.of([1, 10]),
  })
  if (chance.happens(0.2)) object.spec.template.spec.nodeSelector = { disk: 'ssd' }
  if (chance.happens(0.2)) object.spec.template.spec.tolerations = [{ key: 'broken', operator: 'Exists' }]
  const how = JSON.stringify({ ...updateStrategy, minReadySeconds, ...object.spec.template.spec.nodeSelector })
  return { what: `create daemonset ${name} ${image} ${how}`, act: () => world.admin.create(daemonSets, object) }
}

const setImage: Act = ({ world, chance }) => {
  const name = anyDaemonSet(world, chance)
  if (name === undefined) return undefined
  const image = `${name}:${chance.between(1, 4)}`
  return patch(world, name, `set image of ${name} to ${image}`, {
    spec: { template: { spec: { containers: [{ name: 'c', image }] } } },
  })
}

/** A template that does not work: pods that never serve, or end at once. */
const setBad: Act = ({ world, chance }) => {
  const name = anyDaemonSet(world, chance)
  if (name === undefined) return undefined
  const annotations = chance.of<Record<string, string>>([
    { [`${annotationPrefix}never-ready`]: 'true' },
    { [`${annotationPrefix}exit-after-ms`]: '1500', [`${annotationPrefix}exit-code`]: '1' },
    { [`${annotationPrefix}start-error`]: 'no such file' },
    { [`${annotationPrefix}pull-error`]: 'not found' },
    { [`${annotationPrefix}ready-after-ms`]: '8000' },
    { [`${annotationPrefix}ignore-sigterm`]: 'true' },
  ])
  return patch(world, name, `give ${name} a bad template: ${Object.keys(annotations)}`, {
    spec: { template: { metadata: { annotations } } },
  })
}

const setGood: Act = ({ world, chance }) => {
  const name = anyDaemonSet(world, chance)
  if (name === undefined) return undefined
  return patch(world, name, `give ${name} a good template`, { spec: { template: { metadata: { annotations: null } } } })
}

const setStrategy: Act = ({ world, chance }) => {
  const name = anyDaemonSet(world, chance)
  if (name === undefined) return undefined
  const updateStrategy = chance.of([
    { type: 'OnDelete', rollingUpdate: null },
    { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '50%', maxSurge: 0 } },
    { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
  ])
  return patch(world, name, `set strategy of ${name} to ${JSON.stringify(updateStrategy)}`, {
    spec: { updateStrategy },
  })
}

const deleteDaemonSet: Act = ({ world, chance }) => {
  const name = anyDaemonSet(world, chance)
  if (name === undefined) return undefined
  const propagationPolicy = chance.of(['Background', 'Foreground', 'Orphan'] as const)
  return {
    what: `delete daemonset ${name} ${propagationPolicy}`,
    act: () => world.admin.delete(daemonSets, { namespace, name }, { propagationPolicy }),
  }
}

const addNode: Act = ({ world, chance, swarm }) => {
  const name = `n${chance.between(1, swarm.nodes + 2)}`
  const labels = chance.happens(0.5) ? { disk: 'ssd' } : undefined
  return { what: `add node ${name}`, act: () => world.admin.create(nodes, nodeNamed(name, labels)) }
}

const removeNode: Act = ({ world, chance }) => {
  const name = anyNode(world, chance)
  if (name === undefined) return undefined
  return { what: `remove node ${name}`, act: () => world.admin.delete(nodes, { name }) }
}

const labelNode: Act = ({ world, chance }) => {
  const name = anyNode(world, chance)
  if (name === undefined) return undefined
  const disk = chance.of(['ssd', 'hdd', null])
  const body = { metadata: { labels: { disk } } }
  return {
    what: `label node ${name} disk=${disk}`,
    act: () => world.admin.patch(nodes, { name }, { type: 'merge', body }),
  }
}

const taintNode: Act = ({ world, chance }) => {
  const name = anyNode(world, chance)
  if (name === undefined) return undefined
  const effect = chance.of(['NoSchedule', 'NoExecute', 'none', 'none'])
  return {
    what: `taint node ${name} broken:${effect}`,
    act: async () => {
      const node = await world.admin.get<Node>(nodes, { name })
      const others = (node.spec?.taints ?? []).filter(({ key }) => key !== 'broken')
      const taints = effect === 'none' ? others : [...others, { key: 'broken', effect }]
      const { resourceVersion } = node.metadata
      return world.admin.patch(
        nodes,
        { name },
        { type: 'merge', body: { metadata: { resourceVersion }, spec: { taints } } },
      )
    },
  }
}

const cordon: Act = ({ world, chance }) => {
  const name = anyNode(world, chance)
  if (name === undefined) return undefined
  const unschedulable = chance.happens(0.5)
  return {
    what: `${unschedulable ? 'cordon' : 'uncordon'} ${name}`,
    act: () => world.admin.patch(nodes, { name }, { type: 'merge', body: { spec: { unschedulable } } }),
  }
}

const behave: Act = ({ world, chance }) => {
  const name = anyNode(world, chance)
  if (name === undefined) return undefined
  const [annotation, value] = chance.of([
    ['silent', 'true'],
    ['silent', null],
    ['never-ready', 'true'],
    ['start-ms', '10000'],
    ['stop-ms', '5000'],
    ['never-ready', null],
    ['start-ms', null],
  ] as const)
  if (annotation === 'never-ready') world.spoiled.add(name)
  const body = { metadata: { annotations: { [`${annotationPrefix}${annotation}`]: value } } }
  return {
    what: `node ${name}: ${annotation} ${value ?? 'no more'}`,
    act: () => world.admin.patch(nodes, { name }, { type: 'merge', body }),
  }
}

const deletePod: Act = ({ world, chance }) => {
  const pod = anyPod(world, chance)
  if (pod === undefined) return undefined
  const { name = '' } = pod.metadata
  const isForced = chance.happens(0.3)
  return {
    what: `delete pod ${name}${isForced ? ' by force' : ''}`,
    act: () => world.admin.delete(pods, { namespace, name }, isForced ? { gracePeriodSeconds: 0 } : {}),
  }
}

const evictPod: Act = ({ world, chance }) => {
  const pod = anyPod(world, chance)
  if (pod === undefined) return undefined
  const { name = '', uid } = pod.metadata
  const phase = chance.of(['Failed', 'Succeeded'])
  const body = { metadata: { uid }, status: { phase, reason: 'Evicted', conditions: null } }
  return {
    what: `pod ${name} ends: ${phase}`,
    act: () => world.admin.patch(pods, { namespace, name, subresource: 'status' }, { type: 'merge', body }),
  }
}

/** Away from its DaemonSet, or back to it. */
const relabelPod: Act = ({ world, chance }) => {
  const pod = anyPod(world, chance)
  if (pod === undefined) return undefined
  const { name = '' } = pod.metadata
  const app = chance.of(['nobody', `set-${chance.between(1, 3)}`])
  // Without the generation, or a DaemonSet that adopts it may take it for a pod of its own newest template (R5.5).
  const body = { metadata: { labels: { app, 'pod-template-generation': null } } }
  return {
    what: `label pod ${name} app=${app}`,
    act: () => world.admin.patch(pods, { namespace, name }, { type: 'merge', body }),
  }
}

const acts: readonly (readonly [weight: number, act: Act])[] = [
  [3, createDaemonSet],
  [6, setImage],
  [2, setBad],
  [3, setGood],
  [1, setStrategy],
  [1.5, deleteDaemonSet],
  [3, addNode],
  [1.5, removeNode],
  [3, labelNode],
  [3, taintNode],
  [1, cordon],
  [2, behave],
  [3, deletePod],
  [1, evictPod],
  [1, relabelPod],
]

/** The first acts of every seed: something must be there. */
export async function prepare(world: World, swarm: Swarm, seed: number): Promise<void> {
  const chance = new Chance(seed, 'prepare')
  const stage = { world, chance, swarm }
  for (let i = 1; i <= swarm.nodes; i++) {
    const labels = chance.happens(0.7) ? { disk: 'ssd' } : undefined
    perform(world, { what: `add node n${i}`, act: () => world.admin.create(nodes, nodeNamed(`n${i}`, labels)) })
  }
  for (let i = 0; i < swarm.daemonSets; i++) perform(world, createDaemonSet(stage))
  await world.run(5_000)
}

function patch(world: World, name: string, what: string, body: object): ReturnType<Act> {
  return { what, act: () => world.admin.patch(daemonSets, { namespace, name }, { type: 'strategic', body }) }
}

function anyDaemonSet({ judge }: World, chance: Chance): string | undefined {
  return any(judge.truth.liveDaemonSets(), chance)
}

function anyNode({ judge }: World, chance: Chance): string | undefined {
  return any(judge.truth.liveNodes(), chance)
}

function anyPod({ judge }: World, chance: Chance): ApiObject | undefined {
  const there = [...judge.truth.pods.values()].filter(({ goneMs }) => goneMs === undefined)
  return there.length === 0 ? undefined : chance.of(there).object
}

function any(records: readonly { readonly object: ApiObject }[], chance: Chance): string | undefined {
  return records.length === 0 ? undefined : chance.of(records).object.metadata.name
}
