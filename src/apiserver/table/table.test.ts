import { describe, expect, test } from 'vitest'
import { findResource, type Resource, resources } from '../../api/resources.ts'
import type { ApiObject } from '../../api/types.ts'
import { columnsOf, includeObjectOf, rowOf, tableOf } from './table.ts'

const nowMs = Date.UTC(2026, 0, 1, 1)
const created = '2026-01-01T00:55:00Z'

function resourceOf(path: string): Resource {
  const [group, version, plural] = path.includes('/') ? path.split('/') : ['', 'v1', path]
  const found = findResource(group!, version!, plural!)
  if (found === undefined) throw new Error(`no ${path}`)
  return found
}

/** `+`: wide. */
const columns: [resource: string, columns: string][] = [
  [
    'nodes',
    'Name, Status, Roles, Age, Version, +Internal-IP, +External-IP, +OS-Image, +Kernel-Version, +Container-Runtime',
  ],
  ['pods', 'Name, Ready, Status, Restarts, Age, +IP, +Node, +Nominated Node, +Readiness Gates'],
  [
    'apps/v1/daemonsets',
    'Name, Desired, Current, Ready, Up-to-date, Available, Node Selector, Age, +Containers, +Images, +Selector',
  ],
  [
    'extensions/v1beta1/daemonsets',
    'Name, Desired, Current, Ready, Up-to-date, Available, Node Selector, Age, +Containers, +Images, +Selector',
  ],
  ['apps/v1/controllerrevisions', 'Name, Controller, Revision, Age'],
  ['namespaces', 'Name, Status, Age'],
  ['events', 'Last Seen, Type, Reason, Object, +Subobject, +Source, Message, +First Seen, +Count, +Name'],
  ['configmaps', 'Name, Data, Age'],
  ['secrets', 'Name, Type, Data, Age'],
  ['serviceaccounts', 'Name, Secrets, Age'],
  ['services', 'Name, Type, Cluster-IP, External-IP, Port(s), Age, +Selector'],
  ['coordination.k8s.io/v1/leases', 'Name, Holder, Age'],
  ['endpoints', 'Name, Endpoints, Age'],
  ['node.k8s.io/v1/runtimeclasses', 'Name, Handler, Age'],
  ['policy/v1/poddisruptionbudgets', 'Name, Min Available, Max Unavailable, Allowed Disruptions, Age'],
  ['authentication.k8s.io/v1/selfsubjectreviews', 'Name, Created At'],
]

test.each(columns)('W8.6 columns of %s', (resource, expected) => {
  const shown = columnsOf(resourceOf(resource)).map(({ name, priority }) => (priority === 1 ? `+${name}` : name))
  expect(shown.join(', ')).toBe(expected)
})

test('W8.6 every kind has one column that is the name, and each column says what it is', () => {
  for (const resource of resources) {
    expect(columnsOf(resource).filter(({ format }) => format === 'name')).toHaveLength(1)
    for (const { description } of columnsOf(resource)) expect(description).not.toBe('')
  }
})

function node(change: object = {}, labels: Record<string, string> = {}): object {
  return { metadata: { name: 'n', creationTimestamp: created, labels }, status: {}, ...change }
}

const nodeReady = (status: string) => ({ conditions: [{ type: 'Ready', status }] })
const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: 'u', controller: true }
const metadata = { name: 'x', namespace: 'd', creationTimestamp: created }
const template = {
  spec: {
    containers: [
      { name: 'a', image: 'i:1' },
      { name: 'b', image: 'j' },
    ],
    nodeSelector: { z: '1', disk: 'ssd' },
  },
}
const counters = {
  desiredNumberScheduled: 5,
  currentNumberScheduled: 4,
  numberReady: 3,
  updatedNumberScheduled: 2,
  numberAvailable: 1,
  numberMisscheduled: 0,
}
const involvedObject = { kind: 'DaemonSet', name: 'agent', fieldPath: 'spec.x' }

