import { describe, expect, test } from 'vitest'
import { configMaps, daemonSets, type Resource } from '../../api/resources.ts'
import { ApiError } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import { type ApplyOptions, applyConfiguration } from './apply-configuration.ts'
import { lastAppliedAnnotation } from './last-applied.ts'
import { trackUpdate } from './track-update.ts'

const nowMs = Date.UTC(2026, 0, 1)

interface ConfigMap extends ApiObject {
  data?: Record<string, string>
}

function apply(
  live: ApiObject | undefined,
  applied: object,
  manager: string,
  more: Partial<ApplyOptions> = {},
): ConfigMap {
  return applyConfiguration({ resource: configMaps, live, applied, manager, force: false, nowMs, ...more })
}

function config(data: Record<string, string | null> | undefined, metadata: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', namespace: 'd', ...metadata },
    ...(data && { data }),
  }
}

function update(live: ApiObject, data: object, manager: string, resource: Resource = configMaps): ConfigMap {
  return trackUpdate({ resource, live, object: { ...live, data } as ApiObject, manager, nowMs })
}

function create(data: object, manager: string): ConfigMap {
  return trackUpdate({
    resource: configMaps,
    live: undefined,
    object: config(data as Record<string, string>) as ApiObject,
    manager,
    nowMs,
  })
}

interface Entry {
  manager: string
  operation: string
  time: string
  fieldsV1: object
}

const entries = (object: ApiObject) => (object.metadata.managedFields ?? []) as Entry[]
const owners = (object: ApiObject) =>
  Object.fromEntries(entries(object).map((one) => [`${one.manager} ${one.operation}`, one.fieldsV1]))
const data = (...keys: string[]) => ({ 'f:data': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) })

function refusal(act: () => unknown): ApiError {
  try {
    act()
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('one manager', () => {
  test('W13.1 W13.5 apply makes what is not there; its entry is exactly what was applied', () => {
    const created = apply(undefined, config({ a: '1' }), 'm')
    expect(created).toMatchObject(config({ a: '1' }))
    expect(entries(created)).toEqual([
      {
        manager: 'm',
        operation: 'Apply',
        apiVersion: 'v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: data('a'),
      },
    ])
  })

  test('W13.8 applying the same again is nothing', () => {
    const created = apply(undefined, config({ a: '1' }), 'm')
    expect(apply(created, config({ a: '1' }), 'm', { nowMs: nowMs + 5000 })).toBe(created)
  })

  test('W13.5 what is no longer applied is removed', () => {
    const created = apply(undefined, config({ a: '1', b: '2' }, { labels: { x: '1' } }), 'm')
    const applied = apply(created, config({ b: '3' }), 'm')
    expect(applied.data).toEqual({ b: '3' })
    expect(applied.metadata.labels).toBeUndefined()
    expect(owners(applied)).toEqual({ 'm Apply': data('b') })
  })

  test('W13.5 null is as if it were not applied', () => {
    const created = apply(undefined, config({ a: '1', b: '2' }), 'm')
    expect(apply(created, config({ a: null, b: '2' }), 'm').data).toEqual({ b: '2' })
  })

  test('W13.5 the last fields go with the last configuration', () => {
    const emptied = apply(apply(undefined, config({ a: '1' }), 'm'), config(undefined), 'm')
    expect(emptied.data).toBeUndefined()
    expect(emptied.metadata.managedFields).toBeUndefined()
  })
})

describe('two managers', () => {
  const base = apply(undefined, config({ a: '1', b: '1' }), 'one')

  test('W13.6 equal values are shared', () => {
    const shared = apply(base, config({ a: '1' }), 'two')
    expect(shared.data).toEqual({ a: '1', b: '1' })
    expect(owners(shared)).toEqual({ 'one Apply': data('a', 'b'), 'two Apply': data('a') })
  })

  test('W13.5 a shared field stays when one owner leaves it', () => {
    const shared = apply(base, config({ a: '1' }), 'two')
    const left = apply(shared, config({ b: '1' }), 'one')
    expect(left.data).toEqual({ a: '1', b: '1' })
    expect(owners(left)).toEqual({ 'one Apply': data('b'), 'two Apply': data('a') })
    expect(apply(left, config({}), 'two').data).toEqual({ b: '1' })
  })

  test('W13.6 unowned fields conflict with nobody', () => {
    expect(apply(base, config({ c: '1' }), 'two').data).toEqual({ a: '1', b: '1', c: '1' })
  })

  test('W13.9 one conflict with an applier', () => {
    const error = refusal(() => apply(base, config({ a: '2', b: '1' }), 'two'))
    expect(error.toStatus()).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }] },
    })
  })

  test('W13.9 one conflict with an updater', () => {
    const live = create({ a: '1' }, 'me')
    const error = refusal(() => apply(live, config({ a: '2' }), 'two'))
    expect(error.message).toBe('Apply failed with 1 conflict: conflict with "me" using v1: .data.a')
  })

  test('W13.9 one conflict with a subresource', () => {
    const status = { conditions: [{ type: 'T', status: 'True' }] }
    const daemonSet = { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'x', namespace: 'd' } }
    const made = trackUpdate({
      resource: daemonSets,
      live: undefined,
      object: { ...daemonSet, spec: { minReadySeconds: 1 } } as ApiObject,
      manager: 'me',
      nowMs,
    })
    const live = trackUpdate({
      resource: daemonSets,
      live: made,
      object: { ...made, status } as ApiObject,
      manager: 'me',
      nowMs,
      subresource: 'status',
    })
    const applied = { ...daemonSet, status: { conditions: [{ type: 'T', status: 'False' }] } }
    const options = { resource: daemonSets, live, applied, manager: 'two', force: false, nowMs }
    expect(refusal(() => applyConfiguration({ ...options, subresource: 'status' })).message).toBe(
      'Apply failed with 1 conflict: conflict with "me" with subresource "status" using apps/v1: .status.conditions[type="T"].status',
    )
    expect(entries(applyConfiguration(options))).toHaveLength(2)
  })

  test('W13.9 several conflicts with several managers', () => {
    const live = update(base, { a: '1', b: '1', z: '1' }, 'three')
    const error = refusal(() => apply(live, config({ a: '2', b: '2', z: '2' }), 'two'))
    expect(error.message).toBe(
      'Apply failed with 3 conflicts: conflicts with "one":\n- .data.a\n- .data.b\nconflicts with "three" using v1:\n- .data.z',
    )
    expect(error.details?.causes).toHaveLength(3)
  })

  test('W13.6 force takes the field', () => {
    const taken = apply(base, config({ a: '2' }), 'two', { force: true })
    expect(taken.data).toEqual({ a: '2', b: '1' })
    expect(owners(taken)).toEqual({ 'one Apply': data('b'), 'two Apply': data('a') })
  })

  test('W13.7 an update takes a field from an applier, who then has a conflict', () => {
    const updated = update(base, { a: '5', b: '1' }, 'me')
    expect(owners(updated)).toEqual({ 'one Apply': data('b'), 'me Update': data('a') })
    const error = refusal(() => apply(updated, config({ a: '1', b: '1' }), 'one'))
    expect(error.message).toBe('Apply failed with 1 conflict: conflict with "me" using v1: .data.a')
  })

  test('W13.7 the first apply finds what was there before', () => {
    const untracked = config({ a: '1' }) as ApiObject
    const applied = apply(untracked, config({ b: '1' }), 'm')
    expect(owners(applied)).toEqual({
      'm Apply': data('b'),
      'before-first-apply Update': { 'f:data': { '.': {}, 'f:a': {} } },
    })
    expect(refusal(() => apply(untracked, config({ a: '2' }), 'm')).message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a',
    )
  })
})

