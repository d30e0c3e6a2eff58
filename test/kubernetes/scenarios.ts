// What is played on both control planes: steps, after each of which all is let come to rest and is looked at.
import { daemonSets, pods } from '../../src/api/resources.ts'
import { eventually, type Stage } from './stage.ts'

export type Step = (stage: Stage) => Promise<unknown>
export type Scenario = readonly [name: string, ...steps: (readonly [what: string, step: Step])[]]

const three: readonly [string, Step] = ['three nodes', (s) => s.addNodes('n1 n2 n3')]
const created: readonly [string, Step] = ['a DaemonSet', (s) => s.create()]
const image = (n: number): readonly [string, Step] => [`image ${n}`, (s) => s.setImage(`logger:${n}`)]
const rolling = (rollingUpdate: object) => ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } })
const ssd = { nodeSelector: { disk: 'ssd' } }
const ssdAffinity = {
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] },
          { matchExpressions: [{ key: 'zone', operator: 'Exists' }] },
        ],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, preference: { matchExpressions: [{ key: 'x', operator: 'Exists' }] } },
      ],
    },
  },
}

/** B11: upstream's status does not say what became of the node until something else happens; ours does at once. */
function woken(step: Step): Step {
  return async (stage) => {
    await step(stage)
    await stage.wake()
  }
}