const rows: [name: string, resource: string, object: object, cells: unknown[]][] = [
  [
    'W8.12 a ready node',
    'nodes',
    node({
      status: {
        ...nodeReady('True'),
        nodeInfo: { kubeletVersion: 'v1', osImage: 'os', kernelVersion: 'k', containerRuntimeVersion: 'simulated://1' },
        addresses: [
          { type: 'InternalIP', address: '10.0.0.1' },
          { type: 'InternalIP', address: '10.0.0.2' },
        ],
      },
    }),
    ['n', 'Ready', '<none>', '5m', 'v1', '10.0.0.1', '<none>', 'os', 'k', 'simulated://1'],
  ],
  [
    'W8.12 a silent node',
    'nodes',
    node({ status: nodeReady('Unknown') }),
    ['n', 'NotReady', '<none>', '5m', '', '<none>', '<none>', '<unknown>', '<unknown>', '<unknown>'],
  ],
  [
    'W8.12 a node without conditions, cordoned',
    'nodes',
    node({ spec: { unschedulable: true } }),
    ['n', 'Unknown,SchedulingDisabled', '<none>', '5m', '', '<none>', '<none>', '<unknown>', '<unknown>', '<unknown>'],
  ],
  [
    'W8.12 roles',
    'nodes',
    node({}, { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/': '', 'kubernetes.io/role': 'edge' }),
    ['n', 'Unknown', 'edge,worker', '5m', '', '<none>', '<none>', '<unknown>', '<unknown>', '<unknown>'],
  ],
  [
    'W8.14 a DaemonSet',
    'apps/v1/daemonsets',
    { metadata, spec: { selector: { matchLabels: { app: 'a' } }, template }, status: counters },
    ['x', 5, 4, 3, 2, 1, 'disk=ssd,z=1', '5m', 'a,b', 'i:1,j', 'app=a'],
  ],
  [
    'W8.14 a new DaemonSet',
    'extensions/v1beta1/daemonsets',
    { metadata, spec: { template: { spec: { containers: [] } } } },
    ['x', 0, 0, 0, 0, 0, '<none>', '5m', '', '', '<none>'],
  ],
  [
    'a revision',
    'apps/v1/controllerrevisions',
    { metadata: { ...metadata, ownerReferences: [owner] }, revision: 2 },
    ['x', 'daemonset.apps/agent', 2, '5m'],
  ],
  ['a revision of nobody', 'apps/v1/controllerrevisions', { metadata, revision: 1 }, ['x', '<none>', 1, '5m']],
  ['a namespace', 'namespaces', { metadata, status: { phase: 'Active' } }, ['x', 'Active', '5m']],
  [
    'W8.14 an old event',
    'events',
    {
      metadata,
      involvedObject,
      type: 'Normal',
      reason: 'R',
      message: ' m\n',
      source: { component: 'c', host: 'h' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:59:50Z',
      count: 3,
    },
    ['10s', 'Normal', 'R', 'daemonset/agent', 'spec.x', 'c, h', 'm', '60m', 3, 'x'],
  ],
  [
    'W8.14 a new event, once',
    'events',
    { metadata, involvedObject: { kind: 'Node' }, eventTime: '2026-01-01T00:59:00.000000Z', reportingComponent: 'c' },
    ['60s', '', '', 'node', '', 'c', '', '60s', 1, 'x'],
  ],
  [
    'W8.14 a new event, a series',
    'events',
    {
      metadata,
      involvedObject,
      eventTime: '2026-01-01T00:59:00.000000Z',
      series: { count: 7, lastObservedTime: '2026-01-01T00:59:59.000000Z' },
    },
    ['1s', '', '', 'daemonset/agent', 'spec.x', '', '', '60s', 7, 'x'],
  ],
  ['a config map', 'configmaps', { metadata, data: { a: '' }, binaryData: { b: '' } }, ['x', 2, '5m']],
  ['an empty config map', 'configmaps', { metadata: { name: 'x' } }, ['x', 0, '<unknown>']],
  ['a secret', 'secrets', { metadata, type: 'Opaque', data: { a: '' } }, ['x', 'Opaque', 1, '5m']],
  ['a service account', 'serviceaccounts', { metadata }, ['x', 0, '5m']],
  [
    'a service',
    'services',
    {
      metadata,
      spec: {
        type: 'ClusterIP',
        clusterIP: '10.0.0.1',
        ports: [{ port: 443, protocol: 'TCP' }],
        selector: { b: '2', a: '1' },
      },
    },
    ['x', 'ClusterIP', '10.0.0.1', '<none>', '443/TCP', '5m', 'a=1,b=2'],
  ],
  [
    'a service on the nodes',
    'services',
    {
      metadata,
      spec: {
        type: 'NodePort',
        externalIPs: ['1.1.1.1'],
        ports: [{ port: 1, nodePort: 30000, protocol: 'UDP' }, { port: 2 }],
      },
    },
    ['x', 'NodePort', '<none>', '1.1.1.1', '1:30000/UDP,2/TCP', '5m', '<none>'],
  ],
  [
    'a service with a balancer',
    'services',
    {
      metadata,
      spec: { type: 'LoadBalancer', externalIPs: ['9.9.9.9'] },
      status: { loadBalancer: { ingress: [{ ip: '2.2.2.2' }, { hostname: '1.example' }] } },
    },
    ['x', 'LoadBalancer', '<none>', '1.example,2.2.2.2,9.9.9.9', '<none>', '5m', '<none>'],
  ],
  [
    'a service that waits for a balancer',
    'services',
    { metadata, spec: { type: 'LoadBalancer' } },
    ['x', 'LoadBalancer', '<none>', '<pending>', '<none>', '5m', '<none>'],
  ],
  [
    'a service elsewhere',
    'services',
    { metadata, spec: { type: 'ExternalName', externalName: 'e' } },
    ['x', 'ExternalName', '<none>', 'e', '<none>', '5m', '<none>'],
  ],
  ['a lease', 'coordination.k8s.io/v1/leases', { metadata, spec: { holderIdentity: 'h' } }, ['x', 'h', '5m']],
  [
    'endpoints',
    'endpoints',
    {
      metadata,
      subsets: [
        { addresses: [{ ip: '1.1.1.1' }, { ip: 'fd::1' }], ports: [{ port: 1 }, { port: 2 }] },
        { addresses: [{ ip: '2.2.2.2' }] },
      ],
    },
    ['x', '1.1.1.1:1,[fd::1]:1,1.1.1.1:2 + 2 more...', '5m'],
  ],
  ['no endpoints', 'endpoints', { metadata }, ['x', '<none>', '5m']],
  [
    'a disruption budget',
    'policy/v1/poddisruptionbudgets',
    { metadata, spec: { minAvailable: '50%' }, status: { disruptionsAllowed: 1 } },
    ['x', '50%', 'N/A', 1, '5m'],
  ],
  ['any other kind', 'authentication.k8s.io/v1/selfsubjectreviews', { metadata }, ['x', created]],
]

test.each(rows)('%s', (_, resource, object, cells) => {
  expect(rowOf(resourceOf(resource), object as ApiObject, { nowMs, includeObject: 'None' }).cells).toEqual(cells)
})

describe('pods', () => {
  const pods = resourceOf('pods')
  const gates = [{ conditionType: 'a' }, { conditionType: 'b' }]
  const pod = {
    metadata,
    spec: { containers: [{ name: 'c' }], nodeName: 'n', readinessGates: gates },
    status: {
      phase: 'Running',
      podIP: '10.1.0.1',
      podIPs: [{ ip: '10.1.0.1' }],
      conditions: [{ type: 'a', status: 'True' }],
      containerStatuses: [
        {
          name: 'c',
          ready: true,
          restartCount: 3,
          state: { running: {} },
          lastState: { terminated: { exitCode: 1, finishedAt: created } },
        },
      ],
    },
  }

  test('W8.13 a row', () => {
    const { cells, conditions } = rowOf(pods, pod as ApiObject, { nowMs, includeObject: 'None' })
    expect(cells).toEqual(['x', '1/1', 'Running', '3 (5m ago)', '5m', '10.1.0.1', 'n', '<none>', '1/2'])
    expect(conditions).toBeUndefined()
  })

  test.each(['Succeeded', 'Failed'])('W8.8 %s pods are marked', (phase) => {
    const row = rowOf(pods, { ...pod, status: { phase } } as ApiObject, { nowMs, includeObject: 'None' })
    expect(row.conditions).toEqual([
      { type: 'Completed', status: 'True', reason: phase, message: expect.stringContaining('pod') },
    ])
  })
})

describe('the table', () => {
  const configMaps = resourceOf('configmaps')
  const object = { metadata, data: { a: '1' } } as ApiObject

  test('W8.6 carries the metadata of the list', () => {
    const listMeta = { resourceVersion: '7', continue: 'c', remainingItemCount: 2 }
    const table = tableOf(configMaps, [object], { nowMs, includeObject: 'Metadata', listMeta })
    expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: listMeta })
    expect(table.rows).toEqual([
      {
        cells: ['x', 1, '5m'],
        object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata },
      },
    ])
    expect(table.columnDefinitions?.[0]).toEqual({
      name: 'Name',
      type: 'string',
      format: 'name',
      description: expect.any(String),
      priority: 0,
    })
  })

  test('W7.8 can leave the columns out', () => {
    const table = tableOf(configMaps, [], { nowMs, includeObject: 'None', listMeta: {}, omitColumns: true })
    expect(table).toMatchObject({ columnDefinitions: null, rows: [] })
  })

  test.each([
    ['Object', { ...object, kind: 'ConfigMap', apiVersion: 'v1' }],
    ['None', null],
  ] as const)('W8.7 includeObject=%s', (includeObject, included) => {
    expect(rowOf(configMaps, object, { nowMs, includeObject }).object).toEqual(included)
  })

  test('W8.7 includeObject of a query', () => {
    expect([null, '', 'None', 'Object', 'Metadata'].map(includeObjectOf)).toEqual([
      'Metadata',
      'Metadata',
      'None',
      'Object',
      'Metadata',
    ])
    expect(() => includeObjectOf('Bad')).toThrow(
      `includeObject: Invalid value: "Bad": must be 'Metadata', 'Object', 'None', or empty`,
    )
  })
})
