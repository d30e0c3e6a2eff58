// Rules for affinities. Upstream: pkg/apis/core/validation, validateAffinity, ValidateNodeSelector.

import { isObject, type JsonObject } from '../../base/json.ts'
import { type FieldError, invalid, required } from '../field-error.ts'
import { dns1123Label, dns1123Subdomain } from '../names.ts'
import type { Affinity, LabelSelector, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../types.ts'
import { validateLabelKey, validateLabelSelector, validateRequirement } from './labels.ts'
import { numberOf, objectsIn, textOf, textsIn } from './parts.ts'

const mustHold = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'

export function validateAffinity(field: string, affinity: Affinity | undefined): FieldError[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity ?? {}
  const errors: FieldError[] = []
  if (nodeAffinity !== undefined) {
    const where = `${field}.nodeAffinity`
    const selector = nodeAffinity[mustHold]
    if (selector !== undefined) errors.push(...validateNodeSelector(`${where}.${mustHold}`, selector))
    objectsIn(nodeAffinity[preferred]).forEach((term, i) => {
      const place = `${where}.${preferred}[${i}]`
      errors.push(...validateWeight(`${place}.weight`, term.weight))
      // Bad values only make a preference that never holds.
      const preference = isObject(term.preference) ? (term.preference as NodeSelectorTerm) : {}
      errors.push(...validateTerm(`${place}.preference`, preference, true))
    })
  }
  for (const [name, terms] of Object.entries({ podAffinity, podAntiAffinity })) {
    if (isObject(terms)) errors.push(...validatePodTerms(`${field}.${name}`, terms))
  }
  return errors
}

export function validateNodeSelector(field: string, { nodeSelectorTerms = [] }: NodeSelector): FieldError[] {
  const where = `${field}.nodeSelectorTerms`
  if (nodeSelectorTerms.length === 0) return [required(where, 'must have at least one node selector term')]
  return nodeSelectorTerms.flatMap((term, i) => validateTerm(`${where}[${i}]`, term, false))
}

function validateTerm(
  field: string,
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  badValuesAllowed: boolean,
): FieldError[] {
  return [
    ...matchExpressions.flatMap((one, i) =>
      validateRequirement(`${field}.matchExpressions[${i}]`, one, { badValuesAllowed, numbers: true }),
    ),
    ...matchFields.flatMap((one, i) => validateField(`${field}.matchFields[${i}]`, one)),
  ]
}

function validateField(field: string, { key = '', operator, values = [] }: NodeSelectorRequirement): FieldError[] {
  const errors: FieldError[] = []
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalid(`${field}.operator`, operator ?? '', 'not a valid selector operator'))
  } else if (values.length !== 1) {
    const why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
    errors.push(required(`${field}.values`, why))
  }
  if (key !== 'metadata.name') return [...errors, invalid(`${field}.key`, key, 'not a valid field selector key')]
  values.forEach((value, i) => {
    errors.push(...dns1123Subdomain(value).map((problem) => invalid(`${field}.values[${i}]`, value, problem)))
  })
  return errors
}

function validatePodTerms(field: string, affinity: JsonObject): FieldError[] {
  return [
    ...objectsIn(affinity[mustHold]).flatMap((term, i) => validatePodTerm(`${field}.${mustHold}[${i}]`, term)),
    ...objectsIn(affinity[preferred]).flatMap((weighted, i) => {
      const where = `${field}.${preferred}[${i}]`
      const term = isObject(weighted.podAffinityTerm) ? weighted.podAffinityTerm : {}
      return [
        ...validateWeight(`${where}.weight`, weighted.weight),
        ...validatePodTerm(`${where}.podAffinityTerm`, term),
      ]
    }),
  ]
}

function validatePodTerm(field: string, term: JsonObject): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['labelSelector', 'namespaceSelector'] as const) {
    const selector = term[name]
    if (isObject(selector)) errors.push(...validateLabelSelector(`${field}.${name}`, selector as LabelSelector))
  }
  for (const namespace of textsIn(term.namespaces)) {
    errors.push(...dns1123Label(namespace).map((problem) => invalid(`${field}.namespace`, namespace, problem)))
  }
  const topologyKey = textOf(term.topologyKey)
  if (topologyKey === '') errors.push(required(`${field}.topologyKey`, 'can not be empty'))
  return [...errors, ...validateLabelKey(`${field}.topologyKey`, topologyKey)]
}

function validateWeight(field: string, weight: unknown): FieldError[] {
  const number = numberOf(weight)
  return number > 0 && number <= 100 ? [] : [invalid(field, number, 'must be in the range 1-100')]
}
