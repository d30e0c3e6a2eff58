// Rules for labels and for selectors of labels (W9.10, E4). Upstream: apimachinery/pkg/apis/meta/v1/validation.

import { type FieldError, forbidden, invalid, required } from '../field-error.ts'
import { labelValue, qualifiedName } from '../names.ts'
import type { LabelSelector, LabelSelectorRequirement } from '../types.ts'

/** The path names no key: so it does upstream. */
export function validateLabels(field: string, labels: Readonly<Record<string, string>> = {}): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...validateLabelKey(field, key),
    ...labelValue(value).map((problem) => invalid(field, value, problem)),
  ])
}

export function validateLabelKey(field: string, key: string): FieldError[] {
  return qualifiedName(key).map((problem) => invalid(field, key, problem))
}

export interface SelectorRules {
  /** The stored object has bad values already: an update may keep them. */
  readonly badValuesAllowed: boolean
}

export function validateLabelSelector(
  field: string,
  selector: LabelSelector | undefined,
  rules: SelectorRules = { badValuesAllowed: false },
): FieldError[] {
  if (selector === undefined) return []
  return [
    ...validateLabels(`${field}.matchLabels`, selector.matchLabels),
    ...(selector.matchExpressions ?? []).flatMap((requirement, i) =>
      validateRequirement(`${field}.matchExpressions[${i}]`, requirement, rules),
    ),
  ]
}

export function hasBadValues(selector: LabelSelector | undefined): boolean {
  const values = (selector?.matchExpressions ?? []).flatMap((requirement) => requirement.values ?? [])
  return values.some((value) => labelValue(value).length > 0)
}

/** Of a label selector; a node selector also knows how to compare numbers (`numbers`). */
export function validateRequirement(
  field: string,
  { key = '', operator = '', values = [] }: LabelSelectorRequirement,
  { badValuesAllowed, numbers = false }: SelectorRules & { readonly numbers?: boolean },
): FieldError[] {
  const errors: FieldError[] = []
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
      }
      break
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.push(forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
      }
      break
    default:
      if (!numbers || (operator !== 'Gt' && operator !== 'Lt')) {
        errors.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'))
      } else if (values.length !== 1) {
        errors.push(required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
      }
  }
  errors.push(...validateLabelKey(`${field}.key`, key))
  if (badValuesAllowed) return errors
  values.forEach((value, i) => {
    errors.push(...labelValue(value).map((problem) => invalid(`${field}.values[${i}]`, value, problem)))
  })
  return errors
}
