import { expect, test } from 'vitest'
import { jsonClone } from '../../base/json.ts'
import {
  daemonSets,
  events,
  namespaces,
  nodes,
  oldDaemonSets,
  podDisruptionBudgets,
  pods,
  type Resource,
  secrets,
  services,
} from '../resources.ts'
import type { ApiObject, DaemonSet, Pod, PodSpec } from '../types.ts'
import { applyDefaults } from './defaults.ts'

function defaulted<T extends ApiObject>(resource: Resource, object: object): T {
  const copy = { metadata: {}, ...jsonClone(object) } as T
  applyDefaults(resource, copy)
  return copy
}

const podSpec = (spec: object, container: object = {}): PodSpec =>
  defaulted<Pod>(pods, { spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec } }).spec
const templateSpec = (spec: object): PodSpec => daemonSet({ template: { spec } }).spec.template.spec
const daemonSet = (spec: object, resource = daemonSets) =>
  defaulted<DaemonSet>(resource, { metadata: { name: 'd' }, spec: { template: { spec: { containers: [] } }, ...spec } })

test('R1.6, W14.1 a template gets these, and no more', () => {
  const spec = templateSpec({ containers: [{ name: 'c', image: 'fluentd:1', ports: [{ containerPort: 80 }] }] })
  expect(spec).toEqual({
    containers: [
      {
        name: 'c',
        image: 'fluentd:1',
        imagePullPolicy: 'IfNotPresent',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  })
})

const pullPolicies: [image: string, policy: string][] = [
  ['fluentd', 'Always'],
  ['fluentd:latest', 'Always'],
  ['fluentd:1.0', 'IfNotPresent'],
  ['example.com:5000/a/b', 'Always'],
  ['example.com:5000/a/b:1', 'IfNotPresent'],
  ['localhost/a', 'Always'],
  ['a@sha256:0123', 'IfNotPresent'],
  ['a:latest@sha256:0123', 'Always'],
  ['NoImage', 'IfNotPresent'],
  ['', 'IfNotPresent'],
]

test.each(pullPolicies)('W14.1 the image %j is pulled %s', (image, policy) => {
  expect(podSpec({}, { image }).containers[0]!.imagePullPolicy).toBe(policy)
})

test('W14.1 probes and hooks', () => {
  const { livenessProbe, readinessProbe, lifecycle } = podSpec(
    {},
    {
      livenessProbe: { httpGet: { port: 80 } },
      readinessProbe: { grpc: { port: 80 }, periodSeconds: 3, timeoutSeconds: 0 },
      lifecycle: { preStop: { httpGet: { port: 80, path: '/bye' } } },
    },
  ).containers[0]!
  expect(livenessProbe).toEqual({
    httpGet: { port: 80, path: '/', scheme: 'HTTP' },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  })
  expect(readinessProbe).toMatchObject({ grpc: { port: 80, service: '' }, periodSeconds: 3, timeoutSeconds: 1 })
  expect(lifecycle).toEqual({ preStop: { httpGet: { port: 80, path: '/bye', scheme: 'HTTP' } } })
})

const volumes: [given: object, filled: object][] = [
  [{}, { emptyDir: {} }],
  [{ emptyDir: { sizeLimit: '1024Ki' } }, { emptyDir: { sizeLimit: '1Mi' } }],
  [{ hostPath: { path: '/var/log' } }, { hostPath: { path: '/var/log', type: '' } }],
  [{ secret: { secretName: 's' } }, { secret: { secretName: 's', defaultMode: 420 } }],
  [{ configMap: { name: 'c', defaultMode: 0 } }, { configMap: { name: 'c', defaultMode: 0 } }],
  [
    { projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
    { projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] } },
  ],
  [
    { downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.name' } }] } },
    {
      downwardAPI: {
        defaultMode: 420,
        items: [{ path: 'n', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } }],
      },
    },
  ],
]

test.each(volumes)('W14.1 the volume %j becomes %j', (given, filled) => {
  expect(podSpec({ volumes: [{ name: 'v', ...given }] }).volumes).toEqual([{ name: 'v', ...filled }])
})

test('W14.1 a variable that points somewhere', () => {
  const env = [
    { name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
  ]
  expect(podSpec({}, { env }).containers[0]!.env).toEqual([
    { name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } } },
    { name: 'B', valueFrom: { resourceFieldRef: { divisor: '0', resource: 'limits.cpu' } } },
  ])
})

