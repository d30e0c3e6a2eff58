import { expect, test } from 'vitest'
import { controllerNames, isControllerEnabled, unknownController } from './names.ts'

// Upstream: controller-manager/app/helper_test.go, TestIsControllerEnabled.
test.each([
  ['*', true, true],
  ['*,-daemonset', false, true],
  ['*,-daemonset-controller', false, true],
  ['-daemonset,*', false, true],
  ['daemonset', true, false],
  ['podgc,daemonset-controller', true, true],
  ['-podgc', false, false],
])('--controllers=%s', (list, daemonset, podgc) => {
  const entries = list.split(',')
  expect(isControllerEnabled('daemonset-controller', entries)).toBe(daemonset)
  expect(isControllerEnabled('pod-garbage-collector-controller', entries)).toBe(podgc)
})

test('a name that nobody has is found; all of ours are known', () => {
  expect(unknownController(['*', '-daemonsets'])).toBe('-daemonsets')
  expect(unknownController(['*', ...controllerNames])).toBeUndefined()
})
