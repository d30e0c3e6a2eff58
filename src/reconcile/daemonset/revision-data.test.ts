import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PodTemplateSpec } from '../../api/types.ts'
import { revisionData, revisionDataText, templateOfRevision } from './revision-data.ts'

const template: PodTemplateSpec = {
  metadata: { labels: { b: '2', a: '1' }, creationTimestamp: null },
  spec: {
    restartPolicy: 'Always',
    containers: [{ name: 'c', image: 'img:1', args: ['a < b && c > d'] }],
  },
}

test('R6.6 the data is the template under a replacing patch, keys in order, HTML escaped, no creationTimestamp', () => {
  expect(revisionDataText(revisionData(template))).toBe(
    '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"a":"1","b":"2"}},' +
      '"spec":{"containers":[{"args":["a \\u003c b \\u0026\\u0026 c \\u003e d"],"image":"img:1","name":"c","resources":{}}],' +
      '"restartPolicy":"Always"}}}}',
  )
})

test('R6.6 the line separators of JavaScript are escaped', () => {
  expect(revisionDataText('\u2028\u2029')).toBe('"\\u2028\\u2029"')
})

const same: [what: string, spec: PodTemplateSpec['spec']][] = [
  ['a false that is no pointer', { ...template.spec, hostNetwork: false }],
  ['an empty list', { ...template.spec, tolerations: [] }],
  ['an empty map', { ...template.spec, nodeSelector: {} }],
  [
    'resources left out or empty',
    { ...template.spec, containers: [{ ...template.spec.containers[0]!, resources: {} }] },
  ],
]
test.each(same)('R1.8 R6.6 no new revision for %s', (_what, spec) => {
  expect(revisionData({ ...template, spec })).toEqual(revisionData(template))
})

const different: [what: string, spec: PodTemplateSpec['spec']][] = [
  ['a false behind a pointer', { ...template.spec, shareProcessNamespace: false }],
  ['a field of a newer Kubernetes', { ...template.spec, brandNew: { on: true } }],
  ['an empty emptyDir', { ...template.spec, volumes: [{ name: 'v', emptyDir: {} }] }],
]
test.each(different)('R6.6 a new revision for %s', (_what, spec) => {
  expect(revisionData({ ...template, spec })).not.toEqual(revisionData(template))
})

test('R6.6 fields that Go writes even when they are zero stay', () => {
  const sysctls = [{ name: 'kernel.x', value: '' }]
  expect(revisionDataText(revisionData({ spec: { containers: [], securityContext: { sysctls } } }))).toContain(
    '"sysctls":[{"name":"kernel.x","value":""}]',
  )
})

test('R10.10 the template comes back from the data', () => {
  expect(templateOfRevision(revisionData(template))).toEqual({
    metadata: { labels: { a: '1', b: '2' } },
    spec: { containers: [{ ...template.spec.containers[0]!, resources: {} }], restartPolicy: 'Always' },
  })
  for (const other of [null, 1, {}, { spec: {} }, { spec: { template: {} } }]) {
    expect(templateOfRevision(other)).toBeUndefined()
  }
})

test('R6.6 rendering what was rendered changes nothing', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), fc.boolean(), (labels, hostNetwork) => {
      const rendered = revisionData({ metadata: { labels }, spec: { containers: [{ name: 'c' }], hostNetwork } })
      expect(revisionDataText(revisionData(templateOfRevision(rendered)!))).toBe(revisionDataText(rendered))
    }),
  )
})

const filled: [name: string, container: object, part: string][] = [
  ['a port', { readinessProbe: { tcpSocket: { port: 'web' } } }, '"tcpSocket":{"port":"web"}'],
  ['a port that was left out', { readinessProbe: { tcpSocket: {} } }, '"tcpSocket":{"port":0}'],
  [
    'a divisor',
    { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } }] },
    '"resourceFieldRef":{"divisor":"1m","resource":"limits.cpu"}',
  ],
  [
    'a divisor that was left out',
    { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }] },
    '"resourceFieldRef":{"divisor":"0","resource":"limits.cpu"}',
  ],
]
test.each(filled)('R6.6 what Go writes for %s', (_name, container, part) => {
  expect(revisionDataText(revisionData({ spec: { containers: [{ name: 'c', ...container }] } }))).toContain(part)
})