test('W14.2 a limit becomes a request in a pod, and not in a template', () => {
  const resources = { limits: { cpu: '1000m', memory: '1024Mi' }, requests: { cpu: 0.1 } }
  const limits = { cpu: '1', memory: '1Gi' }
  expect(podSpec({}, { resources }).containers[0]!.resources).toEqual({
    limits,
    requests: { cpu: '100m', memory: '1Gi' },
  })
  const template = templateSpec({ containers: [{ name: 'c', image: 'i', resources }] })
  expect(template.containers[0]!.resources).toEqual({ limits, requests: { cpu: '100m' } })
})

test('W14.5 an amount is kept in thousandths at most', () => {
  const resources = { requests: { cpu: '100u', memory: '1.5' } }
  expect(templateSpec({ containers: [{ name: 'c', resources }] }).containers[0]!.resources).toEqual({
    requests: { cpu: '1m', memory: '1500m' },
  })
})

test('W14.2 on the host network a pod takes the host port it listens on; a template leaves that open', () => {
  const container = { name: 'c', image: 'i', ports: [{ containerPort: 80 }] }
  const spec = { hostNetwork: true, containers: [container] }
  expect(podSpec(spec)).toMatchObject({
    enableServiceLinks: true,
    containers: [{ ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }] }],
  })
  expect(templateSpec(spec).containers[0]!.ports).toEqual([{ containerPort: 80, protocol: 'TCP' }])
})

test('the two names of the service account say the same', () => {
  expect(templateSpec({ serviceAccount: 'a' })).toMatchObject({ serviceAccountName: 'a', serviceAccount: 'a' })
  expect(templateSpec({ serviceAccountName: 'b', serviceAccount: 'a' })).toMatchObject({
    serviceAccountName: 'b',
    serviceAccount: 'b',
  })
  expect(templateSpec({})).not.toHaveProperty('serviceAccount')
})

const strategies: [given: object | undefined, filled: object][] = [
  [undefined, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }],
  [{}, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }],
  [{ rollingUpdate: { maxSurge: 1 } }, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } }],
  [
    { rollingUpdate: { maxUnavailable: 0, maxSurge: '10%' } },
    { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '10%' } },
  ],
  [{ type: 'OnDelete' }, { type: 'OnDelete' }],
  [
    { type: 'OnDelete', rollingUpdate: { maxSurge: 1 } },
    { type: 'OnDelete', rollingUpdate: { maxSurge: 1 } },
  ],
]

test.each(strategies)('R1.4, R1.5, W14.3 the strategy %j becomes %j', (updateStrategy, filled) => {
  const given = updateStrategy === undefined ? {} : { updateStrategy }
  expect(daemonSet(given).spec.updateStrategy).toEqual(filled)
})

test('W14.3 a DaemonSet of apps/v1 keeps its labels and selector, and always has counters', () => {
  const { metadata, spec, status } = daemonSet({
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [] } },
  })
  expect(metadata.labels).toBeUndefined()
  expect(spec.selector).toBeUndefined()
  expect(spec.revisionHistoryLimit).toBe(10)
  expect(status).toEqual({
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
  })
  expect(daemonSet({ revisionHistoryLimit: 0 }).spec.revisionHistoryLimit).toBe(0)
})

test('section 1.6, W14.3 a DaemonSet of the old group takes selector and labels from its template, and OnDelete', () => {
  const template = { metadata: { labels: { app: 'fluentd' } }, spec: { containers: [] } }
  const { metadata, spec } = daemonSet({ template }, oldDaemonSets)
  expect(metadata.labels).toEqual({ app: 'fluentd' })
  expect(spec.selector).toEqual({ matchLabels: { app: 'fluentd' } })
  expect(spec.updateStrategy).toEqual({ type: 'OnDelete' })
  expect(spec.revisionHistoryLimit).toBe(10)
})

