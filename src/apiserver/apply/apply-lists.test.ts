import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { daemonSets } from '../../api/resources.ts'
import type { ApiObject, PodSpec } from '../../api/types.ts'
import { jsonEqual } from '../../base/json.ts'
import { type ApplyOptions, applyConfiguration } from './apply-configuration.ts'
import { pathText } from './element.ts'
import { equalSets, isEmptySet, pathsOf, union } from './field-set.ts'
import { rootPlace } from './parts.ts'
import { compare, fieldsOf, mergeInto, without } from './walk.ts'

const nowMs = Date.UTC(2026, 0, 1)
const head = { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'x', namespace: 'd' } }

function daemonSet(spec: object): ApiObject {
  return { ...head, spec: { template: { spec } } } as ApiObject
}

function apply(
  live: ApiObject | undefined,
  spec: object,
  manager: string,
  more: Partial<ApplyOptions> = {},
): ApiObject {
  return applyConfiguration({
    resource: daemonSets,
    live,
    applied: daemonSet(spec),
    manager,
    force: false,
    nowMs,
    ...more,
  })
}

/** Empty where nothing is left: an emptied struct and an absent one are the same to Go. */
function specOf(object: ApiObject): PodSpec {
  const { spec } = object as ApiObject & { spec?: { template?: { spec?: PodSpec } } }
  return spec?.template?.spec ?? ({} as PodSpec)
}
const named = (...names: string[]) => names.map((name) => ({ name }))
const names = (list: readonly { name: string }[] | undefined) => (list ?? []).map(({ name }) => name)

describe('lists', () => {
  const live = apply(undefined, { containers: [{ name: 'a', image: 'i', env: named('E', 'F') }, { name: 'b' }] }, 'one')

  test('W13.5 items merge by key, live-only ones stay', () => {
    const merged = apply(live, { containers: [{ name: 'a', args: ['x'] }, { name: 'c' }] }, 'two')
    expect(specOf(merged).containers).toEqual([
      { name: 'a', image: 'i', env: named('E', 'F'), args: ['x'] },
      { name: 'b' },
      { name: 'c' },
    ])
  })

  test('W13.5 what is owned in an item keeps the item', () => {
    const merged = apply(live, { containers: [{ name: 'a', args: ['x'] }] }, 'two')
    const left = apply(merged, { containers: named('b') }, 'one')
    expect(specOf(left).containers).toEqual([{ name: 'a', args: ['x'] }, { name: 'b' }])
    expect(names(specOf(apply(left, { nodeName: 'n' }, 'two')).containers)).toEqual(['b'])
  })

  test('W13.3 atomic lists, maps and structs are owned whole', () => {
    const toleration = { operator: 'Exists' }
    const first = apply(undefined, { tolerations: [toleration], nodeSelector: { a: '1' } }, 'one')
    expect(() => apply(first, { nodeSelector: { b: '1' } }, 'two')).toThrow(
      'Apply failed with 1 conflict: conflict with "one": .spec.template.spec.nodeSelector',
    )
    expect(specOf(apply(first, { nodeSelector: { b: '1' } }, 'two', { force: true })).nodeSelector).toEqual({ b: '1' })
  })

  test('W10.9 ports are told apart by number and protocol, which defaults to TCP', () => {
    const ports = (...list: object[]) => ({ containers: [{ name: 'a', ports: list }] })
    const first = apply(undefined, ports({ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }), 'one')
    const second = apply(first, ports({ containerPort: 80, protocol: 'TCP', name: 'web' }), 'two')
    expect(specOf(second).containers[0]!.ports).toEqual([
      { containerPort: 80, protocol: 'TCP', name: 'web' },
      { containerPort: 80, protocol: 'UDP' },
    ])
    expect(() => apply(second, ports({ containerPort: 80, name: 'other' }), 'three')).toThrow(
      'conflict with "two": .spec.template.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"].name',
    )
  })

  test('sets unite', () => {
    const finalizers = (...list: string[]) => ({ ...head, metadata: { ...head.metadata, finalizers: list } })
    const options = { resource: daemonSets, force: false, nowMs }
    const first = applyConfiguration({ ...options, live: undefined, applied: finalizers('a/a', 'b/b'), manager: 'one' })
    const second = applyConfiguration({ ...options, live: first, applied: finalizers('c/c', 'a/a'), manager: 'two' })
    expect(second.metadata.finalizers).toEqual(['c/c', 'a/a', 'b/b'])
    const left = applyConfiguration({ ...options, live: second, applied: head, manager: 'one' })
    expect(left.metadata.finalizers).toEqual(['c/c', 'a/a'])
  })

  test.each([
    [
      { containers: [{ image: 'i' }] },
      '.spec.template.spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn\'t have default value)',
    ],
    [
      { containers: [{ name: 'a', env: named('E', 'E') }] },
      '.spec.template.spec.containers[name="a"].env: duplicate entries for key [name="E"]',
    ],
    [
      { containers: [{ name: 'a', imagee: 'i' }] },
      '.spec.template.spec.containers[name="a"].imagee: field not declared in schema',
    ],
  ])('W13.1 refuses %j', (spec, why) => {
    expect(() => apply(undefined, spec, 'm')).toThrow(
      `failed to create typed patch object (d/x; apps/v1, Kind=DaemonSet): ${why}`,
    )
  })
})

