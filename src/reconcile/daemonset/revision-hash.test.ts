import { expect, test } from 'vitest'
import type { PodTemplateSpec } from '../../api/types.ts'
import { dumpTemplate, revisionHash, revisionSum, safeEncode } from './revision-hash.ts'

const zero = {} as PodTemplateSpec

const v1 = JSON.parse(
  '{"metadata":{"labels":{"app":"x","name":"y"}},"spec":{"containers":[{"name":"c","image":"img:1","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler"}}',
) as PodTemplateSpec

const v2 = JSON.parse(
  '{"metadata":{"labels":{"app":"x","name":"y"},"annotations":{"a":"line1\\nline2","q":"say \\"hi\\""}},"spec":{"containers":[{"name":"c","image":"img:1","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent","resources":{"limits":{"cpu":"100m","memory":"200Mi","ephemeral-storage":"1Gi"},"requests":{"cpu":"100m"}},"livenessProbe":{"httpGet":{"path":"/healthz","port":8080,"scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},"volumeMounts":[{"name":"v","mountPath":"/var/log"}],"securityContext":{"privileged":true},"command":["sh","-c","x"]}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler","tolerations":[{"operator":"Exists","effect":"NoSchedule"},{"key":"k","operator":"Exists","tolerationSeconds":5}],"nodeSelector":{"kubernetes.io/os":"linux"},"volumes":[{"name":"v","hostPath":{"path":"/var/log","type":""}}],"hostNetwork":true}}',
) as PodTemplateSpec

const vectors: [
  name: string,
  template: PodTemplateSpec,
  collisionCount: number | undefined,
  sum: number,
  hash: string,
][] = [
  ['the zero template', zero, undefined, 3869868675, '7dbfdbdbc9'],
  ['the zero template, collisionCount 0', zero, 0, 2917887971, '6f5cddcfc5'],
  ['the zero template, collisionCount 1', zero, 1, 1351225538, '579566997d'],
  ['V1', v1, undefined, 2149615512, '658fb59956'],
  ['V1, collisionCount 1', v1, 1, 2356953529, '679bf9796f'],
  ['V2', v2, undefined, 2510536591, '695497b9f5'],
]

test.each(vectors)('R6.1 R6.3 appendix B: %s', (_name, template, collisionCount, sum, hash) => {
  expect(revisionSum(template, collisionCount)).toBe(sum)
  expect(revisionHash(template, collisionCount)).toBe(hash)
})

test.each([
  ['the zero template', zero, 1972],
  ['V1', v1, 3440],
  ['V2', v2, 6935],
] as const)('R6.3 appendix B: the dump of %s has the length of upstream', (_name, template, length) => {
  expect(dumpTemplate(template)).toHaveLength(length)
})

test('R6.2 digits become the letters 4 to 9, b, c, d and f', () => {
  expect(safeEncode('0123456789')).toBe('456789bcdf')
})

test('R6.3 an explicit zero value prints like an absent one, except behind a pointer', () => {
  const containers = [{ name: 'c' }]
  const plain = { spec: { containers } }
  expect(revisionSum({ spec: { containers, hostNetwork: false, tolerations: [] } }, undefined)).toBe(
    revisionSum(plain, undefined),
  )
  expect(revisionSum({ spec: { containers, shareProcessNamespace: false } }, undefined)).not.toBe(
    revisionSum(plain, undefined),
  )
})

test('R6.1 the dump is hashed as UTF-8', () => {
  const named = (name: string) => revisionSum({ spec: { containers: [{ name }] } }, undefined)
  expect(new Set(['é', '€', '😀', '\ud800', 'e'].map(named)).size).toBe(5)
  expect(named('\ud800')).toBe(named('\ufffd'))
})

const dumped: [name: string, container: object, part: string][] = [
  [
    'a port by name',
    { readinessProbe: { tcpSocket: { port: 'web' } } },
    'Port:(intstr.IntOrString){Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)web}',
  ],
  [
    'a port that was left out',
    { readinessProbe: { tcpSocket: {} } },
    'Port:(intstr.IntOrString){Type:(intstr.Type)0 IntVal:(int32)0 StrVal:(string)}',
  ],
  [
    'an amount with an exponent',
    { resources: { limits: { memory: '1e3' } } },
    '{value:(int64)1 scale:(resource.Scale)3} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)1e3 Format:(resource.Format)DecimalExponent',
  ],
  [
    'an amount that is a number',
    { resources: { limits: { cpu: 2 } } },
    '{value:(int64)2 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)2 Format:(resource.Format)DecimalSI',
  ],
  [
    'an amount that was never set',
    { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }] },
    'Divisor:(resource.Quantity){i:(resource.int64Amount){value:(int64)0 scale:(resource.Scale)0}',
  ],
  [
    'an amount nobody can read',
    { resources: { limits: { cpu: 'much' } } },
    '{value:(int64)0 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)much Format:(resource.Format)DecimalSI',
  ],
  [
    'a suffix nobody knows',
    { resources: { limits: { cpu: '1x' } } },
    '{value:(int64)1 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)1x Format:(resource.Format)DecimalSI',
  ],
]
test.each(dumped)('R6.3 %s', (_name, container, part) => {
  expect(dumpTemplate({ spec: { containers: [{ name: 'c', ...container }] } })).toContain(part)
})
