// What becomes of pods, ours and others': R4.1 to R4.21, R8.1 to R8.9.
import { configMaps, pods } from '../../../src/api/resources.ts'
import type { ApiObject } from '../../../src/api/types.ts'
import {
  created,
  image,
  onDelete,
  one,
  orphaned,
  removedWithAll,
  type Scenario,
  stranger,
  three,
  two,
} from './words.ts'

export const lives: readonly Scenario[] = [
  ['a pod on each node, and again when one is deleted', three, created, ['a pod goes', (s) => s.deletePod('n2')]],
  [
    'a failed pod is replaced',
    two,
    created,
    ['it fails', (s) => s.patchPod('n1', { status: { phase: 'Failed', reason: 'Evicted' } }, 'status')],
  ],
  [
    'a pod that ended is replaced',
    two,
    created,
    ['it succeeds', (s) => s.patchPod('n1', { status: { phase: 'Succeeded' } }, 'status')],
  ],
  ['deleted in the background: all of it goes', two, created, ['deleted', (s) => removedWithAll(s)]],
  [
    'a pod that loses its label is released, and one that gets it back is one too many',
    one,
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
  ['orphans are adopted, and nothing is restarted', two, created, orphaned, ['again', (s) => s.create()]],
  [
    'orphans of another template are adopted, and replaced',
    two,
    created,
    orphaned,
    ['again', (s) => s.create({}, { terminationGracePeriodSeconds: 5 })],
  ],
  [
    'a stranger with our labels is adopted, and replaced by the template',
    one,
    ['a pod of nobody', (s) => stranger(s, 'stranger', 'n1')],
    created,
  ],
  [
    'DealsWithExistingPods: one a node is kept, the oldest, and what is not ours (R4.1, R4.10)',
    ['four nodes', (s) => s.addNodes('n1 n2 n3 n4')],
    [
      'none, one, two, five; and two of others',
      async (s) => {
        for (const [node, count] of [
          ['n2', 1],
          ['n3', 2],
          ['n4', 5],
        ] as const) {
          for (let i = 1; i <= count; i++) await stranger(s, `stranger-${node}-${i}`, node)
        }
        for (const name of ['other-1', 'other-2']) await stranger(s, name, 'n4', { labels: { app: 'other' } })
      },
    ],
    ['a DaemonSet', (s) => s.create(onDelete)],
  ],
  [
    'a pod with our labels that has an owner is not ours (R4.2)',
    one,
    [
      'somebody else has one',
      async (s) => {
        const { metadata } = await s.client.create<ApiObject>(configMaps, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'owner', namespace: s.namespace },
        })
        const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: metadata.uid, controller: true }
        await stranger(s, 'owned', 'n1', { ownerReferences: [owner] })
      },
    ],
    created,
  ],
  [
    'two DaemonSets of one selector: each has its own (B21)',
    two,
    created,
    ['a twin', (s) => s.create({}, {}, 'twin')],
    image(2),
  ],
  [
    'SimpleDaemonSetRestartsPodsOnTerminalPhase: one that has ended and is held is replaced (R4.6, R8.8)',
    one,
    created,
    ['held', (s) => s.patchPod('n1', { metadata: { finalizers: ['everynode.test/hold'] } })],
    ['it ends', (s) => s.patchPod('n1', { status: { phase: 'Succeeded' } }, 'status')],
  ],
  [
    'DaemonKillFailedPodsBackoff: again, after a while (R4.13)',
    one,
    created,
    ['it fails', (s) => s.patchPod('n1', { status: { phase: 'Failed' } }, 'status')],
    ['and again', (s) => s.patchPod('n1', { status: { phase: 'Failed' } }, 'status')],
  ],
  [
    'a pod that is no longer ready (NumberReadyStatus)',
    two,
    ['ready for a moment', (s) => s.create({}, { annotations: { 'simulated.everynode.dev/unready-after-ms': '300' } })],
  ],
  ['a pod is deleted by force', two, created, ['without a word', (s) => s.deletePod('n1', { gracePeriodSeconds: 0 })]],
  [
    'deleted in the foreground, and made again under its name (ExpectationsOnRecreate)',
    two,
    created,
    ['deleted', (s) => removedWithAll(s, 'Foreground')],
    ['again', (s) => s.create()],
  ],
  ['all pods are deleted at once', three, created, ['all of them', (s) => s.deletePods()]],
  [
    'a dozen nodes: a slow start, and events that are told together (R4.18, R9.10)',
    ['twelve nodes', (s) => s.addNodes(Array.from({ length: 12 }, (_, i) => `n${i + 10}`).join(' '))],
    created,
  ],
]
