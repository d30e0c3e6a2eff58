import { describe, expect, test } from 'vitest'
import { configMaps, daemonSets, nodes, type Resource } from '../../api/resources.ts'
import type { ApiObject } from '../../api/types.ts'
import { jsonClone } from '../../base/json.ts'
import { decodeManagers, maxUpdateManagers } from './managers.ts'
import { type TrackUpdateOptions, trackUpdate } from './track-update.ts'

const nowMs = Date.UTC(2026, 0, 1)

function write(
  resource: Resource,
  live: ApiObject | undefined,
  object: object,
  manager: string,
  more: Partial<TrackUpdateOptions> = {},
): ApiObject {
  return trackUpdate({ resource, live, object: object as ApiObject, manager, nowMs, ...more })
}

interface Entry {
  manager: string
  time: string
  subresource?: string
  fieldsV1: object
}

const entries = (object: ApiObject) => (object.metadata.managedFields ?? []) as Entry[]
const owners = (object: ApiObject) =>
  Object.fromEntries(entries(object).map(({ manager, fieldsV1 }) => [manager, fieldsV1]))

const daemonSet = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: {
    name: 'agent',
    namespace: 'd',
    uid: 'u',
    creationTimestamp: '2026-01-01T00:00:00Z',
    generation: 1,
    labels: { app: 'a' },
  },
  spec: {
    selector: { matchLabels: { app: 'a' } },
    revisionHistoryLimit: 10,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    template: {
      metadata: { labels: { app: 'a' } },
      spec: {
        containers: [{ name: 'main', image: 'i', resources: {}, ports: [{ containerPort: 80, protocol: 'TCP' }] }],
        tolerations: [{ operator: 'Exists' }],
        securityContext: {},
        volumes: [{ name: 'v', emptyDir: {} }],
      },
    },
  },
  status: { numberReady: 0 },
} satisfies object

test('W13.3 W13.4 W13.7 whoever creates owns what is there, in the form that a real server writes', () => {
  const created = write(daemonSets, undefined, daemonSet, 'kubectl-create')
  expect(entries(created)).toEqual([
    {
      manager: 'kubectl-create',
      operation: 'Update',
      apiVersion: 'apps/v1',
      time: '2026-01-01T00:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          'f:revisionHistoryLimit': {},
          'f:selector': {},
          'f:template': {
            'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
            'f:spec': {
              'f:containers': {
                'k:{"name":"main"}': {
                  '.': {},
                  'f:image': {},
                  'f:name': {},
                  'f:ports': {
                    '.': {},
                    'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
                  },
                  'f:resources': {},
                },
              },
              'f:securityContext': {},
              'f:tolerations': {},
              'f:volumes': { '.': {}, 'k:{"name":"v"}': { '.': {}, 'f:emptyDir': {}, 'f:name': {} } },
            },
          },
          'f:updateStrategy': {
            'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} },
            'f:type': {},
          },
        },
      },
    },
  ])
  expect({ ...created, metadata: { ...created.metadata, managedFields: undefined } }).toEqual({
    ...daemonSet,
    metadata: { ...daemonSet.metadata, managedFields: undefined },
  })
})

const configMap = { metadata: { name: 'c' }, data: { a: '1', b: '2' } }

