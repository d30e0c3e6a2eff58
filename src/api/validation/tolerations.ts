// Rules for tolerations and for the taints of nodes. Upstream: pkg/apis/core/validation, ValidateTolerations and
// validateNodeTaints.

import { duplicate, type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { labelValue } from '../names.ts'
import type { Taint, Toleration } from '../types.ts'
import { validateLabelKey } from './labels.ts'
import { isPresent } from './parts.ts'

export function validateTolerations(field: string, tolerations: readonly Toleration[]): FieldError[] {
  return tolerations.flatMap((toleration, i) => validateToleration(`${field}[${i}]`, toleration))
}

function validateToleration(field: string, toleration: Toleration): FieldError[] {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration
  const errors = key === '' ? [] : validateLabelKey(`${field}.key`, key)
  if (key === '' && operator !== 'Exists') {
    const why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
    errors.push(invalid(`${field}.operator`, operator, why))
  }
  if (isPresent(tolerationSeconds) && effect !== 'NoExecute') {
    errors.push(invalid(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
  }
  errors.push(...validateOperator(`${field}.operator`, operator, value))
  return effect === '' ? errors : [...errors, ...validateEffect(`${field}.effect`, effect)]
}

/** A bad value is reported under the operator: so it is upstream. */
function validateOperator(field: string, operator: string, value: string): FieldError[] {
  switch (operator) {
    case '':
    case 'Equal': {
      const problems = labelValue(value)
      return problems.length === 0 ? [] : [invalid(field, value, problems.join(';'))]
    }
    case 'Exists':
      return value === '' ? [] : [invalid(field, value, "value must be empty when `operator` is 'Exists'")]
    case 'Lt':
    case 'Gt':
      // Behind a gate that is off upstream.
      return [notSupported(field, operator, ['Equal', 'Exists', 'Lt', 'Gt'])]
    default:
      return [notSupported(field, operator, ['Equal', 'Exists'])]
  }
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

function validateEffect(field: string, effect: string): FieldError[] {
  if (effect === '') return [required(field)]
  return effects.includes(effect) ? [] : [notSupported(field, effect, effects)]
}

export function validateTaints(field: string, taints: readonly Taint[]): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  taints.forEach(({ key = '', value = '', effect = '', timeAdded }, i) => {
    const where = `${field}[${i}]`
    errors.push(...validateLabelKey(`${where}.key`, key))
    const problems = labelValue(value)
    if (problems.length > 0) errors.push(invalid(`${where}.value`, value, problems.join(';')))
    errors.push(...validateEffect(`${where}.effect`, effect))
    const pair = `${effect}/${key}`
    if (seen.has(pair)) {
      // Upstream shows its internal struct, with Go field names.
      const shown = { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded ?? null }
      errors.push(duplicate(where, shown, 'taints must be unique by key and effect pair'))
    }
    seen.add(pair)
  })
  return errors
}
