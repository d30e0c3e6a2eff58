import { expect, test } from 'vitest'
import type { Pod } from '../../api/types.ts'
import { fieldValue, resourceValue } from './field-values.ts'

const pod: Pod = {
  metadata: {
    name: 'logger-x7',
    namespace: 'logs',
    uid: 'u-1',
    labels: { b: 'two', a: 'one' },
    annotations: { 'example.com/note': 'a "b"\n\tö\u0001\u200b' },
  },
  spec: { nodeName: 'n1', serviceAccountName: 'reader', containers: [] },
}
const addresses = { podIP: '10.0.0.2', hostIP: '172.16.0.1' }

test.each([
  ['metadata.name', 'logger-x7'],
  ['metadata.namespace', 'logs'],
  ['metadata.uid', 'u-1'],
  ['metadata.labels', 'a="one"\nb="two"'],
  ['metadata.annotations', 'example.com/note="a \\"b\\"\\n\\tö\\x01\\u200b"'],
  ["metadata.labels['a']", 'one'],
  ["metadata.labels['none']", ''],
  ["metadata.annotations['example.com/note']", 'a "b"\n\tö\u0001\u200b'],
  ['spec.nodeName', 'n1'],
  ['spec.serviceAccountName', 'reader'],
  ['status.hostIP', '172.16.0.1'],
  ['status.podIPs', '10.0.0.2'],
  ['spec.containers', undefined],
])('the field %s says %j', (path, expected) => {
  expect(fieldValue(pod, path, addresses)).toBe(expected)
})

const container = {
  name: 'c',
  resources: { limits: { cpu: '1500m', memory: '100Mi' }, requests: { cpu: '250m' } },
}

test.each([
  ['limits.cpu', undefined, '2'],
  ['limits.cpu', '1m', '1500'],
  ['requests.cpu', '1m', '250'],
  ['limits.memory', undefined, '104857600'],
  ['limits.memory', '1Mi', '100'],
  ['limits.memory', '3Mi', '34'],
  ['requests.memory', '1Mi', '100'],
  ['limits.ephemeral-storage', '1Gi', '10'],
  ['requests.ephemeral-storage', undefined, '0'],
  ['limits.gpu', undefined, undefined],
])('the resource %s by %s is %s', (resource, divisor, expected) => {
  const ref = divisor === undefined ? { resource } : { resource, divisor }
  expect(resourceValue(container, ref, { 'ephemeral-storage': '10Gi', cpu: '4' })).toBe(expected)
})
