// Rules for roles and their bindings. Upstream: pkg/apis/rbac/validation/validation.go.

import { jsonEqual } from '../../base/json.ts'
import { type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { dns1123Subdomain, pathSegment } from '../names.ts'
import { type ClusterRole, type PolicyRule, type Role, type RoleBinding, rbacGroup, type Subject } from '../rbac.ts'
import type { ApiObject } from '../types.ts'
import { validateLabelSelector } from './labels.ts'
import { validateMetadata, validateMetadataUpdate } from './metadata.ts'

export function validateRole(object: ApiObject): FieldError[] {
  return [...validateMetadata(object, { namespaced: true, name: pathSegment }), ...rulesErrors(object, true)]
}

export function validateClusterRole(object: ApiObject): FieldError[] {
  const { aggregationRule } = object as ClusterRole
  const errors = [...validateMetadata(object, { namespaced: false, name: pathSegment }), ...rulesErrors(object, false)]
  if (aggregationRule === undefined) return errors
  const field = 'aggregationRule.clusterRoleSelectors'
  const selectors = aggregationRule.clusterRoleSelectors ?? []
  if (selectors.length === 0) {
    errors.push(required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil'))
  }
  return [...errors, ...selectors.flatMap((selector, i) => validateLabelSelector(`${field}[${i}]`, selector))]
}

export function validateRoleBinding(object: ApiObject): FieldError[] {
  return validateBinding(object, true, ['Role', 'ClusterRole'])
}

export function validateClusterRoleBinding(object: ApiObject): FieldError[] {
  return validateBinding(object, false, ['ClusterRole'])
}

/** What is given to whom may change, but not under which name: a grant that was looked at stays what it was. */
export function validateRoleRefUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const { roleRef } = object as RoleBinding
  const errors = validateMetadataUpdate(object, old)
  if (jsonEqual(roleRef, (old as RoleBinding).roleRef)) return errors
  // Upstream shows its internal type, whose fields have no names of their own in JSON.
  const shown = { APIGroup: roleRef.apiGroup, Kind: roleRef.kind, Name: roleRef.name }
  return [...errors, invalid('roleRef', shown, 'cannot change roleRef')]
}

function rulesErrors(object: ApiObject, namespaced: boolean): FieldError[] {
  return ((object as Role).rules ?? []).flatMap((rule, i) => ruleErrors(`rules[${i}]`, rule, namespaced))
}

function ruleErrors(field: string, rule: PolicyRule, namespaced: boolean): FieldError[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
  const errors: FieldError[] = []
  if ((verbs ?? []).length === 0) errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'))
  if (nonResourceURLs.length > 0) {
    const refuse = (why: string) => errors.push(invalid(`${field}.nonResourceURLs`, nonResourceURLs, why))
    if (namespaced) refuse('namespaced rules cannot apply to non-resource URLs')
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      refuse('rules cannot apply to both regular resources and non-resource URLs')
    }
    return errors
  }
  if (apiGroups.length === 0) {
    errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'))
  }
  if (resources.length === 0) {
    errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'))
  }
  return errors
}

function validateBinding(object: ApiObject, namespaced: boolean, kinds: readonly string[]): FieldError[] {
  const { roleRef, subjects = [] } = object as RoleBinding
  const errors = validateMetadata(object, { namespaced, name: pathSegment })
  const { apiGroup = '', kind = '', name = '' } = roleRef ?? {}
  if (apiGroup !== rbacGroup) errors.push(notSupported('roleRef.apiGroup', apiGroup, [rbacGroup]))
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds))
  if (name === '') errors.push(required('roleRef.name'))
  else errors.push(...pathSegment(name).map((problem) => invalid('roleRef.name', name, problem)))
  return [...errors, ...subjects.flatMap((subject, i) => subjectErrors(`subjects[${i}]`, subject, namespaced))]
}

function subjectErrors(field: string, subject: Subject, namespaced: boolean): FieldError[] {
  const { kind, name = '', apiGroup = '', namespace = '' } = subject
  const errors: FieldError[] = []
  if (name === '') errors.push(required(`${field}.name`))
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') {
        errors.push(...dns1123Subdomain(name).map((problem) => invalid(`${field}.name`, name, problem)))
      }
      if (apiGroup !== '') errors.push(notSupported(`${field}.apiGroup`, apiGroup, ['']))
      if (!namespaced && namespace === '') errors.push(required(`${field}.namespace`))
      break
    case 'User':
    case 'Group':
      if (apiGroup !== rbacGroup) errors.push(notSupported(`${field}.apiGroup`, apiGroup, [rbacGroup]))
      break
    default:
      errors.push(notSupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group']))
  }
  return errors
}