export const scenarios: readonly Scenario[] = [
  ['no nodes: nothing, and a status that says so', created],
  ['a pod on each node, and again when one is deleted', three, created, ['a pod goes', (s) => s.deletePod('n2')]],
  [
    'nodes join and leave',
    three,
    created,
    ['one joins', (s) => s.addNodes('n4')],
    ['one leaves', woken((s) => s.removeNode('n1'))],
  ],
  [
    'a node selector: none, one, away again, another selector',
    three,
    ['selected', (s) => s.create({}, ssd)],
    ['labelled', (s) => s.label('n2', { disk: 'ssd' })],
    ['labelled away', (s) => s.label('n2', { disk: 'hdd' })],
    ['for hdd', (s) => s.patch({ spec: { template: { spec: { nodeSelector: { disk: 'hdd' } } } } })],
  ],
  [
    'required affinity, merged with the pin',
    ['nodes', (s) => s.addNodes('n1', { disk: 'ssd' })],
    ['more', (s) => s.addNodes('n2 n3', { zone: 'a' })],
    ['none of them', (s) => s.addNodes('n4')],
    ['a DaemonSet', (s) => s.create({}, ssdAffinity)],
  ],
  [
    'taints: NoSchedule keeps, NoExecute removes, a toleration brings back',
    three,
    created,
    ['NoSchedule', woken((s) => s.taint('n1', { key: 'k', value: 'v', effect: 'NoSchedule' }))],
    ['its pod goes', (s) => s.deletePod('n1')],
    ['NoExecute', (s) => s.taint('n2', { key: 'k', value: 'v', effect: 'NoExecute' })],
    [
      'tolerated',
      (s) => s.patch({ spec: { template: { spec: { tolerations: [{ key: 'k', operator: 'Exists' }] } } } }),
    ],
    ['taken away', (s) => s.taint('n1')],
  ],
  [
    'a cordoned node has its pod all the same',
    three,
    ['cordon', (s) => s.patchNode('n1', { spec: { unschedulable: true } })],
    created,
  ],
  ['a rolling update, one at a time', three, created, image(2)],
  [
    'a rolling update with maxUnavailable 2, and 50%',
    three,
    ['two', (s) => s.create(rolling({ maxUnavailable: 2 }))],
    image(2),
    ['half', (s) => s.patch({ spec: rolling({ maxUnavailable: '50%' }) })],
    image(3),
  ],
  [
    'a surge',
    three,
    ['surge of one', (s) => s.create(rolling({ maxUnavailable: 0, maxSurge: 1 }))],
    image(2),
    ['and of all', (s) => s.patch({ spec: rolling({ maxUnavailable: 0, maxSurge: '100%' }) })],
    image(3),
  ],
  [
    'a surge that cannot become ready keeps the old pods',
    ['one node', (s) => s.addNodes('n1')],
    ['surge of one', (s) => s.create(rolling({ maxUnavailable: 0, maxSurge: 1 }))],
    [
      'a bad version',
      (s) =>
        s.patch({
          spec: { template: { metadata: { annotations: { 'simulated.everynode.dev/never-ready': 'true' } } } },
        }),
    ],
    ['back', (s) => s.patch({ spec: { template: { metadata: { annotations: null } } } })],
  ],
  [
    'a rollout that stands still, and goes on',
    ['one node', (s) => s.addNodes('n1')],
    created,
    [
      'a bad version',
      (s) =>
        s.patch({
          spec: { template: { metadata: { annotations: { 'simulated.everynode.dev/pull-error': 'no such image' } } } },
        }),
    ],
    ['a node joins', (s) => s.addNodes('n2')],
    ['a good one', (s) => s.patch({ spec: { template: { metadata: { annotations: null } } } })],
  ],
  [
    'OnDelete: nothing moves until a pod is deleted',
    three,
    ['OnDelete', (s) => s.create({ updateStrategy: { type: 'OnDelete' } })],
    image(2),
    ['a pod goes', (s) => s.deletePod('n1')],
    ['RollingUpdate', (s) => s.patch({ spec: { updateStrategy: { type: 'RollingUpdate' } } })],
  ],
  [
    'undo: the old revision is renumbered, no third is made',
    ['two nodes', (s) => s.addNodes('n1 n2')],
    created,
    image(2),
    ['undo', async (s) => s.patch((await s.revisions())[0]!.data)],
  ],
  [
    'a short history',
    three,
    ['one is kept', (s) => s.create({ revisionHistoryLimit: 1 })],
    image(2),
    image(3),
    image(4),
  ],
  [
    'none is kept',
    ['one node', (s) => s.addNodes('n1')],
    ['none', (s) => s.create({ revisionHistoryLimit: 0 })],
    image(2),
    image(3),
  ],
  [
    'a change that is none of the template',
    three,
    created,
    ['minReadySeconds', (s) => s.patch({ spec: { minReadySeconds: 1 } })],
  ],
  ['available after minReadySeconds', three, ['a second', (s) => s.create({ minReadySeconds: 1 })], image(2)],
  [
    'a failed pod is replaced',
    ['two nodes', (s) => s.addNodes('n1 n2')],
    created,
    ['it fails', (s) => s.patchPod('n1', { status: { phase: 'Failed', reason: 'Evicted' } }, 'status')],
  ],
  [
    'a pod that ended is replaced',
    ['two nodes', (s) => s.addNodes('n1 n2')],
    created,
    ['it succeeds', (s) => s.patchPod('n1', { status: { phase: 'Succeeded' } }, 'status')],
  ],
  [
    'orphans are adopted, and nothing is restarted',
    ['two nodes', (s) => s.addNodes('n1 n2')],
    created,
    [
      'orphaned',
      async (s) => {
        await s.remove(daemonSets, 'logger', 'Orphan')
        await eventually(async () => (await s.pods()).every(({ metadata }) => metadata.ownerReferences === undefined))
        await eventually(async () => (await s.client.list(daemonSets, { namespace: s.namespace })).items.length === 0)
      },
    ],
    ['again', (s) => s.create()],
  ],
  [
    'orphans of another template are adopted, and replaced',
    ['two nodes', (s) => s.addNodes('n1 n2')],
    created,
    [
      'orphaned',
      async (s) => {
        await s.remove(daemonSets, 'logger', 'Orphan')
        await eventually(async () => (await s.client.list(daemonSets, { namespace: s.namespace })).items.length === 0)
      },
    ],
    ['again', (s) => s.create({}, { terminationGracePeriodSeconds: 5 })],
  ],
  [
    'deleted in the background: all of it goes',
    ['two nodes', (s) => s.addNodes('n1 n2')],
    created,
    [
      'deleted',
      async (s) => {
        await s.remove(daemonSets, 'logger', 'Background')
        await eventually(async () => (await s.pods()).length === 0 && (await s.revisions()).length === 0)
      },
    ],
  ],
  [
    'a pod that loses its label is released, and one that gets it back is one too many',
    ['one node', (s) => s.addNodes('n1')],
    created,
    ['released', (s) => s.patchPod('n1', { metadata: { labels: { app: 'other' } } })],
    [
      'back',
      async (s) => {
        const released = (await s.pods()).find(({ metadata }) => metadata.labels?.app === 'other')!
        const at = { namespace: s.namespace, name: released.metadata.name! }
        await s.client.patch(pods, at, { type: 'merge', body: { metadata: { labels: { app: 'logger' } } } })
      },
    ],
  ],
  [
    'a stranger with our labels is adopted, and replaced by the template',
    ['one node', (s) => s.addNodes('n1')],
    [
      'a pod of nobody',
      (s) =>
        s.client.create(pods, {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'stranger', namespace: s.namespace, labels: { app: 'logger' } },
          spec: { nodeName: s.node('n1'), containers: [{ name: 'c', image: 'stranger:1' }] },
        }),
    ],
    created,
  ],
  [
    'no room: the pods are made, and wait for the scheduler',
    ['two nodes', (s) => s.addNodes('n1 n2')],
    [
      'a large one',
      (s) => s.create({}, { containers: [{ name: 'c', image: 'logger:1', resources: { requests: { cpu: '100' } } }] }),
    ],
    [
      'a small one',
      (s) =>
        s.patch({
          spec: { template: { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }] } } },
        }),
    ],
  ],
  [
    'the network of the host: one toleration more',
    ['one node', (s) => s.addNodes('n1')],
    ['hostNetwork', (s) => s.create({}, { hostNetwork: true })],
  ],
  [
    'host ports',
    ['two nodes', (s) => s.addNodes('n1 n2')],
    [
      'a port',
      (s) =>
        s.create(
          {},
          { containers: [{ name: 'c', image: 'logger:1', ports: [{ containerPort: 80, hostPort: 8080 }] }] },
        ),
    ],
    image(2),
  ],
  [
    'tolerations of its own',
    ['one node', (s) => s.addNodes('n1')],
    [
      'tolerant',
      (s) =>
        s.create(
          {},
          {
            tolerations: [
              { operator: 'Exists', effect: 'NoExecute' },
              { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
            ],
          },
        ),
    ],
  ],
  [
    'labels and annotations of the template are those of the pods',
    ['one node', (s) => s.addNodes('n1')],
    created,
    [
      'annotated',
      (s) => s.patch({ spec: { template: { metadata: { annotations: { a: 'b' }, labels: { tier: 'x' } } } } }),
    ],
  ],
  [
    'a name that is taken by another revision: a collision is counted',
    ['one node', (s) => s.addNodes('n1')],
    created,
    [
      'the name is taken',
      async (s) => {
        const [revision] = await s.revisions()
        await s.remove(daemonSets, 'logger', 'Background')
        await eventually(async () => (await s.pods()).length === 0 && (await s.revisions()).length === 0)
        const { name } = revision!.metadata
        await s.client.create({ ...daemonSets, plural: 'controllerrevisions', kind: 'ControllerRevision' }, {
          apiVersion: 'apps/v1',
          kind: 'ControllerRevision',
          metadata: { name: name!, namespace: s.namespace },
          data: { other: true },
          revision: 7,
        } as never)
      },
    ],
    ['again', (s) => s.create()],
  ],
]
