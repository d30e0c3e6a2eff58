// Rules for DaemonSets: E1 to E16 of the DaemonSet semantics. Upstream: pkg/apis/apps/validation/validation.go,
// ValidateDaemonSet…, in the order of pkg/registry/apps/daemonset/strategy.go.

import { jsonEqual } from '../../base/json.ts'
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts'
import { percentOf } from '../int-or-string.ts'
import { matchesLabels, selectorOf } from '../labels.ts'
import { dns1123Subdomain } from '../names.ts'
import { oldDaemonSets, type Resource } from '../resources.ts'
import { semanticEqual } from '../semantic-equality.ts'
import { templateGenerationOf } from '../template-generation.ts'
import type { ApiObject, DaemonSet, DaemonSetSpec, DaemonSetStatus, RollingUpdateDaemonSet } from '../types.ts'
import { duplicatesRemoved } from './duplicates.ts'
import { hasBadValues, type SelectorRules, validateLabelSelector } from './labels.ts'
import { validateMetadata, validateMetadataUpdate } from './metadata.ts'
import { intOrPercent, nonNegative, notMoreThan100Percent } from './numbers.ts'
import { isPresent } from './parts.ts'
import { validatePodTemplate } from './pod-template.ts'

export function validateDaemonSet(object: ApiObject, rules: SelectorRules = { badValuesAllowed: false }): FieldError[] {
  const { spec } = object as DaemonSet
  return [
    ...validateMetadata(object, { namespaced: true, name: dns1123Subdomain }),
    ...validateSpec(spec ?? { template: { spec: { containers: [] } } }, rules),
    ...(templateGenerationOf(object) < 0n
      ? nonNegative('spec.templateGeneration', Number(templateGenerationOf(object)))
      : []),
  ]
}

/** The old API let a selector change (section 1.6); apps/v1 does not (E14). */
export function validateDaemonSetUpdate(
  { group }: Pick<Resource, 'group'>,
  object: ApiObject,
  old: ApiObject,
): FieldError[] {
  const [{ spec }, { spec: before }] = [object as DaemonSet, old as DaemonSet]
  const isFixed = group !== oldDaemonSets.group
  const hasChanged = !semanticEqual(spec.selector, before.selector)
  return duplicatesRemoved([
    ...validateDaemonSet(object, { badValuesAllowed: hasBadValues(before.selector) }),
    ...validateMetadataUpdate(object, old),
    ...validateTemplateGeneration(object as DaemonSet, old as DaemonSet),
    ...(isFixed && hasChanged ? [invalid('spec.selector', spec.selector ?? null, 'field is immutable')] : []),
  ])
}

/** E16. */
export function validateDaemonSetStatus(object: ApiObject, old: ApiObject): FieldError[] {
  const [status, before] = [(object as DaemonSet).status, (old as DaemonSet).status]
  const errors = validateMetadataUpdate(object, old)
  for (const counter of counters) errors.push(...nonNegative(`status.${counter}`, status?.[counter]))
  if (before?.collisionCount !== undefined && (status?.collisionCount ?? -1) < before.collisionCount) {
    errors.push(invalid('status.collisionCount', status?.collisionCount ?? 0, 'cannot be decremented'))
  }
  return errors
}

const counters = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const satisfies readonly (keyof DaemonSetStatus)[]

function validateSpec(spec: DaemonSetSpec, rules: SelectorRules): FieldError[] {
  const { selector, template } = spec
  const errors = validateLabelSelector('spec.selector', selector, rules)
  const labels = template?.metadata?.labels
  // A selector that cannot be read matches nothing, and is no reason to blame the labels.
  if (errors.length === 0 && !hasBadValues(selector) && !matchesLabels(selectorOf(selector), labels ?? {})) {
    const why = '`selector` does not match template `labels`'
    errors.push(invalid('spec.template.metadata.labels', labels ?? null, why))
  }
  if (isPresent(selector) && selectsEverything(selector)) {
    errors.push(invalid('spec.selector', selector, 'empty selector is invalid for daemonset'))
  }
  errors.push(...validatePodTemplate('spec.template', template ?? { spec: { containers: [] } }))
  if (template?.spec?.restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', template?.spec?.restartPolicy ?? '', ['Always']))
  }
  if (isPresent(template?.spec?.activeDeadlineSeconds)) {
    const why = 'activeDeadlineSeconds in DaemonSet is not Supported'
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', why))
  }
  errors.push(...nonNegative('spec.minReadySeconds', spec.minReadySeconds))
  errors.push(...validateStrategy(spec.updateStrategy ?? {}))
  errors.push(...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit))
  return errors
}

function selectsEverything({ matchLabels = {}, matchExpressions = [] }: NonNullable<DaemonSetSpec['selector']>) {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
}

function validateStrategy({ type, rollingUpdate }: NonNullable<DaemonSetSpec['updateStrategy']>): FieldError[] {
  switch (type) {
    case 'OnDelete':
      return []
    case 'RollingUpdate':
      if (!isPresent(rollingUpdate)) return [required('spec.updateStrategy.rollingUpdate')]
      return validateRollingUpdate('spec.updateStrategy.rollingUpdate', rollingUpdate)
    default: {
      // E9: the path is the whole strategy, and the bad value upstream's internal struct, with its Go field names.
      const limits = isPresent(rollingUpdate)
        ? { MaxUnavailable: rollingUpdate.maxUnavailable ?? 0, MaxSurge: rollingUpdate.maxSurge ?? 0 }
        : null
      const value = { Type: type ?? '', RollingUpdate: limits }
      return [notSupported('spec.updateStrategy', value, ['RollingUpdate', 'OnDelete'])]
    }
  }
}

/** E11 to E13. */
function validateRollingUpdate(field: string, { maxUnavailable, maxSurge }: RollingUpdateDaemonSet): FieldError[] {
  const errors = [
    ...intOrPercent(`${field}.maxUnavailable`, maxUnavailable),
    ...intOrPercent(`${field}.maxSurge`, maxSurge),
    ...notMoreThan100Percent(`${field}.maxUnavailable`, maxUnavailable),
    ...notMoreThan100Percent(`${field}.maxSurge`, maxSurge),
  ]
  const [unavailable, surge] = [amountOf(maxUnavailable), amountOf(maxSurge)]
  if (unavailable !== 0 && surge !== 0) {
    errors.push(invalid(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'))
  } else if (unavailable === 0 && surge === 0) {
    errors.push(required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'))
  }
  return errors
}

/** The number in it, whatever it counts; 0 where there is none. */
function amountOf(value: number | string | undefined): number {
  if (typeof value === 'number') return value
  const text = value ?? ''
  return percentOf(text) ?? (/^[+-]?\d+$/.test(text) ? Number(text) : 0)
}

/** E15: only a server that counts wrongly can break these. */
function validateTemplateGeneration(daemonSet: DaemonSet, old: DaemonSet): FieldError[] {
  const [generation, before] = [templateGenerationOf(daemonSet), templateGenerationOf(old)]
  const wrong = (why: string) => [invalid('spec.templateGeneration', Number(generation), why)]
  const [template, templateBefore] = [daemonSet.spec.template, old.spec.template]
  if (generation < before) return wrong('must not be decremented')
  if (generation === before && !semanticEqual(template, templateBefore)) {
    return wrong('must be incremented upon template update')
  }
  if (generation > before && jsonEqual(template, templateBefore)) {
    return wrong('must not be incremented without template update')
  }
  return []
}
