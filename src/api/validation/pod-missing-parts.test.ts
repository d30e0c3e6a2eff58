import { expect, test } from 'vitest'
import { isObject, jsonClone } from '../../base/json.ts'
import { applyDefaults } from '../defaults/defaults.ts'
import { fieldErrorText } from '../field-error.ts'
import { pods } from '../resources.ts'
import type { Pod } from '../types.ts'
import { validateCreate, validateUpdate } from './validation.ts'

function pod(spec: object = {}, container: object = {}): Pod {
  const object = {
    metadata: { name: 'p', namespace: 'demo' },
    spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec },
  } as Pod
  applyDefaults(pods, object)
  return object
}

const texts = (object: Pod) => validateCreate(pods, object).map(fieldErrorText)

const rich = pod(
  {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }],
              matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }],
            },
          ],
        },
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchExpressions: [] } }],
      },
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'z', labelSelector: { matchLabels: { a: 'b' } } },
        ],
      },
    },
    dnsConfig: { nameservers: ['10.0.0.1'], options: [{ name: 'ndots' }] },
    hostUsers: false,
    initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Always' }],
    schedulingGates: [{ name: 'g' }],
    securityContext: { runAsUser: 1, supplementalGroups: [1] },
    serviceAccountName: 's',
    tolerations: [{ key: 'a', operator: 'Equal', value: 'b', effect: 'NoExecute', tolerationSeconds: 1 }],
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {} },
    ],
    volumes: [
      { name: 'v', hostPath: { path: '/v' } },
      { name: 'w', configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] } },
      { name: 'x', projected: { sources: [{ serviceAccountToken: { path: 't' } }, { secret: { name: 's' } }] } },
      { name: 'y', downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.labels' } }] } },
    ],
  },
  {
    env: [
      { name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
    ],
    envFrom: [{ configMapRef: { name: 'c' } }],
    lifecycle: { preStop: { exec: { command: ['x'] } } },
    livenessProbe: { httpGet: { port: 80, httpHeaders: [{ name: 'X-A', value: 'b' }] } },
    ports: [{ name: 'web', containerPort: 80, hostPort: 80 }],
    resources: { limits: { cpu: '1' }, requests: { cpu: '500m' } },
    volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'a' }],
  },
)

/** The object again and again, each time without another of its fields or items. */
function* withoutOne(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      yield value.toSpliced(i, 1)
      for (const less of withoutOne(item)) yield value.with(i, less)
    }
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) {
      const { [key]: item, ...rest } = value
      yield rest
      for (const less of withoutOne(item)) yield { ...rest, [key]: less }
    }
  }
}

test('W9.11 whatever is missing is answered, with and without the defaults', () => {
  expect(texts(rich)).toEqual([])
  let answers = 0
  for (const less of withoutOne(rich)) {
    const object = jsonClone(less) as Pod
    object.metadata ??= {}
    answers += texts(object).length
    applyDefaults(pods, object)
    texts(object)
    if (object.spec !== undefined) validateUpdate(pods, object, rich)
  }
  expect(answers).toBeGreaterThan(80)
})
