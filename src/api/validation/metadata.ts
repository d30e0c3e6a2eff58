// Rules for metadata, the same for every kind but for the form of the name (W9.10).
// Upstream: apimachinery/pkg/api/validation/objectmeta.go, and pkg/apis/core/validation, validateKubeFinalizerName.

import { type FieldError, forbidden, invalid, required, tooLong } from '../field-error.ts'
import { byteLength, dns1123Label, qualifiedName } from '../names.ts'
import type { ApiObject, ObjectMeta, OwnerReference } from '../types.ts'
import { duplicatesRemoved } from './duplicates.ts'
import { validateLabels } from './labels.ts'
import { nonNegative } from './numbers.ts'

export interface MetadataRules {
  readonly namespaced: boolean
  /** What is wrong with a name. */
  readonly name: (name: string) => string[]
}

export function validateMetadata({ metadata }: ApiObject, { namespaced, name }: MetadataRules): FieldError[] {
  return duplicatesRemoved([
    ...validateName(metadata, name),
    ...validateNamespace(metadata, namespaced),
    ...nonNegative('metadata.generation', metadata.generation),
    ...validateLabels('metadata.labels', metadata.labels),
    ...validateAnnotations('metadata.annotations', metadata.annotations),
    ...validateOwners(metadata.ownerReferences ?? []),
    ...validateFinalizers('metadata.finalizers', metadata.finalizers ?? []),
  ])
}

/** What must not change. The new object's own rules are those of `validateMetadata`. */
export function validateMetadataUpdate({ metadata }: ApiObject, { metadata: old }: ApiObject): FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp !== undefined) {
    const added = (metadata.finalizers ?? []).filter((finalizer) => !(old.finalizers ?? []).includes(finalizer)).sort()
    if (added.length > 0) {
      const shown = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`
      const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`
      errors.push(forbidden('metadata.finalizers', why))
    }
  }
  if ((metadata.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalid('metadata.generation', metadata.generation ?? 0, 'must not be decremented'))
  }
  for (const field of fixedFields) errors.push(...immutable(`metadata.${field}`, metadata[field], old[field]))
  return errors
}

const fixedFields = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const

/** For texts and numbers; '' counts as absent. */
export function immutable(field: string, value: unknown, old: unknown): FieldError[] {
  return (value || undefined) === (old || undefined) ? [] : [invalid(field, value ?? null, 'field is immutable')]
}

/** Upper case is allowed in the keys of annotations. */
export function validateAnnotations(field: string, annotations: Readonly<Record<string, string>> = {}): FieldError[] {
  const errors = Object.keys(annotations).flatMap((key) =>
    qualifiedName(key.toLowerCase()).map((problem) => invalid(field, key, problem)),
  )
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0)
  return size > mostAnnotationBytes ? [...errors, tooLong(field, mostAnnotationBytes)] : errors
}

/** 256 KiB. */
const mostAnnotationBytes = 262_144

/** Finalizers without a domain that are Kubernetes' own. */
const ownFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']

export function validateFinalizers(field: string, finalizers: readonly string[]): FieldError[] {
  const errors = finalizers.flatMap((finalizer) =>
    qualifiedName(finalizer).map((problem) => invalid(field, finalizer, problem)),
  )
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  }
  finalizers.forEach((finalizer, i) => {
    if (finalizer.includes('/') || ownFinalizers.includes(finalizer)) return
    const why = 'name is neither a standard finalizer name nor is it fully qualified'
    errors.push(invalid(`${field}[${i}]`, finalizer, why))
  })
  return errors
}

function validateName({ name = '', generateName = '' }: ObjectMeta, check: MetadataRules['name']): FieldError[] {
  const errors: FieldError[] = []
  // A prefix may end in a dash: something follows it.
  const prefix = generateName.length > 1 && generateName.endsWith('-') ? `${generateName.slice(0, -2)}a` : generateName
  if (generateName !== '') {
    errors.push(...check(prefix).map((problem) => invalid('metadata.generateName', generateName, problem)))
  }
  if (name === '') errors.push(required('metadata.name', 'name or generateName is required'))
  else errors.push(...check(name).map((problem) => invalid('metadata.name', name, problem)))
  return errors
}

function validateNamespace({ namespace = '' }: ObjectMeta, namespaced: boolean): FieldError[] {
  if (!namespaced) return namespace === '' ? [] : [forbidden('metadata.namespace', 'not allowed on this type')]
  if (namespace === '') return [required('metadata.namespace')]
  return dns1123Label(namespace).map((problem) => invalid('metadata.namespace', namespace, problem))
}

/** The path names no index: so it does upstream. */
function validateOwners(references: readonly OwnerReference[]): FieldError[] {
  const field = 'metadata.ownerReferences'
  const errors: FieldError[] = []
  let controller: string | undefined
  for (const reference of references) {
    const { apiVersion = '', kind = '', name = '', uid = '' } = reference
    const version = apiVersion.split('/')
    if (version.at(-1) === '' || version.length > 2) {
      errors.push(invalid(`${field}.apiVersion`, apiVersion, 'version must not be empty'))
    }
    if (kind === '') errors.push(invalid(`${field}.kind`, kind, 'must not be empty'))
    if (name === '') errors.push(invalid(`${field}.name`, name, 'must not be empty'))
    if (uid === '') errors.push(invalid(`${field}.uid`, uid, 'must not be empty'))
    if (apiVersion === 'v1' && kind === 'Event') {
      errors.push(invalid(field, reference, '/v1, Kind=Event is disallowed from being an owner'))
    }
    if (reference.controller !== true) continue
    const found = `${kind}/${name}`
    if (controller === undefined) controller = found
    else {
      const both = `Found "true" in references for ${controller} and ${found}`
      errors.push(invalid(field, references, `Only one reference can have Controller set to true. ${both}`))
    }
  }
  return errors
}
