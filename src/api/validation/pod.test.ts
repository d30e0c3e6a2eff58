import { expect, test } from 'vitest'
import { applyDefaults } from '../defaults/defaults.ts'
import { fieldErrorText } from '../field-error.ts'
import { pods } from '../resources.ts'
import type { Pod } from '../types.ts'
import { validateCreate } from './validation.ts'

function pod(spec: object = {}, container: object = {}): Pod {
  const object = {
    metadata: { name: 'p', namespace: 'demo' },
    spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec },
  } as Pod
  applyDefaults(pods, object)
  return object
}

const texts = (object: Pod) => validateCreate(pods, object).map(fieldErrorText)
const main = (container: object) => pod({}, container)
const init = (container: object) => pod({ initContainers: [{ name: 'i', image: 'i', ...container }] })
const volume = (source: object) => pod({ volumes: [{ name: 'v', ...source }] })
const handlers = (probe: object) => main({ livenessProbe: probe })
const toleration = (one: object) => pod({ tolerations: [one] })
const nodeAffinity = (affinity: object) => pod({ affinity: { nodeAffinity: affinity } })
const term = (requirement: object) =>
  nodeAffinity({
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [requirement] }] },
  })
const required = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'

const table: [what: string, object: Pod, texts: string[]][] = [
  ['a pod with nothing wrong', pod(), []],
  ['no container', pod({ containers: [] }), ['spec.containers: Required value']],
  ['a container without a name', main({ name: '' }), ['spec.containers[0].name: Required value']],
  [
    'two containers of one name',
    pod({
      containers: [
        { name: 'c', image: 'i' },
        { name: 'c', image: 'i' },
      ],
    }),
    ['spec.containers[1].name: Duplicate value: "c"'],
  ],
  [
    'an init container with the name of a container',
    pod({ initContainers: [{ name: 'c', image: 'i' }] }),
    ['spec.initContainers[0].name: Duplicate value: "c"'],
  ],
  [
    'a container name with dots',
    main({ name: 'a.b' }),
    ['spec.containers[0].name: Invalid value: "a.b": must not contain dots'],
  ],
  ['no image', main({ image: undefined }), ['spec.containers[0].image: Required value']],
  [
    'an image with a space',
    main({ image: 'i ' }),
    ['spec.containers[0].image: Invalid value: "i ": must not have leading or trailing whitespace'],
  ],
  [
    'a pull policy',
    main({ imagePullPolicy: 'Sometimes' }),
    [
      'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
    ],
  ],
  [
    'a message policy',
    main({ terminationMessagePolicy: 'No' }),
    [
      'spec.containers[0].terminationMessagePolicy: Unsupported value: "No": supported values: "File", "FallbackToLogsOnError"',
    ],
  ],
  [
    'a restart policy',
    pod({ restartPolicy: 'Maybe' }),
    ['spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"'],
  ],
  [
    'a DNS policy',
    pod({ dnsPolicy: 'Maybe' }),
    [
      'spec.dnsPolicy: Unsupported value: "Maybe": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
    ],
  ],
  [
    'DNS by itself',
    pod({ dnsPolicy: 'None' }),
    ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
  ],
  [
    'a port too high',
    main({ ports: [{ containerPort: 65536 }] }),
    ['spec.containers[0].ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive'],
  ],
  ['no port', main({ ports: [{ name: 'a' }] }), ['spec.containers[0].ports[0].containerPort: Required value']],
  [
    'a protocol',
    main({ ports: [{ containerPort: 80, protocol: 'ICMP' }] }),
    ['spec.containers[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
  ],
  [
    'two ports of one name',
    main({
      ports: [
        { name: 'a', containerPort: 1 },
        { name: 'a', containerPort: 2 },
      ],
    }),
    ['spec.containers[0].ports[1].name: Duplicate value: "a"'],
  ],
  [
    'one host port twice',
    main({
      ports: [
        { containerPort: 1, hostPort: 8 },
        { containerPort: 2, hostPort: 8 },
      ],
    }),
    ['spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//8"'],
  ],
  [
    'a host port for TCP and for UDP',
    main({
      ports: [
        { containerPort: 1, hostPort: 8 },
        { containerPort: 1, hostPort: 8, protocol: 'UDP' },
      ],
    }),
    [],
  ],
  [
    'another host port on the host network',
    pod({ hostNetwork: true }, { ports: [{ containerPort: 1, hostPort: 8 }] }),
    ['spec.containers[0].ports[0].hostPort: Invalid value: 8: must match `containerPort` when `hostNetwork` is true'],
  ],
  ['a variable without a name', main({ env: [{ value: 'x' }] }), ['spec.containers[0].env[0].name: Required value']],
  [
    'a variable with = in its name',
    main({ env: [{ name: 'a=b' }] }),
    [
      'spec.containers[0].env[0].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
    ],
  ],
  [
    'a variable with a value twice',
    main({ env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
    ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
  ],
  [
    'a variable from a field that is none',
    main({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.foo' } } }] }),
    [
      'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: field label not supported: spec.foo',
    ],
  ],
  [
    'a variable from a label',
    main({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a/b']" } } }] }),
    [],
  ],
  [
    'requests over limits',
    main({ resources: { requests: { cpu: '2' }, limits: { cpu: '1000m' } } }),
    ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  ],
  [
    'a negative amount',
    main({ resources: { limits: { memory: '-1' }, requests: { memory: '-1' } } }),
    [
      'spec.containers[0].resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0',
      'spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
    ],
  ],
  [
    'an unknown resource',
    main({ resources: { requests: { gpus: '1' } } }),
    [
      'spec.containers[0].resources.requests[gpus]: Invalid value: "gpus": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.requests[gpus]: Invalid value: "gpus": must be a standard resource for containers',
    ],
  ],
  [
    'huge pages are asked for and bounded alike',
    main({ resources: { limits: { 'hugepages-2Mi': '4Mi' }, requests: { 'hugepages-2Mi': '2Mi' } } }),
    ['spec.containers[0].resources.requests: Invalid value: "2Mi": must be equal to hugepages-2Mi limit of 4Mi'],
  ],
  ['a device', main({ resources: { limits: { 'example.com/gpu': '1' } } }), []],
  [
    'half a device',
    main({ resources: { limits: { 'example.com/gpu': '500m' }, requests: { 'example.com/gpu': '500m' } } }),
    [
      'spec.containers[0].resources.limits[example.com/gpu]: Invalid value: "500m": must be an integer',
      'spec.containers[0].resources.requests[example.com/gpu]: Invalid value: "500m": must be an integer',
    ],
  ],
  [
    'a mount of no volume',
    main({ volumeMounts: [{ name: 'x', mountPath: '/x' }] }),
    ['spec.containers[0].volumeMounts[0].name: Not found: "x"'],
  ],
  [
    'two mounts at one path',
    pod(
      { volumes: [{ name: 'v' }] },
      {
        volumeMounts: [
          { name: 'v', mountPath: '/x' },
          { name: 'v', mountPath: '/x' },
        ],
      },
    ),
    ['spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/x": must be unique'],
  ],
  [
    'two sources of a volume',
    volume({ emptyDir: {}, hostPath: { path: '/x' } }),
    ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
  ],
  [
    'two volumes of one name',
    pod({ volumes: [{ name: 'v' }, { name: 'v' }] }),
    ['spec.volumes[1].name: Duplicate value: "v"'],
  ],
  ['a host path without a path', volume({ hostPath: {} }), ['spec.volumes[0].hostPath.path: Required value']],
  [
    'a host path with steps back',
    volume({ hostPath: { path: '/a/../b' } }),
    ['spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain \'..\''],
  ],
  [
    'a host path of an unknown type',
    volume({ hostPath: { path: '/a', type: 'Dir' } }),
    [
      'spec.volumes[0].hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
  ],
  [
    'a mode',
    volume({ secret: { secretName: 's', defaultMode: 512 } }),
    [
      'spec.volumes[0].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
    ],
  ],
  ['a config map without a name', volume({ configMap: {} }), ['spec.volumes[0].configMap.name: Required value']],
  [
    'a token without a service account',
    volume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }),
    [
      'spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set',
    ],
  ],
  [
    'a probe of nothing',
    handlers({}),
    ['spec.containers[0].livenessProbe: Required value: must specify a handler type'],
  ],
  [
    'a probe of two things',
    handlers({ exec: { command: ['a'] }, tcpSocket: { port: 80 } }),
    ['spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type'],
  ],
  [
    'a liveness probe that must succeed twice',
    handlers({ exec: { command: ['a'] }, successThreshold: 2 }),
    ['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
  ],
  ['a probe of a port by name', handlers({ httpGet: { port: 'web' } }), []],
  [
    'a probe of port 0',
    handlers({ tcpSocket: { port: 0 } }),
    ['spec.containers[0].livenessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive'],
  ],
  [
    'an init container with a probe',
    init({ livenessProbe: { exec: { command: ['a'] } } }),
    [
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  ],
  ['a sidecar with a probe', init({ restartPolicy: 'Always', livenessProbe: { exec: { command: ['a'] } } }), []],
  [
    'a hook that sleeps too long',
    main({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }),
    [
      'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
    ],
  ],
  [
    'a toleration of everything without Exists',
    toleration({ effect: 'NoExecute' }),
    [
      'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
  ],
  [
    'a toleration that exists with a value',
    toleration({ key: 'a', operator: 'Exists', value: 'b' }),
    ['spec.tolerations[0].operator: Invalid value: "b": value must be empty when `operator` is \'Exists\''],
  ],
  [
    'a toleration for a time',
    toleration({ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 5 }),
    [
      'spec.tolerations[0].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set',
    ],
  ],
  [
    'a toleration operator',
    toleration({ key: 'a', operator: 'Is' }),
    ['spec.tolerations[0].operator: Unsupported value: "Is": supported values: "Equal", "Exists"'],
  ],
  [
    'a toleration effect',
    toleration({ key: 'a', operator: 'Exists', effect: 'No' }),
    [
      'spec.tolerations[0].effect: Unsupported value: "No": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  ],
  [
    'no node term',
    nodeAffinity({ requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } }),
    [`${required}: Required value: must have at least one node selector term`],
  ],
  [
    'a node operator',
    term({ key: 'a', operator: 'Is' }),
    [`${required}[0].matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator`],
  ],
  [
    'a node comparison with two values',
    term({ key: 'a', operator: 'Gt', values: ['1', '2'] }),
    [
      `${required}[0].matchExpressions[0].values: Required value: must be specified single value when \`operator\` is 'Lt' or 'Gt'`,
    ],
  ],
  [
    'a field of a node',
    nodeAffinity({
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [{ key: 'spec.x', operator: 'In', values: ['a'] }] }],
      },
    }),
    [`${required}[0].matchFields[0].key: Invalid value: "spec.x": not a valid field selector key`],
  ],
  ['a node selector', pod({ nodeSelector: { a: '' } }), []],
  [
    'a user number',
    main({ securityContext: { runAsUser: -1 } }),
    ['spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive'],
  ],
  [
    'no escalation for the privileged',
    main({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
    [
      'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    ],
  ],
  [
    'the same gate twice',
    pod({ schedulingGates: [{ name: 'a' }, { name: 'a' }] }),
    ['spec.schedulingGates[1]: Duplicate value: "a"'],
  ],
  [
    'a skew of nothing',
    pod({ topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'z', whenUnsatisfiable: 'Maybe' }] }),
    [
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Maybe": supported values: "DoNotSchedule", "ScheduleAnyway"',
    ],
  ],
]

test.each(table)('W9.11 %s', (_what, object, expected) => expect(texts(object)).toEqual(expected))
