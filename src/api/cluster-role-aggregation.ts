// The rules of a ClusterRole that gathers those of others. Upstream: pkg/controller/clusterroleaggregation.

import { jsonEqual } from '../base/json.ts'
import { sortedBy } from '../base/sorted.ts'
import { matchesLabels, selectorOf } from './labels.ts'
import type { ClusterRole, PolicyRule } from './rbac.ts'

/** What `role` should contain, given all there are; undefined where it gathers nothing. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] | undefined {
  if (role.aggregationRule === undefined) return undefined
  const gathered: PolicyRule[] = []
  for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
    const requirements = selectorOf(selector)
    for (const other of sortedBy(all, ({ metadata }) => metadata.name ?? '')) {
      if (other.metadata.name === role.metadata.name) continue
      if (!matchesLabels(requirements, other.metadata.labels)) continue
      for (const rule of other.rules ?? []) if (!gathered.some((known) => jsonEqual(known, rule))) gathered.push(rule)
    }
  }
  return gathered
}
