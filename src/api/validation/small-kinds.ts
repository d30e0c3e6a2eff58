// Rules for kinds that have few. Upstream: pkg/apis/coordination/validation, pkg/apis/policy/validation and
// pkg/apis/core/validation (ValidatePodBinding).

import { isObject } from '../../base/json.ts'
import { type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { dns1123Subdomain } from '../names.ts'
import type { ApiObject, LabelSelector, Lease } from '../types.ts'
import { validateLabelSelector } from './labels.ts'
import { validateMetadata } from './metadata.ts'
import { intOrPercent, nonNegative, notMoreThan100Percent } from './numbers.ts'
import { isPresent, textOf } from './parts.ts'

export function validateLease(object: ApiObject): FieldError[] {
  const { spec } = object as Lease
  const errors = validateMetadata(object, { namespaced: true, name: dns1123Subdomain })
  if (isPresent(spec?.leaseDurationSeconds) && spec.leaseDurationSeconds <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', spec.leaseDurationSeconds, 'must be greater than 0'))
  }
  return [...errors, ...nonNegative('spec.leaseTransitions', spec?.leaseTransitions)]
}

export function validatePodDisruptionBudget(object: ApiObject): FieldError[] {
  const found = (object as ApiObject & { spec?: unknown }).spec
  const spec = isObject(found) ? found : {}
  const errors = validateMetadata(object, { namespaced: true, name: dns1123Subdomain })
  if (isPresent(spec.minAvailable) && isPresent(spec.maxUnavailable)) {
    errors.push(invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set'))
  }
  for (const name of ['minAvailable', 'maxUnavailable'] as const) {
    const value = spec[name] as number | string | undefined
    errors.push(...intOrPercent(`spec.${name}`, value), ...notMoreThan100Percent(`spec.${name}`, value))
  }
  if (isObject(spec.selector)) errors.push(...validateLabelSelector('spec.selector', spec.selector as LabelSelector))
  const policy = textOf(spec.unhealthyPodEvictionPolicy)
  const policies = ['AlwaysAllow', 'IfHealthyBudget']
  if (policy !== '' && !policies.includes(policy)) {
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, policies))
  }
  return errors
}

/** A Binding is never stored, so its metadata does not matter (W12.3). */
export function validateBinding(object: ApiObject): FieldError[] {
  const target = (object as ApiObject & { target?: { kind?: string; name?: string } }).target
  const errors: FieldError[] = []
  const kind = target?.kind ?? ''
  if (kind !== '' && kind !== 'Node') errors.push(notSupported('target.kind', kind, ['Node', '<empty>']))
  if ((target?.name ?? '') === '') errors.push(required('target.name'))
  return errors
}
