// The runtime of an agent, by its name.
import type { Runtime } from '../../agent/runtime.ts'
import { behaviourDefaults } from '../../agent/simulated/behaviour.ts'
import { PodRange } from '../../agent/simulated/pod-range.ts'
import { SimulatedRuntime } from '../../agent/simulated/runtime.ts'
import { systemClock } from '../host/system.ts'

export interface RuntimeChoice {
  readonly runtime: Runtime
  /** In words: which, and why. */
  readonly why: string
}

export function chooseRuntime(_wanted: string, nodeName: string, nodeIP: string): RuntimeChoice {
  const runtime = new SimulatedRuntime({
    clock: systemClock,
    nodeName,
    hostIP: nodeIP,
    podRange: new PodRange('10.255.0.0/24'),
    nodeAnnotations: () => ({}),
    defaults: behaviourDefaults,
  })
  return { runtime, why: 'simulated' }
}
