// Requests and limits as numbers of a control group. Rows from upstream's kuberuntime_container_linux_test.go and
// pkg/kubelet/qos/policy_test.go.
import { expect, test } from 'vitest'
import type { Container, Pod, ResourceRequirements } from '../../api/types.ts'
import { oomScoreAdjustment, resourcesOf } from './resources.ts'

const capacity = 4_000_000_000

function podWith(container: Container, qosClass: string, more: Partial<Pod['spec']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'b' },
    spec: { containers: [container], ...more },
    status: { qosClass },
  }
}

const rows: [resources: ResourceRequirements, shares: number, quota: number, memory: number][] = [
  [{}, 2, 0, 0],
  [{ requests: { cpu: '1' } }, 1024, 0, 0],
  [{ requests: { cpu: '1m' } }, 2, 0, 0],
  [{ limits: { cpu: '500m' } }, 512, 50_000, 0],
  [{ requests: { cpu: '100m' }, limits: { cpu: '2', memory: '64Mi' } }, 102, 200_000, 67_108_864],
  [{ limits: { cpu: '1m' } }, 2, 1000, 0],
  [{ requests: { cpu: '1000' } }, 262_144, 0, 0],
]

test.each(rows)('%j is %i shares, a quota of %i and %i bytes', (resources, cpuShares, cpuQuota, memoryLimitInBytes) => {
  const container = { name: 'main', resources }
  const told = resourcesOf(podWith(container, 'Burstable'), container, capacity)
  expect(told).toMatchObject({ cpuShares, cpuQuota, memoryLimitInBytes, cpuPeriod: 100_000 })
})

const half = { requests: { memory: '2G' } }
const scores: [name: string, score: number, qosClass: string, resources: ResourceRequirements, more?: object][] = [
  ['guaranteed', -997, 'Guaranteed', {}],
  ['best effort', 1000, 'BestEffort', {}],
  ['half the memory', 500, 'Burstable', half],
  ['nothing asked for stays below best effort', 999, 'Burstable', {}],
  ['all of it stays above guaranteed', 3, 'Burstable', { requests: { memory: '4G' } }],
  ['node critical', -997, 'BestEffort', {}, { priorityClassName: 'system-node-critical' }],
]

test.each(scores)('the OOM score of %s is %i', (_, score, qosClass, resources, more = {}) => {
  const container = { name: 'main', resources }
  expect(oomScoreAdjustment(podWith(container, qosClass, more), container, capacity)).toBe(score)
})

test('a sidecar is killed no earlier than those it serves', () => {
  const sidecar = { name: 'side', restartPolicy: 'Always', resources: {} }
  const pod = podWith({ name: 'main', resources: half }, 'Burstable', { initContainers: [sidecar] })
  expect(oomScoreAdjustment(pod, sidecar, capacity)).toBe(500)
})
