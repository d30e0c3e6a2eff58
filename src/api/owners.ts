// Who an object belongs to. Upstream: apimachinery/pkg/apis/meta/v1/controller_ref.go.

import type { ApiObject, OwnerReference } from './types.ts'

/** The one owner that manages the object, if it has one. */
export function controllerOf(object: ApiObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true)
}
