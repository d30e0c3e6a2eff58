// On which nodes a pod is: R3.1 to R3.15, and what upstream's tests of `NodeShouldRunDaemonPod` ask.
import { created, expression, one, required, type Scenario, taint, templated, three, two, woken } from './words.ts'

const ssd = { nodeSelector: { disk: 'ssd' } }
const ssdAffinity = {
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [expression('disk', 'In', 'ssd'), expression('zone', 'Exists')],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: expression('x', 'Exists') }],
    },
  },
}

export const placement: readonly Scenario[] = [
  ['no nodes: nothing, and a status that says so', created],
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
  ['the network of the host: one toleration more', one, ['hostNetwork', (s) => s.create({}, { hostNetwork: true })]],
  [
    'tolerations of its own',
    one,
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
    'PreferNoSchedule keeps nobody off (R3.6)',
    two,
    ['preferred not', (s) => s.taint('n1', taint('k', 'PreferNoSchedule'))],
    created,
  ],
  [
    'TaintedNode: none on it, and one when the taint is gone (R3.4)',
    two,
    ['tainted', (s) => s.taint('n1', taint('k', 'NoSchedule'))],
    created,
    ['the taint goes', (s) => s.taint('n1')],
  ],
  [
    'NotReadyNodeDaemonLaunchesPod, UnreachableNodeDaemonLaunchesPod: NoExecute is tolerated, NoSchedule is not (R3.11)',
    ['four nodes', (s) => s.addNodes('n1 n2 n3 n4')],
    [
      'not ready, or not reached',
      async (s) => {
        await s.taint('n1', taint('node.kubernetes.io/not-ready', 'NoExecute'))
        await s.taint('n2', taint('node.kubernetes.io/unreachable', 'NoExecute'))
        await s.taint('n3', taint('node.kubernetes.io/not-ready', 'NoSchedule'))
        await s.taint('n4', taint('node.kubernetes.io/unreachable', 'NoSchedule'))
      },
    ],
    created,
    ['ready again', (s) => s.taint('n3')],
  ],
  [
    'TaintPressureNodeDaemonLaunchesPod (R3.10)',
    one,
    [
      'no disk, no memory, no processes',
      (s) =>
        s.taint(
          'n1',
          taint('node.kubernetes.io/disk-pressure', 'NoSchedule'),
          taint('node.kubernetes.io/memory-pressure', 'NoSchedule'),
          taint('node.kubernetes.io/pid-pressure', 'NoSchedule'),
        ),
    ],
    created,
  ],
  [
    'UnschedulableNodeDaemonDoesLaunchPod: a node without a network is for those who use its own',
    two,
    ['no network', (s) => s.taint('n1', taint('node.kubernetes.io/network-unavailable', 'NoSchedule'))],
    created,
    ['hostNetwork', (s) => s.patch(templated({ hostNetwork: true }))],
  ],
  [
    'DaemonSetWithNodeSelectorLaunchesPods: an expression or a field (R3.7, R3.9)',
    ['one that is labelled', (s) => s.addNodes('n1', { zone: 'test' })],
    ['two that are not', (s) => s.addNodes('n2 n3')],
    [
      'a DaemonSet',
      (s) =>
        s.create(
          {},
          required(expression('zone', 'In', 'test'), {
            matchFields: [{ key: 'metadata.name', operator: 'In', values: [s.node('n3')] }],
          }),
        ),
    ],
    ['labelled away', (s) => s.label('n1', { zone: null })],
  ],
  [
    'NotIn, DoesNotExist, Gt and Lt (R3.8)',
    ['one', (s) => s.addNodes('n1', { gen: '1' })],
    ['five', (s) => s.addNodes('n2', { gen: '5' })],
    ['nine', (s) => s.addNodes('n3', { gen: '9' })],
    ['no number', (s) => s.addNodes('n4', { gen: 'new' })],
    ['none', (s) => s.addNodes('n5')],
    ['DoesNotExist', (s) => s.create({}, required(expression('gen', 'DoesNotExist')))],
    [
      'Gt and Lt',
      (s) =>
        s.patch(
          templated(
            required({
              matchExpressions: [
                { key: 'gen', operator: 'Gt', values: ['3'] },
                { key: 'gen', operator: 'Lt', values: ['9'] },
              ],
            }),
          ),
        ),
    ],
    ['NotIn', (s) => s.patch(templated(required(expression('gen', 'NotIn', '5', 'new'))))],
  ],
  [
    'a term without an expression matches nothing (R3.7)',
    one,
    ['an empty term', (s) => s.create({}, required({}))],
    ['and one that holds', (s) => s.patch(templated(required({}, expression('gen', 'DoesNotExist'))))],
  ],
  [
    'NameDaemonSetLaunchesPods, BadNameDaemonSetDoesNothing (R3.1)',
    three,
    ['of one node', (s) => s.create({}, { nodeName: s.node('n2') })],
    ['of a node that is not there', (s) => s.patch(templated({ nodeName: s.node('n9') }))],
  ],
  [
    'InconsistentNameSelectorDaemonSetDoesNothing',
    ['one with a disk', (s) => s.addNodes('n1', { disk: 'ssd' })],
    ['one without', (s) => s.addNodes('n2')],
    ['both must hold', (s) => s.create({}, { nodeName: s.node('n2'), nodeSelector: { disk: 'ssd' } })],
    ['and do', (s) => s.label('n2', { disk: 'ssd' })],
  ],
  [
    'affinity to pods is kept, required terms give way to the pin (R3.14)',
    two,
    [
      'a DaemonSet',
      (s) =>
        s.create(
          {},
          {
            affinity: {
              ...required(expression('gen', 'DoesNotExist')).affinity,
              podAntiAffinity: {
                preferredDuringSchedulingIgnoredDuringExecution: [
                  {
                    weight: 5,
                    podAffinityTerm: {
                      topologyKey: 'kubernetes.io/hostname',
                      labelSelector: { matchLabels: { app: 'other' } },
                    },
                  },
                ],
              },
            },
          },
        ),
    ],
  ],
  [
    'a toleration means a value, or any; with seconds it is made without (R3.10, R3.12)',
    two,
    [
      'tainted',
      async (s) => {
        await s.taint('n1', taint('k', 'NoSchedule', 'v'))
        await s.taint('n2', taint('k', 'NoSchedule', 'w'))
      },
    ],
    [
      'one value',
      (s) =>
        s.create(
          {},
          {
            tolerations: [
              { key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' },
              { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 7 },
              { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists' },
            ],
          },
        ),
    ],
    ['any', (s) => s.patch(templated({ tolerations: [{ operator: 'Exists' }] }))],
  ],
  [
    'a node that comes again under its name',
    two,
    created,
    ['away', woken((s) => s.removeNode('n1'))],
    ['again', woken((s) => s.addNodes('n1'))],
  ],
]
