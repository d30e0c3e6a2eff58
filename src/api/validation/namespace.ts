// Rules for namespaces. Upstream: pkg/apis/core/validation, ValidateNamespace, …StatusUpdate, …FinalizeUpdate.

import { type FieldError, invalid } from '../field-error.ts'
import { dns1123Label } from '../names.ts'
import type { ApiObject, Namespace } from '../types.ts'
import { validateFinalizers, validateMetadata, validateMetadataUpdate } from './metadata.ts'

export function validateNamespace(object: ApiObject): FieldError[] {
  const { spec } = object as Namespace
  return [
    ...validateMetadata(object, { namespaced: false, name: dns1123Label }),
    ...validateFinalizers('spec.finalizers', spec?.finalizers ?? []),
  ]
}

export function validateNamespaceStatus(object: ApiObject, old: ApiObject): FieldError[] {
  const { metadata, status } = object as Namespace
  const errors = validateMetadataUpdate(object, old)
  const phase = status?.phase ?? ''
  if (metadata.deletionTimestamp === undefined && phase !== 'Active') {
    errors.push(invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty"))
  }
  if (metadata.deletionTimestamp !== undefined && phase !== 'Terminating') {
    errors.push(invalid('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty"))
  }
  return errors
}