test('section 1.6 what an old DaemonSet says itself is kept', () => {
  const template = { metadata: { labels: { app: 'fluentd', tier: 'x' } }, spec: { containers: [] } }
  const selector = { matchLabels: { app: 'fluentd' } }
  const updateStrategy = { type: 'RollingUpdate' }
  const given = { metadata: { name: 'd', labels: { own: 'label' } }, spec: { template, selector, updateStrategy } }
  const { metadata, spec } = defaulted<DaemonSet>(oldDaemonSets, given)
  expect(metadata.labels).toEqual({ own: 'label' })
  expect(spec.selector).toEqual(selector)
  expect(spec.updateStrategy?.rollingUpdate).toEqual({ maxUnavailable: 1, maxSurge: 0 })
})

const otherKinds: [rule: string, resource: Resource, given: object, filled: object][] = [
  [
    'W11.12 a namespace',
    namespaces,
    { metadata: { name: 'demo' } },
    { metadata: { name: 'demo', labels: { 'kubernetes.io/metadata.name': 'demo' } }, status: { phase: 'Active' } },
  ],
  ['a namespace without a name yet', namespaces, { metadata: {} }, { metadata: {}, status: { phase: 'Active' } }],
  [
    'W14.4 a secret',
    secrets,
    { data: { a: 'eA==' }, stringData: { b: 'hi', c: '', d: 'ä€😀', a: 'over' } },
    { metadata: {}, type: 'Opaque', data: { a: 'b3Zlcg==', b: 'aGk=', c: '', d: 'w6Tigqzwn5iA' } },
  ],
  [
    'W14.4 an event',
    events,
    {},
    {
      metadata: {},
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
    },
  ],
  [
    'W14.4 a service',
    services,
    { spec: { ports: [{ port: 443 }, { port: 80, targetPort: 'web', protocol: 'UDP' }] } },
    {
      metadata: {},
      spec: {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ports: [
          { port: 443, protocol: 'TCP', targetPort: 443 },
          { port: 80, protocol: 'UDP', targetPort: 'web' },
        ],
      },
      status: { loadBalancer: {} },
    },
  ],
  [
    'W5.10 a disruption budget',
    podDisruptionBudgets,
    { spec: { minAvailable: 1 } },
    {
      metadata: {},
      spec: { minAvailable: 1 },
      status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    },
  ],
]

test.each(otherKinds)('%s', (_rule, resource, given, filled) => {
  expect(defaulted(resource, given)).toEqual(filled)
})

test('W14.4 a node', () => {
  const node = defaulted<ApiObject & { status: Record<string, unknown> }>(nodes, {
    status: { capacity: { cpu: '4000m', memory: '1048576Ki' }, nodeInfo: { kubeletVersion: 'v1' } },
  })
  expect(node.status.capacity).toEqual({ cpu: '4', memory: '1Gi' })
  expect(node.status.allocatable).toEqual({ cpu: '4', memory: '1Gi' })
  expect(node.status.daemonEndpoints).toEqual({ kubeletEndpoint: { Port: 0 } })
  expect(Object.keys(node.status.nodeInfo as object)).toHaveLength(10)
  expect(node.status.nodeInfo).toMatchObject({ kubeletVersion: 'v1', machineID: '' })
})

test('defaults of defaults are the same', () => {
  const objects: [Resource, object][] = [
    [
      daemonSets,
      { spec: { template: { spec: { containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'v' }] } } } },
    ],
    [oldDaemonSets, { spec: { template: { metadata: { labels: { a: 'b' } }, spec: { containers: [] } } } }],
    [nodes, { status: { capacity: { cpu: '0.5' } } }],
    [services, { spec: { type: 'LoadBalancer', ports: [{ port: 1 }], sessionAffinity: 'ClientIP' } }],
    [secrets, { stringData: { a: 'b' } }],
  ]
  for (const [resource, given] of objects) {
    const once = defaulted(resource, given)
    expect(defaulted(resource, once)).toEqual(once)
  }
})
