// Rules for amounts of resources (W9.11). Upstream: pkg/apis/core/validation, ValidateContainerResourceRequirements.

import { type FieldError, invalid, required } from '../field-error.ts'
import { qualifiedName } from '../names.ts'
import { canonical, milliValue, quantityProblem } from '../quantity.ts'
import type { ResourceRequirements } from '../types.ts'
import { notBelowZero } from './numbers.ts'
import { entriesOf } from './parts.ts'

export function validateResources(field: string, resources: ResourceRequirements | undefined): FieldError[] {
  const errors = validateNamedAmounts(`${field}.limits`, resources?.limits)
  const limits = new Map(entriesOf(resources?.limits))
  for (const [name, amount] of entriesOf(resources?.requests)) {
    errors.push(...validateNamedAmounts(`${field}.requests`, { [name]: amount }))
    const limit = limits.get(name)
    if (limit === undefined) {
      if (!mayOvercommit(name)) {
        errors.push(required(`${field}.limits`, 'Limit must be set for non overcommitable resources'))
      }
      continue
    }
    const [asked, most] = [milliValue(`${amount}`), milliValue(`${limit}`)]
    if (asked === undefined || most === undefined) continue
    const shown = canonical(`${limit}`)
    if (asked !== most && !mayOvercommit(name)) {
      errors.push(invalid(`${field}.requests`, canonical(`${amount}`), `must be equal to ${name} limit of ${shown}`))
    } else if (asked > most) {
      const why = `must be less than or equal to ${name} limit of ${shown}`
      errors.push(invalid(`${field}.requests`, canonical(`${amount}`), why))
    }
  }
  return errors
}

/** Amounts whose names are anybody's: a node's capacity, a pod's overhead. */
export function validateResourceList(field: string, list: unknown): FieldError[] {
  return entriesOf(list).flatMap(([name, amount]) => validateAmount(`${field}[${name}]`, name, amount))
}

function validateNamedAmounts(field: string, list: unknown): FieldError[] {
  return entriesOf(list).flatMap(([name, amount]) => [
    ...validateName(`${field}[${name}]`, name),
    ...validateAmount(`${field}[${name}]`, name, amount),
  ])
}

const containerResources = ['cpu', 'memory', 'ephemeral-storage']
/** Names that mean something elsewhere, in quotas for example. */
const otherResources = [
  'pods',
  'services',
  'secrets',
  'configmaps',
  'storage',
  'resourcequotas',
  'persistentvolumeclaims',
]

function validateName(field: string, name: string): FieldError[] {
  const problems = qualifiedName(name)
  if (problems.length > 0) return problems.map((problem) => invalid(field, name, problem))
  if (name.includes('/')) {
    const isNative = name.includes('kubernetes.io/')
    if (isNative || !name.startsWith('requests.')) return []
    return [invalid(field, name, "doesn't follow extended resource name standard")]
  }
  if (containerResources.includes(name) || name.startsWith('hugepages-')) return []
  const errors: FieldError[] = []
  if (!otherResources.includes(name)) {
    errors.push(invalid(field, name, 'must be a standard resource type or fully qualified'))
  }
  return [...errors, invalid(field, name, 'must be a standard resource for containers')]
}

function validateAmount(field: string, name: string, amount: unknown): FieldError[] {
  const milli = milliValue(`${amount}`)
  if (milli === undefined) return [invalid(field, amount, quantityProblem(`${amount}`) ?? '')]
  const errors = milli < 0n ? [invalid(field, canonical(`${amount}`), notBelowZero)] : []
  const isWhole = name === 'pods' || (name.includes('/') && !name.includes('kubernetes.io/'))
  if (isWhole && milli % 1000n !== 0n) errors.push(invalid(field, amount, 'must be an integer'))
  return errors
}

/** Kubernetes' own resources may be promised twice; devices and huge pages may not. */
function mayOvercommit(name: string): boolean {
  return (!name.includes('/') || name.includes('kubernetes.io/')) && !name.startsWith('hugepages-')
}
