import { expect, test } from 'vitest'
import type { Pod, PodTemplateSpec } from '../types.ts'
import { warningsForPod, warningsForPodTemplate } from './pod-template.ts'

const container = { name: 'main', image: 'i:1' }
const spec = (more: object) => ({ spec: { containers: [container], ...more } })
const main = (more: object) => spec({ containers: [{ ...container, ...more }] })
const annotated = (key: string, more: object = {}) => ({ metadata: { annotations: { [key]: 'x' } }, ...spec(more) })
const volume = (source: object) => spec({ volumes: [{ name: 'v', ...source }] })
const nothing = 'a null labelSelector results in matching no pod'
const required = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'
const port = (more: object) => ({ containerPort: 80, protocol: 'TCP', ...more })

/** The path `spec.template.` is left out of the warnings. */
const table: [what: string, template: object, warnings: string[]][] = [
  ['nothing doubtful', main({ env: [{ name: 'A', value: 'a' }], ports: [port({})] }), []],
  [
    'a node label of old',
    spec({ nodeSelector: { 'beta.kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' } }),
    ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
  ],
  [
    '… in a required term',
    spec({
      affinity: {
        nodeAffinity: {
          [required]: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'node-role.kubernetes.io/master', operator: 'Exists' }] }],
          },
        },
      },
    }),
    [
      `spec.affinity.nodeAffinity.${required}.nodeSelectorTerms[0].matchExpressions[0].key: node-role.kubernetes.io/master is use "node-role.kubernetes.io/control-plane" instead`,
    ],
  ],
  [
    '… in a preferred one, whose values are looked at, too',
    spec({
      affinity: {
        nodeAffinity: {
          [preferred]: [
            {
              weight: 1,
              preference: {
                matchExpressions: [{ key: 'beta.kubernetes.io/arch', operator: 'In', values: ['ok', '-'] }],
              },
            },
          ],
        },
      },
    }),
    [
      `spec.affinity.nodeAffinity.${preferred}[0].preference.matchExpressions[0].key: beta.kubernetes.io/arch is deprecated since v1.14; use "kubernetes.io/arch" instead`,
      `spec.affinity.nodeAffinity.${preferred}[0].preference.matchExpressions[0].values[1]: - is invalid, a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    ],
  ],
  [
    'a spread over an old label that counts no pod',
    spec({ topologySpreadConstraints: [{ topologyKey: 'failure-domain.beta.kubernetes.io/zone' }] }),
    [
      'spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
      `spec.topologySpreadConstraints[0].labelSelector: ${nothing}`,
    ],
  ],
  [
    'affinity to no pod',
    spec({
      affinity: {
        podAffinity: { [required]: [{ topologyKey: 'a' }] },
        podAntiAffinity: {
          [preferred]: [{ podAffinityTerm: { topologyKey: 'a' } }, { podAffinityTerm: { labelSelector: {} } }],
        },
      },
    }),
    [
      `spec.affinity.podAffinity.${required}[0].labelSelector: ${nothing}`,
      `spec.affinity.podAntiAffinity.${preferred}[0].podAffinityTerm.labelSelector: ${nothing}`,
    ],
  ],
  [
    'the critical annotation',
    annotated('scheduler.alpha.kubernetes.io/critical-pod'),
    [
      'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
    ],
  ],
  [
    'seccomp by annotation',
    annotated('seccomp.security.alpha.kubernetes.io/pod'),
    [
      'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
    ],
  ],
  [
    'seccomp by annotation and field',
    annotated('seccomp.security.alpha.kubernetes.io/pod', {
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    }),
    [],
  ],
  [
    'seccomp of a container',
    annotated('container.seccomp.security.alpha.kubernetes.io/main'),
    [
      'metadata.annotations[container.seccomp.security.alpha.kubernetes.io/main]: non-functional in v1.27+; use the "seccompProfile" field instead',
    ],
  ],
  [
    'AppArmor by annotation',
    annotated('container.apparmor.security.beta.kubernetes.io/main'),
    [
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/main]: deprecated since v1.30; use the "appArmorProfile" field instead',
    ],
  ],
  ['AppArmor of a container that is not there', annotated('container.apparmor.security.beta.kubernetes.io/other'), []],
  [
    'volumes of another time',
    volume({ gitRepo: { repository: 'r' } }),
    ['spec.volumes[0].gitRepo: deprecated in v1.11'],
  ],
  [
    '… that do nothing any more',
    volume({ glusterfs: {} }),
    ['spec.volumes[0].glusterfs: deprecated in v1.25, non-functional in v1.26+'],
  ],
  [
    'a file over the token',
    volume({
      projected: {
        sources: [
          { serviceAccountToken: { path: 'token' } },
          {
            secret: {
              items: [
                { key: 'a', path: 'a' },
                { key: 'b', path: 'token' },
              ],
            },
          },
        ],
      },
    }),
    ['spec.volumes[0].projected.sources.secrets[1]: has duplicated path with ServiceAccountToken "token"'],
  ],
  [
    'an address twice',
    spec({ hostAliases: [{ ip: '1.1.1.1' }, { ip: '1.1.1.1' }] }),
    ['spec.hostAliases[1].ip: duplicate ip "1.1.1.1"'],
  ],
  [
    'pull secrets: twice, and without a name',
    spec({ imagePullSecrets: [{ name: 'a' }, { name: 'a' }, {}] }),
    ['spec.imagePullSecrets[1].name: duplicate name "a"', 'spec.imagePullSecrets[2].name: invalid empty name ""'],
  ],
  [
    'a tenth of a byte',
    main({ resources: { limits: { memory: '100m', cpu: '100m' }, requests: { 'ephemeral-storage': '1500m' } } }),
    [
      'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
      'spec.containers[0].resources.requests[ephemeral-storage]: fractional byte value "1500m" is invalid, must be an integer',
    ],
  ],
  [
    'a variable twice',
    main({
      env: [
        { name: 'A', value: 'a' },
        { name: 'A', value: 'b' },
      ],
    }),
    ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
  ],
  [
    'a variable that builds on itself',
    main({
      env: [
        { name: 'A', value: 'a' },
        { name: 'A', value: '$(A):b' },
      ],
    }),
    [],
  ],
  [
    'a variable that is only itself',
    main({
      env: [
        { name: 'A', value: 'a' },
        { name: 'A', value: '$(A)' },
      ],
    }),
    ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
  ],
  [
    'an address without a port',
    main({ ports: [port({ hostIP: '1.1.1.1' })] }),
    [
      'spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:1.1.1.1}',
    ],
  ],
  [
    'a port of two containers',
    spec({ initContainers: [{ ...container, ports: [port({})] }], containers: [{ ...container, ports: [port({})] }] }),
    ['spec.containers[0].ports[0]: duplicate port definition with spec.initContainers[0].ports[0]'],
  ],
  [
    'a port with and without a host port',
    main({ ports: [port({}), port({ hostPort: 80 })] }),
    ['spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]'],
  ],
  [
    'a host port on one address and on all',
    main({ ports: [port({ hostPort: 80, hostIP: '1.1.1.1' }), port({ hostPort: 80 })] }),
    ['spec.containers[0].ports[1]: dangerously ambiguous port definition with spec.containers[0].ports[0]'],
  ],
  ['one port, two protocols', main({ ports: [port({}), port({ protocol: 'UDP' })] }), []],
  [
    'a negative time to stop',
    spec({ terminationGracePeriodSeconds: -1 }),
    ['spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1'],
  ],
]
test.each(table)('R1.11 a template: %s', (_what, template, warnings) => {
  const told = warningsForPodTemplate('spec.template', template as PodTemplateSpec)
  const full = warnings.map((warning) => `spec.template.${warning}`.replace('with spec.', 'with spec.template.spec.'))
  expect(told).toEqual(full)
})

test('R1.11 a pod is told of its name, and of AppArmor elsewhere', () => {
  const pod = { ...annotated('container.apparmor.security.beta.kubernetes.io/main'), metadata: { name: 'a.b' } } as Pod
  expect(warningsForPod(pod)).toEqual([
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
  ])
  expect(warningsForPod({ ...spec({}), metadata: { name: 'ab' } } as Pod)).toEqual([])
})