const order: [live: string, applied: string, merged: string][] = [
  ['a b c', '', 'a b c'],
  ['', 'a b', 'a b'],
  ['a b c', 'c a', 'b c a'],
  ['a b c', 'b', 'a b c'],
  ['a b', 'c', 'a b c'],
  ['a b', 'c b', 'a c b'],
  ['a x b', 'b a', 'x b a'],
  ['a b c d', 'd n a', 'b c d n a'],
]

test.each(order)('W13.5 live [%s], applied [%s]: [%s]', (live, applied, merged) => {
  const items = (text: string) => daemonSet({ containers: named(...text.split(' ').filter((one) => one !== '')) })
  const result = mergeInto(rootPlace('DaemonSet'), items(live), items(applied)) as ApiObject
  expect(names(specOf(result).containers).join(' ')).toBe(merged)
})

const text = fc.constantFrom<string>('p', 'q', 'r')
// An emptied list and an absent one are the same to Go, so only lists with items are told apart.
const envs = fc.uniqueArray(fc.record({ name: text, value: text }), { selector: ({ name }) => name, minLength: 1 })
const container = fc.record({ name: text, image: text, args: fc.array(text), env: envs }, { requiredKeys: ['name'] })
const specs = fc.record(
  {
    containers: fc.uniqueArray(container, { selector: ({ name }) => name, minLength: 1 }),
    nodeSelector: fc.dictionary(text, text, { minKeys: 1 }),
    tolerations: fc.array(fc.record({ key: text }), { minLength: 1 }),
    hostNetwork: fc.boolean(),
  },
  { requiredKeys: [] },
)
const place = rootPlace('PodSpec')

test('W13.5 applying twice is applying once', () => {
  fc.assert(
    fc.property(specs, specs, (first, second) => {
      const live = apply(undefined, first, 'one')
      const once = apply(live, second, 'two', { force: true })
      expect(apply(once, second, 'two')).toBe(once)
    }),
  )
})

test('W13.6 a forced apply gives every applied field its value', () => {
  fc.assert(
    fc.property(specs, specs, (first, second) => {
      const live = apply(apply(undefined, first, 'one'), second, 'two', { force: true })
      const { modified, removed } = compare(place, second, specOf(live))
      expect([pathsOf(modified), pathsOf(removed)].flat().map(pathText)).toEqual([])
    }),
  )
})

test('W13.5 one manager alone gets what it applies, whatever it applied before', () => {
  fc.assert(
    fc.property(specs, specs, (first, second) => {
      const again = specOf(apply(apply(undefined, first, 'one'), second, 'one'))
      const { added, modified, removed } = compare(place, second, again)
      expect(pathsOf(union(union(added, modified), removed)).map(pathText)).toEqual([])
    }),
  )
})

test('W13.5 a manager that comes and goes leaves the others as they were', () => {
  fc.assert(
    fc.property(specs, specs, (first, second) => {
      const live = apply(undefined, first, 'one')
      let joined: ApiObject
      try {
        joined = apply(live, second, 'two')
      } catch {
        return
      }
      const options = { resource: daemonSets, live: joined, applied: head, manager: 'two', force: false, nowMs }
      const left = specOf(applyConfiguration(options))
      const { added, modified, removed } = compare(place, first, left)
      expect(pathsOf(union(union(added, modified), removed)).map(pathText)).toEqual([])
    }),
  )
})

test('W13.7 comparing: equal is no difference, and the two ways mirror each other', () => {
  fc.assert(
    fc.property(specs, specs, (a, b) => {
      const there = compare(place, a, b)
      const back = compare(place, b, a)
      expect(equalSets(there.modified, back.modified)).toBe(true)
      expect(equalSets(there.added, back.removed)).toBe(true)
      expect(isEmptySet(union(there.added, union(there.modified, there.removed)))).toBe(
        isEmptySet(union(back.added, union(back.modified, back.removed))),
      )
      const self = compare(place, a, a)
      expect(isEmptySet(union(self.added, union(self.modified, self.removed)))).toBe(true)
    }),
  )
})

test('W13.5 merging into nothing is what is applied, and taking all of it away leaves nothing', () => {
  fc.assert(
    fc.property(specs, (spec) => {
      expect(jsonEqual(mergeInto(place, undefined, spec), spec)).toBe(true)
      expect(without(place, spec, fieldsOf(place, spec)) ?? {}).toEqual({})
    }),
  )
})
