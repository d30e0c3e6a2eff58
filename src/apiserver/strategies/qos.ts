// The quality of service a pod is given for what it requests (W14.2). Upstream: pkg/apis/core/v1/helper/qos/qos.go.

import { milliValue } from '../../api/quantity.ts'
import type { Container } from '../../api/types.ts'

const counted = ['cpu', 'memory'] as const

export function qosClass(
  containers: readonly Container[],
  initContainers: readonly Container[] = [],
): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const resources = [...containers, ...initContainers].map((container) => container.resources ?? {})
  const isSet = (quantity: string | undefined) => quantity !== undefined && milliValue(quantity) !== 0n
  const asksNothing = resources.every(({ limits, requests }) =>
    counted.every((name) => !isSet(limits?.[name]) && !isSet(requests?.[name])),
  )
  if (asksNothing) return 'BestEffort'
  const isGuaranteed = resources.every(({ limits, requests }) =>
    counted.every((name) => isSet(limits?.[name]) && equal(limits?.[name], requests?.[name] ?? limits?.[name])),
  )
  return isGuaranteed ? 'Guaranteed' : 'Burstable'
}

function equal(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && milliValue(a) === milliValue(b))
}