describe('from client-side apply (W13.10)', () => {
  function appliedByClient(values: Record<string, string>): ApiObject {
    const text = `${JSON.stringify(config(values))}\n`
    const object = config(values, { annotations: { [lastAppliedAnnotation]: text } }) as ApiObject
    return trackUpdate({ resource: configMaps, live: undefined, object, manager: 'kubectl-client-side-apply', nowMs })
  }

  test('kubectl does not conflict with what it applied itself, and the annotation follows', () => {
    const applied = apply(appliedByClient({ a: '1' }), config({ a: '2' }), 'kubectl')
    expect(applied.data).toEqual({ a: '2' })
    expect(applied.metadata.annotations?.[lastAppliedAnnotation]).toBe(
      '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"c","namespace":"d"}}\n',
    )
  })

  test('the annotation keeps its text while it says the same, whatever the order of its keys', () => {
    const live = appliedByClient({ a: '1' })
    const applied = apply(live, { ...config({ a: '1' }), kind: 'ConfigMap' }, 'kubectl')
    expect(applied.metadata.annotations).toEqual(live.metadata.annotations)
  })

  test('it does conflict where somebody changed the value since', () => {
    const live = update(appliedByClient({ a: '1', b: '1' }), { a: '5', b: '1' }, 'me')
    const error = refusal(() => apply(live, config({ a: '2', b: '2' }), 'kubectl'))
    expect(error.message).toBe('Apply failed with 1 conflict: conflict with "me" using v1: .data.a')
  })

  test('another manager has no such leave', () => {
    const error = refusal(() => apply(appliedByClient({ a: '1' }), config({ a: '2' }), 'other'))
    expect(error.message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.a',
    )
  })
})

const refused: [name: string, body: unknown, code: number, message: string][] = [
  ['no kind', { metadata: { name: 'c' } }, 400, 'invalid object type: /, Kind='],
  ['another kind', { ...config({}), kind: 'Secret' }, 400, 'invalid object type: /v1, Kind=Secret'],
  ['another group', { ...config({}), apiVersion: 'apps/v1' }, 400, 'invalid object type: apps/v1, Kind=ConfigMap'],
  ['no object', 'x', 400, 'invalid object type: /, Kind='],
  ['managedFields', config({}, { managedFields: [{}] }), 400, 'metadata.managedFields must be nil'],
  [
    'an unknown field',
    { ...config({}), bogus: 1 },
    500,
    'failed to create typed patch object (d/c; /v1, Kind=ConfigMap): .bogus: field not declared in schema',
  ],
]

test.each(refused)('W13.1 refuses %s', (_, body, code, message) => {
  expect(refusal(() => apply(undefined, body as object, 'm'))).toMatchObject({ code, message })
})
