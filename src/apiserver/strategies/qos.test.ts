import { expect, test } from 'vitest'
import type { ResourceRequirements } from '../../api/types.ts'
import { qosClass } from './qos.ts'

const table: [resources: ResourceRequirements[], found: string][] = [
  [[{}], 'BestEffort'],
  [[{}, {}], 'BestEffort'],
  [[{ limits: { 'example.com/gpu': '1' } }], 'BestEffort'],
  [[{ requests: { cpu: '0' } }], 'BestEffort'],
  [[{ requests: { cpu: '1' } }], 'Burstable'],
  [[{ limits: { cpu: '1', memory: '1Gi' } }, {}], 'Burstable'],
  [[{ limits: { cpu: '1', memory: '1Gi' } }], 'Guaranteed'],
  [[{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1024Mi' } }], 'Guaranteed'],
  [[{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } }], 'Burstable'],
]

test.each(table)('W14.2 %j → %s', (resources, found) => {
  const containers = resources.map((one, i) => ({ name: `c${i}`, resources: one }))
  expect(qosClass(containers)).toBe(found)
  expect(qosClass(containers.slice(1), containers.slice(0, 1))).toBe(found)
})
