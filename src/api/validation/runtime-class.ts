// Rules for RuntimeClass. Upstream: pkg/apis/node/validation.

import { jsonEqual } from '../../base/json.ts'
import { duplicate, type FieldError, invalid } from '../field-error.ts'
import { dns1123Label, dns1123Subdomain } from '../names.ts'
import type { RuntimeClass } from '../runtime-class.ts'
import type { ApiObject } from '../types.ts'
import { validateLabels } from './labels.ts'
import { immutable, validateMetadata } from './metadata.ts'
import { validateResourceList } from './resources.ts'
import { validateTolerations } from './tolerations.ts'

export function validateRuntimeClass(object: ApiObject): FieldError[] {
  const { handler = '', overhead, scheduling } = object as RuntimeClass
  const tolerations = scheduling?.tolerations ?? []
  const repeated = tolerations.flatMap((toleration, at) =>
    tolerations.slice(0, at).some((other) => jsonEqual(other, toleration))
      ? [duplicate(`scheduling.tolerations[${at}]`, toleration)]
      : [],
  )
  return [
    ...validateMetadata(object, { namespaced: false, name: dns1123Subdomain }),
    ...dns1123Label(handler).map((problem) => invalid('handler', handler, problem)),
    ...validateResourceList('overhead.podFixed', overhead?.podFixed),
    ...validateLabels('scheduling.nodeSelector', scheduling?.nodeSelector),
    ...validateTolerations('scheduling.tolerations', tolerations),
    ...repeated,
  ]
}

/** Pods were placed and started by it: another handler is another class. */
export function validateRuntimeClassUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  return immutable('handler', (object as RuntimeClass).handler, (old as RuntimeClass).handler)
}
