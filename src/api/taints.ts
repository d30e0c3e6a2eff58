// Taints keep pods away from a node; tolerations say which ones a pod does not mind (R3.12).
// Upstream: component-helpers/scheduling/corev1/helpers.go and api/core/v1/toleration.go, ToleratesTaint.

import type { Taint, Toleration } from './types.ts'

/** Whether one toleration covers one taint. How long (tolerationSeconds) is another question. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key = '', operator = '', value = '', effect = '' } = toleration
  if (effect !== '' && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  if (operator === '' || operator === 'Equal') return value === (taint.value ?? '')
  // Lt and Gt stand behind a gate that is off upstream (1.35, alpha), so they cover nothing.
  return operator === 'Exists'
}

/** The taints that no toleration covers, in their order. */
export function untolerated(taints: readonly Taint[], tolerations: readonly Toleration[]): readonly Taint[] {
  return taints.filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)))
}
