// Label selectors: which objects does one mean? As objects (`spec.selector`) and as texts (`?labelSelector=`).
// Upstream: apimachinery/pkg/labels/selector.go and pkg/apis/meta/v1/helpers.go, LabelSelectorAsSelector.

import { sortedBy } from '../base/sorted.ts'
import { labelValue, qualifiedName } from './names.ts'
import type { LabelSelector, LabelSelectorRequirement } from './types.ts'

export interface LabelRequirement {
  readonly key: string
  /** In, NotIn, Exists, DoesNotExist, Gt, Lt; any other matches nothing. */
  readonly operator: string
  readonly values?: readonly string[]
}

type Labels = Readonly<Record<string, string>>

/** All must hold; none: everything matches. */
export type LabelRequirements = readonly LabelRequirement[] | 'nothing'

/**
 * No selector matches nothing, an empty one everything, and one with an unsound requirement nothing (upstream refuses
 * to make a selector of it, and its callers treat that as no match).
 */
export function selectorOf(selector: LabelSelector | undefined): LabelRequirements {
  if (selector === undefined) return 'nothing'
  const requirements: LabelRequirement[] = []
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push({ key, operator: 'In', values: [value] })
  }
  requirements.push(...(selector.matchExpressions ?? []))
  return requirements.every(isSound) ? sortedBy(requirements, ({ key }) => key) : 'nothing'
}

export function matchesLabels(requirements: LabelRequirements, labels: Labels | undefined): boolean {
  if (requirements === 'nothing') return false
  for (const requirement of requirements) if (!matchesRequirement(requirement, labels ?? {})) return false
  return true
}

/** NotIn and DoesNotExist hold where the label is absent; the others need it. */
export function matchesRequirement({ key, operator, values = [] }: LabelRequirement, labels: Labels): boolean {
  // A label may be called `constructor`: what an object inherits is no label, and none of it is a string.
  const found: unknown = labels[key]
  const value = typeof found === 'string' ? found : undefined
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
    case 'Lt': {
      const [left, right] = [int64(value ?? ''), int64(values[0] ?? '')]
      if (left === undefined || right === undefined) return false
      return operator === 'Gt' ? left > right : left < right
    }
    default:
      return false
  }
}

/** As Go's strconv.ParseInt reads it: signed, decimal, 64 bits. */
export function int64(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined
  const value = BigInt(text.replace('+', ''))
  return BigInt.asIntN(64, value) === value ? value : undefined
}

/** How kubectl and the tables show a selector. Upstream: FormatLabelSelector. */
export function printSelector(selector: LabelSelector | undefined): string {
  const matchLabels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({
    key,
    text: `${key}=${value}`,
  }))
  const expressions = selector?.matchExpressions ?? []
  const requirements = [
    ...Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({ key, operator: 'In', values: [value] })),
    ...expressions,
  ]
  if (!requirements.every(isSound)) return '<error>'
  const parts = [...matchLabels, ...expressions.map((one) => ({ key: one.key, text: printRequirement(one) }))]
  return parts.length === 0
    ? '<none>'
    : sortedBy(parts, ({ key }) => key)
        .map(({ text }) => text)
        .join(',')
}

function printRequirement({ key, operator, values = [] }: LabelSelectorRequirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${[...values].sort().join(',')})`
    case 'NotIn':
      return `${key} notin (${[...values].sort().join(',')})`
    case 'DoesNotExist':
      return `!${key}`
    default:
      return key
  }
}

function isSound({ key = '', operator, values = [] }: LabelRequirement): boolean {
  if (qualifiedName(key).length > 0 || values.some((value) => labelValue(value).length > 0)) return false
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
    default:
      return false
  }
}

export { parseLabelSelector } from './label-selector-text.ts'
