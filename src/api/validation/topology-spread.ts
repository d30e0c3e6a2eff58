// Rules for topology spread constraints. Upstream: pkg/apis/core/validation, validateTopologySpreadConstraints.

import { isObject } from '../../base/json.ts'
import { duplicate, type FieldError, invalid, notSupported, required } from '../field-error.ts'
import type { LabelSelector } from '../types.ts'
import { validateLabelKey, validateLabelSelector } from './labels.ts'
import { numberOf, objectsIn, textOf } from './parts.ts'

export function validateTopologySpread(field: string, constraints: unknown): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  objectsIn(constraints).forEach((constraint, i) => {
    const where = `${field}[${i}]`
    const topologyKey = textOf(constraint.topologyKey)
    const whenUnsatisfiable = textOf(constraint.whenUnsatisfiable)
    if (numberOf(constraint.maxSkew) <= 0) {
      errors.push(invalid(`${where}.maxSkew`, numberOf(constraint.maxSkew), 'must be greater than zero'))
    }
    if (topologyKey === '') errors.push(required(`${where}.topologyKey`, 'can not be empty'))
    else errors.push(...validateLabelKey(`${where}.topologyKey`, topologyKey))
    if (!answers.includes(whenUnsatisfiable)) {
      errors.push(notSupported(`${where}.whenUnsatisfiable`, whenUnsatisfiable, answers))
    }
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`
    if (seen.has(pair)) errors.push(duplicate(`${where}.{topologyKey, whenUnsatisfiable}`, pair))
    seen.add(pair)
    if (isObject(constraint.labelSelector)) {
      errors.push(...validateLabelSelector(`${where}.labelSelector`, constraint.labelSelector as LabelSelector))
    }
  })
  return errors
}

const answers = ['DoNotSchedule', 'ScheduleAnyway']
