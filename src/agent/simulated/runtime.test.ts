import { expect, onTestFinished, test } from 'vitest'
import type { Pod } from '../../api/types.ts'
import { VirtualClock } from '../../base/clock.ts'
import { behaviourDefaults } from './behaviour.ts'
import { addressesOf, PodRange } from './pod-range.ts'
import { SimulatedRuntime } from './runtime.ts'

test('a node full of pods pulls for all of them at once without a warning, and none waits when it closes', async () => {
  const warnings: string[] = []
  const hear = (warning: Error) => warnings.push(warning.message)
  process.on('warning', hear)
  onTestFinished(() => void process.off('warning', hear))
  const { hostIP, podCIDR } = addressesOf(1)
  const clock = new VirtualClock()
  const runtime = new SimulatedRuntime({
    clock,
    nodeName: 'n1',
    hostIP,
    podRange: new PodRange(podCIDR),
    nodeAnnotations: () => ({}),
    defaults: behaviourDefaults,
  })
  const pull = (i: number) => {
    const container = { name: 'c', image: `app:${i}` }
    const metadata = { name: `p${i}`, uid: `uid-${i}` }
    const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container] } }
    return runtime.pullImage(pod, container)
  }
  const first = Array.from({ length: 110 }, (_, i) => pull(i))
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(behaviourDefaults.pullMs)
  expect((await Promise.all(first)).every(({ tookMs }) => tookMs === behaviourDefaults.pullMs)).toBe(true)
  expect(warnings).toEqual([])

  const second = pull(111)
  await runtime.close()
  await second
  await pull(112)
  expect(clock.untilNext()).toBeUndefined()
})
