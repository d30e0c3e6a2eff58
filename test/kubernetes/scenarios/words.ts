// What the scenarios are made of: steps, after each of which all is let come to rest and is looked at.
import { daemonSets, pods } from '../../../src/api/resources.ts'
import type { Pod, Taint } from '../../../src/api/types.ts'
import { eventually, type Stage } from '../stage.ts'

export type Step = (stage: Stage) => Promise<unknown>
export type NamedStep = readonly [what: string, step: Step]
export type Scenario = readonly [name: string, ...steps: NamedStep[]]

export const one: NamedStep = ['one node', (s) => s.addNodes('n1')]
export const two: NamedStep = ['two nodes', (s) => s.addNodes('n1 n2')]
export const three: NamedStep = ['three nodes', (s) => s.addNodes('n1 n2 n3')]
export const created: NamedStep = ['a DaemonSet', (s) => s.create()]
export const image = (n: number): NamedStep => [`image ${n}`, (s) => s.setImage(`logger:${n}`)]

export const rolling = (rollingUpdate: object) => ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } })
export const onDelete = { updateStrategy: { type: 'OnDelete' } }
export const surgeOfOne = rolling({ maxUnavailable: 0, maxSurge: 1 })

export const taint = (key: string, effect: Taint['effect'], value?: string): Taint => ({
  key,
  effect,
  ...(value === undefined ? {} : { value }),
})

/** As a simulated node reads them. */
export const neverReady = { 'simulated.everynode.dev/never-ready': 'true' }
export const pullError = { 'simulated.everynode.dev/pull-error': 'no such image' }

export const annotated = (annotations: object | null) => ({ spec: { template: { metadata: { annotations } } } })
export const templated = (spec: object) => ({ spec: { template: { spec } } })

export const required = (...nodeSelectorTerms: object[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
})
export const expression = (key: string, operator: string, ...values: string[]) => ({
  matchExpressions: [{ key, operator, ...(values.length === 0 ? {} : { values }) }],
})

/** B11: upstream's status does not say what became of the node until something else happens; ours does at once. */
export function woken(step: Step): Step {
  return async (stage) => {
    await step(stage)
    await stage.wake()
  }
}

/** Nobody's, or the owner's who is named. */
export function stranger(stage: Stage, name: string, node: string, metadata: object = {}): Promise<Pod> {
  return stage.client.create<Pod>(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: stage.namespace, labels: { app: 'logger' }, ...metadata },
    spec: { nodeName: stage.node(node), containers: [{ name: 'c', image: 'stranger:1' }] },
  })
}

export const orphaned: NamedStep = [
  'orphaned',
  async (s) => {
    await s.remove(daemonSets, 'logger', 'Orphan')
    await eventually(async () => (await s.pods()).every(({ metadata }) => metadata.ownerReferences === undefined))
    await isGone(s)
  },
]

export async function removedWithAll(stage: Stage, policy: 'Background' | 'Foreground' = 'Background'): Promise<void> {
  await stage.remove(daemonSets, 'logger', policy)
  await eventually(async () => (await stage.pods()).length === 0 && (await stage.revisions()).length === 0)
  await isGone(stage)
}

function isGone({ client, namespace }: Stage): Promise<void> {
  return eventually(async () => (await client.list(daemonSets, { namespace })).items.length === 0)
}
