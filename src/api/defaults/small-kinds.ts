// Defaults of kinds that have one or two.

import type { RuntimeClass } from '../runtime-class.ts'
import type { ApiObject, Event, Namespace } from '../types.ts'
import { canonicalAmounts } from './amounts.ts'

/** The label by which selectors can name a namespace (W11.12). Upstream: SetDefaults_Namespace. */
const namespaceNameLabel = 'kubernetes.io/metadata.name'

export function defaultNamespace(object: ApiObject): void {
  const namespace = object as Namespace
  const { metadata } = namespace
  if (metadata.name !== undefined && metadata.name !== '') {
    metadata.labels = { ...metadata.labels, [namespaceNameLabel]: metadata.name }
  }
  namespace.status = { ...namespace.status, phase: namespace.status?.phase || 'Active' }
}

/** Fields that upstream's types cannot leave out (W14.4). */
export function defaultEvent(object: ApiObject): void {
  const event = object as Event
  event.source ??= {}
  event.firstTimestamp ??= null
  event.lastTimestamp ??= null
  event.eventTime ??= null
  event.reportingComponent ??= ''
  event.reportingInstance ??= ''
}

/** Counters that are always written (W5.10). */
export function defaultPodDisruptionBudget(object: ApiObject): void {
  const budget = object as ApiObject & { status?: Record<string, unknown> }
  const zeros = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }
  budget.status = { ...zeros, ...budget.status }
}

/** Quantities are stored as they are shown. */
export function defaultRuntimeClass(object: ApiObject): void {
  canonicalAmounts((object as RuntimeClass).overhead?.podFixed)
}
