// Amounts of memory that are no whole bytes, and variables that hide each other.
// Upstream: pkg/api/pod/warnings.go (#79950, #86163).

import { canonical, milliValue } from '../quantity.ts'
import type { Container } from '../types.ts'
import { entriesOf } from '../validation/parts.ts'

/** `amounts`: requests, limits or overhead. */
export function fractionalBytes(field: string, amounts: unknown): string[] {
  const found = new Map(entriesOf(amounts))
  return ['memory', 'ephemeral-storage'].flatMap((resource) => {
    const amount = String(found.get(resource) ?? '0')
    if ((milliValue(amount) ?? 0n) % 1000n === 0n) return []
    const shown = JSON.stringify(canonical(amount))
    return [`${field}[${resource}]: fractional byte value ${shown} is invalid, must be an integer`]
  })
}

/** A later one that builds on the earlier one (`PATH=$(PATH):/x`) is meant. */
export function hiddenVariables(field: string, env: NonNullable<Container['env']>): string[] {
  const seen = new Set<string>()
  return env.flatMap(({ name, value = '', valueFrom }, i) => {
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    const reference = `$(${name})`
    if (valueFrom === undefined && value !== reference && value.includes(reference)) return []
    const shown = JSON.stringify(name)
    return [`${field}[${i}]: hides previous definition of ${shown}, which may be dropped when using apply`]
  })
}
