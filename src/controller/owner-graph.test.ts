import fc from 'fast-check'
import { expect, test } from 'vitest'
import { configMaps } from '../api/resources.ts'
import { foregroundFinalizer, orphanFinalizer } from '../reconcile/garbage-collection.ts'
import { type GraphNode, OwnerGraph } from './owner-graph.ts'

const names = ['a', 'b', 'c', 'd'] as const

function node(uid: string, owners: readonly string[] = [], more: Partial<GraphNode> = {}): GraphNode {
  const reference = (owner: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: owner })
  return {
    resource: configMaps,
    uid,
    namespace: 'default',
    name: uid,
    resourceVersion: '1',
    deleting: false,
    finalizers: [],
    ownerReferences: owners.map(reference),
    ...more,
  }
}

const waiting = { deleting: true, finalizers: [foregroundFinalizer] }

test('what must be looked at when something comes, changes or goes', () => {
  const graph = new OwnerGraph()
  expect(graph.put(node('a'))).toEqual([])
  expect(graph.put(node('b', ['a']))).toEqual([])
  expect(graph.put(node('c', ['ghost']))).toEqual(['c'])
  expect(graph.put(node('c', ['ghost']))).toEqual([])
  expect(graph.put(node('a', [], waiting))).toEqual(['a'])
  expect(graph.put(node('d', ['a']))).toEqual(['d'])
  expect(graph.put(node('d', []))).toEqual(['a'])
  expect(graph.remove('b')).toEqual(['a'])
  expect(graph.put(node('b', ['a']))).toEqual(['b'])
  expect(graph.remove('a')).toEqual(['b'])
  expect(graph.remove('a')).toEqual([])
  expect(graph.put(node('e', [], { deleting: true, finalizers: [orphanFinalizer] }))).toEqual(['e'])
  expect(graph.put(node('f', [], { deleting: true, finalizers: ['test/other'] }))).toEqual([])
})

test('after any history the dependents of an owner are exactly those that refer to it', () => {
  const uid = fc.constantFrom(...names)
  const owners = fc.uniqueArray(uid, { maxLength: 3 })
  const step = fc.oneof(fc.record({ put: uid, owners }), fc.record({ remove: uid }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const graph = new OwnerGraph()
      const known = new Map<string, readonly string[]>()
      for (const step of steps) {
        if ('put' in step) {
          graph.put(node(step.put, step.owners))
          known.set(step.put, step.owners)
        } else {
          graph.remove(step.remove)
          known.delete(step.remove)
        }
      }
      for (const owner of names) {
        const expected = [...known].filter(([, owners]) => owners.includes(owner)).map(([uid]) => uid)
        const found = graph.dependentsOf(owner).map((one) => one.uid)
        expect(found.toSorted()).toEqual(expected.toSorted())
      }
    }),
  )
})