describe('config maps', () => {
  const created = write(configMaps, undefined, configMap, 'one')

  test('W13.7 a changed and a new field go to whoever wrote them, the others stay', () => {
    const updated = write(configMaps, created, { ...created, data: { a: '1', b: '3', c: '4' } }, 'two')
    expect(owners(updated)).toEqual({
      one: { 'f:data': { '.': {}, 'f:a': {} } },
      two: { 'f:data': { 'f:b': {}, 'f:c': {} } },
    })
  })

  test('W13.7 a removed field is nobody’s, and an entry without fields vanishes', () => {
    const updated = write(configMaps, created, { ...created, data: { a: '9', c: '1' } }, 'two')
    expect(owners(updated)).toEqual({ one: { 'f:data': {} }, two: { 'f:data': { 'f:a': {}, 'f:c': {} } } })
    const emptied = write(
      configMaps,
      updated,
      { metadata: { name: 'c', managedFields: updated.metadata.managedFields } },
      'three',
    )
    expect(emptied.metadata.managedFields).toBeUndefined()
  })

  test('W13.8 a write that changes nothing changes no time', () => {
    const again = write(configMaps, created, jsonClone(created), 'one', { nowMs: nowMs + 5000 })
    expect(again).toEqual(created)
  })

  test('W13.8 a changed value renews the time of its entry', () => {
    const updated = write(configMaps, created, { ...created, data: { a: '2', b: '2' } }, 'one', { nowMs: nowMs + 5000 })
    expect(entries(updated).map(({ manager, time }) => [manager, time])).toEqual([['one', '2026-01-01T00:00:05Z']])
  })

  test.each([
    ['[]', []],
    ['[{}]', [{}]],
  ])('W13.8 managedFields: %s clears the tracking', (_, managedFields) => {
    const sent = { ...created, metadata: { ...created.metadata, managedFields } }
    const cleared = write(configMaps, created, sent, 'two')
    expect(cleared.metadata.managedFields).toBeUndefined()
    const later = write(configMaps, cleared, { ...cleared, data: { a: '7' } }, 'three')
    expect(later.metadata.managedFields).toBeUndefined()
  })

  test('W13.10 managedFields may be set, and nonsense is as if nothing were sent', () => {
    const [entry] = entries(created)
    const renamed = { ...created, metadata: { ...created.metadata, managedFields: [{ ...entry, manager: 'kubectl' }] } }
    expect(Object.keys(owners(write(configMaps, created, renamed, 'two')))).toEqual(['kubectl'])
    for (const managedFields of [[{ manager: 'x' }], [{ ...entry, fieldsV1: { nonsense: {} } }], ['x']]) {
      const sent = { ...created, metadata: { ...created.metadata, managedFields } }
      expect(Object.keys(owners(write(configMaps, created, sent, 'two')))).toEqual(['one'])
    }
    const { managedFields: _, ...metadata } = created.metadata
    expect(Object.keys(owners(write(configMaps, created, { ...created, metadata }, 'two')))).toEqual(['one'])
  })

  test('W13.2 one entry for each manager, version and subresource; the oldest first', () => {
    const other = write(configMaps, created, { ...created, data: { a: '1', b: '3' } }, 'a-later-one', {
      nowMs: nowMs + 9000,
    })
    expect(entries(other).map(({ manager }) => manager)).toEqual(['one', 'a-later-one'])
  })

  test('W13.7 beyond ten updaters the oldest become ancient-changes', () => {
    let object = write(configMaps, undefined, { metadata: { name: 'c' }, data: {} }, 'm0')
    for (let i = 1; i <= 13; i++) {
      const data = { ...(object as ApiObject & { data?: object }).data, [`k${i}`]: 'v' }
      object = write(configMaps, object, { ...object, data }, `m${i}`, { nowMs: nowMs + i * 1000 })
    }
    expect(entries(object)).toHaveLength(maxUpdateManagers)
    expect(owners(object)['ancient-changes']).toEqual({
      'f:data': { '.': {}, 'f:k1': {}, 'f:k2': {}, 'f:k3': {}, 'f:k4': {} },
    })
  })
})

test('W13.4 status is tracked through /status only, and there nothing of the spec', () => {
  const created = write(nodes, undefined, { metadata: { name: 'n' }, status: { phase: 'x' } }, 'kubelet')
  expect(created.metadata.managedFields).toBeUndefined()
  const node = write(nodes, undefined, { metadata: { name: 'n', labels: { a: '1' } } }, 'kubelet')
  const conditions = [{ type: 'Ready', status: 'True' }]
  const reported = write(nodes, node, { ...node, spec: { unschedulable: true }, status: { conditions } }, 'kubelet', {
    subresource: 'status',
  })
  expect(entries(reported).map(({ manager, subresource, fieldsV1 }) => [manager, subresource, fieldsV1])).toEqual([
    ['kubelet', undefined, { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } } }],
    [
      'kubelet',
      'status',
      { 'f:status': { 'f:conditions': { '.': {}, 'k:{"type":"Ready"}': { '.': {}, 'f:status': {}, 'f:type': {} } } } },
    ],
  ])
})

test('two items that share a key are one thing', () => {
  const env = (...values: string[]) => ({
    metadata: { name: 'd' },
    spec: { template: { spec: { containers: [{ name: 'c', env: values.map((value) => ({ name: 'E', value })) }] } } },
  })
  const created = write(daemonSets, undefined, env('1', '2'), 'one')
  const fields = (owners(created).one as { 'f:spec': object })['f:spec']
  expect(JSON.stringify(fields)).toContain('"k:{\\"name\\":\\"E\\"}":{}}')
  const updated = write(daemonSets, created, { ...env('1', '3'), metadata: created.metadata }, 'two')
  expect(JSON.stringify(owners(updated).two)).toContain('"k:{\\"name\\":\\"E\\"}":{}}')
})

test('what was written can be read', () => {
  const created = write(daemonSets, undefined, daemonSet, 'one')
  expect(decodeManagers(JSON.parse(JSON.stringify(created.metadata.managedFields)))?.size).toBe(1)
})
