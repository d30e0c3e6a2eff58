// A new pod beside the old one first: R5.10 to R5.13, R4.8.
import {
  annotated,
  image,
  neverReady,
  one,
  rolling,
  type Scenario,
  surgeOfOne,
  taint,
  templated,
  three,
} from './words.ts'

export const surges: readonly Scenario[] = [
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
    one,
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
    'a surge of half, and with minReadySeconds (SurgePreservesOldReadyWithUnsatisfiedMinReady)',
    three,
    ['half', (s) => s.create(rolling({ maxUnavailable: 0, maxSurge: '50%' }))],
    image(2),
    ['a second', (s) => s.patch({ spec: { minReadySeconds: 1 } })],
    image(3),
  ],
  [
    'DaemonSetUpdatesAllOldPodsNotReadyMaxSurge: whoever does not serve is replaced at once (R5.12)',
    three,
    ['never ready', (s) => s.create(surgeOfOne, { annotations: neverReady })],
    ['a good one', (s) => s.patch(annotated(null))],
  ],
  [
    'DaemonSetUpdatesPodsNotMatchTaintsWithMaxSurge: the pod of a node that is no longer tolerated goes too (B17)',
    three,
    ['tainted', (s) => s.taint('n1', taint('k', 'NoSchedule'))],
    ['tolerated', (s) => s.create(surgeOfOne, { tolerations: [{ key: 'k', operator: 'Exists' }] })],
    ['no longer', (s) => s.patch(templated({ tolerations: null }))],
  ],
  [
    'SurgeCreatesNewPodWhenAtMaxSurgeAndOldPodDeleted',
    one,
    ['surge of one', (s) => s.create(surgeOfOne)],
    ['a bad version', (s) => s.patch(annotated(neverReady))],
    ['the old one is deleted', (s) => s.deletePod('n1')],
    ['a good one', (s) => s.patch(annotated(null))],
  ],
  [
    'a node joins a surge that stands still: it gets the new one alone',
    one,
    ['surge of one', (s) => s.create(surgeOfOne)],
    ['a bad version', (s) => s.patch(annotated(neverReady))],
    ['a node joins', (s) => s.addNodes('n2')],
  ],
  [
    'from surge to none while two pods are on a node: the older one stays until it is its turn (R4.8)',
    one,
    ['surge of one', (s) => s.create(surgeOfOne)],
    ['a bad version', (s) => s.patch(annotated(neverReady))],
    ['no surge', (s) => s.patch({ spec: rolling({ maxUnavailable: 1, maxSurge: 0 }) })],
  ],
  [
    'a surge while a node is cordoned and another leaves',
    three,
    ['surge of one', (s) => s.create(surgeOfOne)],
    ['cordon', (s) => s.patchNode('n1', { spec: { unschedulable: true } })],
    image(2),
  ],
]
