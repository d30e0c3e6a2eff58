// Rules for pods: what one may be, and how little of it may change (W9.11, W9.12).
// Upstream: pkg/apis/core/validation, ValidatePodCreate, ValidatePodUpdate, ValidatePodStatusUpdate.

import { isObject, jsonClone } from '../../base/json.ts'
import { type FieldError, forbidden, invalid } from '../field-error.ts'
import { dns1123Subdomain, qualifiedName } from '../names.ts'
import { semanticEqual } from '../semantic-equality.ts'
import type { ApiObject, Container, Pod, PodSpec, Toleration } from '../types.ts'
import { duplicatesRemoved } from './duplicates.ts'
import { immutable, validateMetadata, validateMetadataUpdate } from './metadata.ts'
import { inRange, largestInt32 } from './numbers.ts'
import { isPresent, numberOf, objectsIn } from './parts.ts'
import { validatePodSpec } from './pod-spec.ts'
import { validateTolerations } from './tolerations.ts'

export function validatePod(object: ApiObject): FieldError[] {
  const { spec = { containers: [] } } = object as Partial<Pod>
  return [
    ...validateMetadata(object, { namespaced: true, name: dns1123Subdomain }),
    ...validatePodSpec('spec', spec, 'pod'),
    ...validateTokenVolumes(spec),
    ...validateImages('spec.containers', spec.containers ?? []),
    ...validateImages('spec.initContainers', spec.initContainers ?? []),
  ]
}

export function validatePodUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const [{ spec }, { spec: before }] = [object as Pod, old as Pod]
  const errors = [...validatePod(object), ...validateMetadataUpdate(object, old)]
  for (const list of ['containers', 'initContainers'] as const) {
    if ((spec[list] ?? []).length !== (before[list] ?? []).length) {
      errors.push(forbidden(`spec.${list}`, 'pod updates may not add or remove containers'))
      return duplicatesRemoved(errors)
    }
  }
  errors.push(
    ...validateDeadline(spec, before),
    ...validateAddedTolerations(spec.tolerations ?? [], before.tolerations ?? []),
    ...validateRemovedGates(spec, before),
    ...validateFixedFields(spec, before),
  )
  return duplicatesRemoved(errors)
}

export function validatePodStatus(object: ApiObject, old: ApiObject): FieldError[] {
  const [pod, before] = [object as Pod, old as Pod]
  const errors = validateMetadataUpdate(object, old)
  const known = ['PodScheduled', 'Ready', 'Initialized']
  for (const [i, { type = '' }] of (pod.status?.conditions ?? []).entries()) {
    if (known.includes(type)) continue
    errors.push(...qualifiedName(type).map((problem) => invalid(`status.conditions[${i}].Type`, type, problem)))
  }
  if ((pod.spec?.nodeName ?? '') !== (before.spec?.nodeName ?? '')) {
    errors.push(forbidden('status.nodeName', 'may not be changed directly'))
  }
  return [...errors, ...immutable('status.qosClass', pod.status?.qosClass, before.status?.qosClass)]
}

function validateTokenVolumes({ serviceAccountName = '', volumes = [] }: PodSpec): FieldError[] {
  if (serviceAccountName !== '') return []
  return volumes.flatMap(({ projected }, i) =>
    objectsIn(isObject(projected) ? projected.sources : undefined).flatMap(({ serviceAccountToken }, j) => {
      const field = `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`
      const why = 'must not be specified when serviceAccountName is not set'
      return isPresent(serviceAccountToken) ? [forbidden(field, why)] : []
    }),
  )
}

/** A template may have spaces around an image; a pod may not. */
function validateImages(field: string, containers: readonly Container[]): FieldError[] {
  return containers.flatMap(({ image = '' }, i) =>
    image === image.trim()
      ? []
      : [invalid(`${field}[${i}].image`, image, 'must not have leading or trailing whitespace')],
  )
}

function validateDeadline(spec: PodSpec, before: PodSpec): FieldError[] {
  const field = 'spec.activeDeadlineSeconds'
  const [deadline, old] = [spec.activeDeadlineSeconds, before.activeDeadlineSeconds]
  if (!isPresent(deadline)) {
    return isPresent(old) ? [invalid(field, null, 'must not update from a positive integer to nil value')] : []
  }
  const errors = inRange(field, deadline, 0, largestInt32)
  if (errors.length > 0 || !isPresent(old) || numberOf(old) >= numberOf(deadline)) return errors
  return [invalid(field, deadline, 'must be less than or equal to previous value')]
}

function validateAddedTolerations(tolerations: readonly Toleration[], old: readonly Toleration[]): FieldError[] {
  const timeless = ({ tolerationSeconds: _, ...toleration }: Toleration) => toleration
  const isKept = (toleration: Toleration) =>
    tolerations.some((one) => semanticEqual(timeless(one), timeless(toleration)))
  if (old.every(isKept)) return validateTolerations('spec.tolerations', tolerations)
  return [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
}

function validateRemovedGates({ schedulingGates = [] }: PodSpec, before: PodSpec): FieldError[] {
  const old = new Set((before.schedulingGates ?? []).map(({ name }) => name))
  return schedulingGates.flatMap(({ name }, i) => {
    const why = `only deletion is allowed, but found new scheduling gate '${name}'`
    return old.has(name) ? [] : [forbidden(`spec.schedulingGates[${i}].name`, why)]
  })
}

const changeable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
]

/** Everything but what has been looked at above. Upstream appends a Go diff here; we name the fields that differ. */
function validateFixedFields(spec: PodSpec, before: PodSpec): FieldError[] {
  const changed: PodSpec = jsonClone(spec)
  for (const list of ['containers', 'initContainers'] as const) {
    changed[list]?.forEach((container, i) => {
      take(container, before[list]?.[i], 'image')
    })
  }
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations']) take(changed, before, field)
  if ((before.terminationGracePeriodSeconds ?? 0) < 0 && changed.terminationGracePeriodSeconds === 1) {
    take(changed, before, 'terminationGracePeriodSeconds')
  }
  if (semanticEqual(changed, before)) return []
  const names = [...new Set([...Object.keys(changed), ...Object.keys(before)])].sort()
  const differing = names.filter((name) => !semanticEqual({ [name]: changed[name] }, { [name]: before[name] }))
  const what = `differs: ${differing.map((name) => `spec.${name}`).join(', ')}`
  return [forbidden('spec', `pod updates may not change fields other than ${changeable.join(',')}\n${what}`)]
}

function take(target: Record<string, unknown>, source: Readonly<Record<string, unknown>> | undefined, field: string) {
  if (source?.[field] === undefined) delete target[field]
  else target[field] = source[field]
}
