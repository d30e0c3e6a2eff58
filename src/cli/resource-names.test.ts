import { expect, test } from 'vitest'
import { daemonSets, nodes, oldDaemonSets, pods } from '../api/resources.ts'
import { objectName, resourceNamed, resourcesNamed, targetsOf } from './resource-names.ts'

test.each([
  ['ds', daemonSets],
  ['daemonset', daemonSets],
  ['DaemonSets', daemonSets],
  ['daemonsets.apps', daemonSets],
  ['ds.v1.apps', daemonSets],
  ['daemonsets.extensions', oldDaemonSets],
  ['daemonsets.v1beta1.extensions', oldDaemonSets],
  ['po', pods],
  ['no', nodes],
])('%s', (word, resource) => {
  expect(resourceNamed(word)).toBe(resource)
})

test.each(['foo', '', 'ds.batch', 'selfsubjectreviews'])('%j is no resource one can get', (word) => {
  expect(() => resourceNamed(word)).toThrow(`the server doesn't have a resource type "${word}"`)
})

test('several, and a category', () => {
  expect(resourcesNamed('ds,po')).toEqual([daemonSets, pods])
  expect(resourcesNamed('all').map(({ plural }) => plural)).toEqual(['pods', 'services', 'daemonsets'])
})

test('both ways to name objects', () => {
  expect(targetsOf(['ds', 'a', 'b']).targets.map(({ name }) => name)).toEqual(['a', 'b'])
  expect(targetsOf(['ds/a', 'pod/b'])).toEqual({
    resources: [daemonSets, pods],
    targets: [
      { resource: daemonSets, name: 'a' },
      { resource: pods, name: 'b' },
    ],
  })
  expect(targetsOf(['ds'])).toEqual({ resources: [daemonSets], targets: [] })
  for (const arg of ['ds/', '/a']) expect(() => targetsOf([arg])).toThrow(/single resource and name/)
  expect(() => targetsOf(['ds/a/b'])).toThrow(/more than one slash/)
  expect(() => targetsOf(['ds/a', 'b'])).toThrow(/no need to specify a resource type/)
})

test('R10.13 how objects are named', () => {
  expect([objectName(daemonSets, 'a'), objectName(oldDaemonSets, 'a'), objectName(pods, 'b')]).toEqual([
    'daemonset.apps/a',
    'daemonset.extensions/a',
    'pod/b',
  ])
})
