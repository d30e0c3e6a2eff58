// Rules for ControllerRevisions (R1.3, E17). Upstream: pkg/apis/apps/validation, ValidateControllerRevision….

import { isObject, jsonEqual } from '../../base/json.ts'
import { type FieldError, invalid, required } from '../field-error.ts'
import { dns1123Subdomain } from '../names.ts'
import type { ApiObject, ControllerRevision } from '../types.ts'
import { validateMetadata, validateMetadataUpdate } from './metadata.ts'
import { nonNegative } from './numbers.ts'
import { isPresent } from './parts.ts'

export function validateControllerRevision(object: ApiObject): FieldError[] {
  const { data, revision } = object as ControllerRevision
  const errors = validateMetadata(object, { namespaced: true, name: dns1123Subdomain })
  if (!isPresent(data)) errors.push(required('data', 'data is mandatory'))
  else if (!isObject(data)) errors.push(required('data', 'data must be a valid JSON object'))
  return [...errors, ...nonNegative('revision', revision)]
}

export function validateControllerRevisionUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const [{ data, revision }, before] = [object as ControllerRevision, old as ControllerRevision]
  return [
    ...validateMetadata(object, { namespaced: true, name: dns1123Subdomain }),
    ...validateMetadataUpdate(object, old),
    ...nonNegative('revision', revision),
    ...(jsonEqual(data, before.data) ? [] : [invalid('data', data ?? null, 'field is immutable')]),
  ]
}
