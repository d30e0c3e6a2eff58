import { describe, expect, test } from 'vitest'
import { resources } from '../resources.ts'
import { mergeRules } from './list-types.ts'
import { objectSchema, type TypeRef, typeNames } from './schema.ts'

function field(path: string) {
  const [type, name] = path.split('.')
  const found = objectSchema(type!).fields.get(name!)
  if (found === undefined) throw new Error(`no ${path}`)
  return found
}

describe('the table of types', () => {
  test('every served resource has a type with apiVersion, kind and metadata', () => {
    for (const { schema } of resources) {
      expect([...objectSchema(schema).fields.keys()]).toEqual(
        expect.arrayContaining(['apiVersion', 'kind', 'metadata']),
      )
    }
  })

  test('every type a field refers to exists', () => {
    const referred = (type: TypeRef): string[] =>
      type.kind === 'object' ? [type.type] : type.kind === 'list' || type.kind === 'map' ? referred(type.of) : []
    const names = typeNames()
    for (const name of names) {
      for (const { type } of objectSchema(name).fields.values())
        expect(names).toEqual(expect.arrayContaining(referred(type)))
    }
  })

  test('every rule of the table of lists names a field that exists and fits it', () => {
    for (const [path, rule] of Object.entries(mergeRules)) {
      const { type } = field(path)
      if (rule.listType !== undefined) expect(type.kind, path).toBe('list')
      if (rule.mapType !== undefined) expect(type.kind, path).toBe('map')
      for (const key of [rule.patchMergeKey, ...(rule.listMapKeys ?? [])]) {
        if (key === undefined || type.kind !== 'list' || type.of.kind !== 'object') continue
        expect([...objectSchema(type.of.type).fields.keys()], path).toContain(key)
      }
    }
  })
})

const types: [path: string, kind: string, required: boolean, goText: string][] = [
  ['DaemonSetSpec.minReadySeconds', 'int32', false, 'int32'],
  ['DaemonSetSpec.selector', 'object', true, 'v1.LabelSelector'],
  ['DaemonSetSpec.template', 'object', true, 'v1.PodTemplateSpec'],
  ['RollingUpdateDaemonSet.maxUnavailable', 'int-or-string', false, 'intstr.IntOrString'],
  ['PodSpec.containers', 'list', true, '[]v1.Container'],
  ['PodSpec.restartPolicy', 'string', false, 'v1.RestartPolicy'],
  ['PodSpec.workloadRef', 'object', false, 'v1.WorkloadReference'],
  ['ResourceRequirements.limits', 'map', false, 'v1.ResourceList'],
  ['ObjectMeta.labels', 'map', false, 'map[string]string'],
  ['ObjectMeta.creationTimestamp', 'time', false, 'v1.Time'],
  ['LeaseSpec.renewTime', 'micro-time', false, 'v1.MicroTime'],
  ['ConfigMap.binaryData', 'map', false, 'map[string][]uint8'],
  ['ControllerRevision.data', 'any', false, 'runtime.RawExtension'],
  ['ControllerRevision.revision', 'int64', true, 'int64'],
  ['DaemonEndpoint.Port', 'int32', true, 'int32'],
]

test.each(types)('%s is a %s', (path, kind, required, goText) => {
  const { type, ...rest } = field(path)
  expect({ kind: type.kind, required: rest.required, goText: type.goText }).toEqual({ kind, required, goText })
})

test('W4.9 the old group has its own DaemonSet: no selector needed, a template generation', () => {
  const old = objectSchema('DaemonSetV1beta1')
  expect(old.openapiKey).toBe('io.k8s.api.extensions.v1beta1.DaemonSet')
  expect(old.goName).toBe('DaemonSet')
  const spec = objectSchema('DaemonSetSpecV1beta1').fields
  expect(spec.get('selector')?.required).toBe(false)
  expect(spec.get('templateGeneration')?.type.kind).toBe('int64')
  expect(objectSchema('DaemonSetSpec').fields.has('templateGeneration')).toBe(false)
})

test('W5.9 a zero is a value where Go has a pointer or writes the field always', () => {
  expect(field('DaemonSetSpec.revisionHistoryLimit').keepsZero).toBe(true)
  expect(field('PodSpec.terminationGracePeriodSeconds').keepsZero).toBe(true)
  expect(field('SecurityContext.privileged').keepsZero).toBe(true)
  expect(field('DaemonSetStatus.numberReady').keepsZero).toBe(true)
  expect(field('PodSpec.hostNetwork').keepsZero).toBe(false)
})

test('W10.9 merge keys and list types', () => {
  expect(field('PodSpec.volumes')).toMatchObject({ patchStrategy: 'merge,retainKeys', patchMergeKey: 'name' })
  expect(field('Container.ports')).toMatchObject({
    patchMergeKey: 'containerPort',
    listMapKeys: ['containerPort', 'protocol'],
  })
  expect(field('ObjectMeta.finalizers')).toMatchObject({ patchStrategy: 'merge', listType: 'set' })
  expect(field('PodSpec.tolerations')).toMatchObject({ listType: 'atomic' })
  expect(field('PodSpec.tolerations').patchStrategy).toBeUndefined()
  expect(objectSchema('LabelSelector').atomic).toBe(true)
})
