// A new template, one node after the other: R5.1 to R5.17 without a surge.
import { podDisruptionBudgets } from '../../../src/api/resources.ts'
import { eventually } from '../stage.ts'
import {
  annotated,
  created,
  image,
  neverReady,
  one,
  pullError,
  rolling,
  type Scenario,
  taint,
  templated,
  three,
  two,
} from './words.ts'

export const rollouts: readonly Scenario[] = [
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
    'a rollout that stands still, and goes on',
    one,
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
    'a change that is none of the template',
    three,
    created,
    ['minReadySeconds', (s) => s.patch({ spec: { minReadySeconds: 1 } })],
  ],
  ['available after minReadySeconds', three, ['a second', (s) => s.create({ minReadySeconds: 1 })], image(2)],
  [
    'labels and annotations of the template are those of the pods',
    one,
    created,
    [
      'annotated',
      (s) => s.patch({ spec: { template: { metadata: { annotations: { a: 'b' }, labels: { tier: 'x' } } } } }),
    ],
  ],
  [
    'host ports',
    two,
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
    'all at a time, and one of a hundred (R5.2)',
    three,
    ['all', (s) => s.create(rolling({ maxUnavailable: '100%' }))],
    image(2),
    ['one of a hundred is one', (s) => s.patch({ spec: rolling({ maxUnavailable: '1%' }) })],
    image(3),
  ],
  [
    'DaemonSetUpdatesAllOldPodsNotReady: they go at once, beyond maxUnavailable (R5.9, B1)',
    three,
    ['never ready', (s) => s.create({}, { annotations: neverReady })],
    ['a good one', (s) => s.patch(annotated(null))],
  ],
  [
    'DaemonSetUpdatesSaveOldHealthyPods: what does not serve goes first, and the others stay (R5.10)',
    three,
    [
      'not ready on n2',
      (s) => s.create({}, { annotations: { ...neverReady, 'simulated.everynode.dev/on-nodes': s.node('n2') } }),
    ],
    ['a bad one', (s) => s.patch(annotated({ ...neverReady, 'simulated.everynode.dev/on-nodes': null }))],
    ['a good one', (s) => s.patch(annotated(null))],
  ],
  [
    'should rollback without unnecessary restarts',
    three,
    created,
    [
      'a bad one, and back before it is everywhere',
      async (s) => {
        await s.patch(annotated(pullError))
        await eventually(async () => (await s.pods()).some(({ metadata }) => metadata.annotations !== undefined))
        await s.settle()
        await s.patch(annotated(null))
      },
    ],
  ],
  [
    'a toleration is taken away: the pod of the tainted node goes and none follows',
    three,
    ['tainted', (s) => s.taint('n1', taint('k', 'NoSchedule'))],
    ['tolerated', (s) => s.create({}, { tolerations: [{ key: 'k', operator: 'Exists' }] })],
    ['no longer', (s) => s.patch(templated({ tolerations: null }))],
  ],
  [
    'rollout restart',
    two,
    created,
    ['restarted', (s) => s.patch(annotated({ 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' }))],
  ],
  [
    'RollingUpdate to OnDelete while an update stands still',
    one,
    created,
    ['a bad version', (s) => s.patch(annotated(pullError))],
    ['OnDelete', (s) => s.patch({ spec: { updateStrategy: { type: 'OnDelete', rollingUpdate: null } } })],
    ['a good one waits', (s) => s.patch(annotated(null))],
    ['and comes', (s) => s.deletePod('n1')],
  ],
  [
    'disruption budgets do not hold an update (R8.9)',
    two,
    [
      'a budget of none',
      (s) =>
        s.client.create(podDisruptionBudgets, {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name: 'logger', namespace: s.namespace },
          spec: { maxUnavailable: 0, selector: { matchLabels: { app: 'logger' } } },
        } as never),
    ],
    created,
    image(2),
  ],
  [
    'IsPodUpdated: either label is enough, and none of them is old (R5.5)',
    two,
    created,
    ['no hash', (s) => s.patchPod('n1', { metadata: { labels: { 'controller-revision-hash': null } } })],
    [
      'another hash, another generation',
      (s) =>
        s.patchPod('n2', { metadata: { labels: { 'controller-revision-hash': 'x', 'pod-template-generation': '7' } } }),
    ],
  ],
]
