import type { FieldError } from '../field-error.ts'
import type { Resource } from '../resources.ts'
import type { ApiObject } from '../types.ts'
export function validateCreate(_resource: Resource, _object: ApiObject): FieldError[] {
  return []
}
export function validateUpdate(
  _resource: Resource,
  _object: ApiObject,
  _old: ApiObject,
  _subresource?: string,
): FieldError[] {
  return []
}
