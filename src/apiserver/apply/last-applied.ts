// The annotation in which client-side apply remembers what it applied: it lets an object move over to server-side apply
// without conflicts with itself, and is kept up so that it can move back (W13.10).
// Upstream: apimachinery/pkg/util/managedfields/internal: lastappliedmanager.go, lastappliedupdater.go.

import { apiVersionOf, type Resource } from '../../api/resources.ts'
import type { ApiObject } from '../../api/types.ts'
import { isObject, type JsonObject } from '../../base/json.ts'
import { difference, type FieldSet, union } from './field-set.ts'
import { rootPlace } from './parts.ts'
import { withoutManagers } from './track-update.ts'
import { compare, fieldsOf } from './walk.ts'

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'

/** The fields that the annotation speaks for and that still have its values; undefined without a sound annotation. */
export function fieldsLastAppliedByClient(resource: Resource, live: ApiObject | undefined): FieldSet | undefined {
  const lastApplied = parsed(live?.metadata.annotations?.[lastAppliedAnnotation])
  if (lastApplied?.apiVersion !== apiVersionOf(resource)) return undefined
  const place = rootPlace(resource.schema)
  const { modified, added, removed } = compare(place, lastApplied, withoutManagers(live))
  return difference(fieldsOf(place, lastApplied), union(union(modified, added), removed))
}

/** The annotation, where the live object has one, says what is applied now. */
export function withLastApplied(live: ApiObject | undefined, object: ApiObject, applied: ApiObject): ApiObject {
  if (live?.metadata.annotations?.[lastAppliedAnnotation] === undefined) return object
  const { [lastAppliedAnnotation]: _, ...others } = applied.metadata.annotations ?? {}
  const { annotations: __, ...metadata } = applied.metadata
  const own = Object.keys(others).length === 0 ? metadata : { ...metadata, annotations: others }
  const text = `${JSON.stringify({ ...applied, metadata: own })}\n`
  const annotations = { ...object.metadata.annotations, [lastAppliedAnnotation]: text }
  return { ...object, metadata: { ...object.metadata, annotations } }
}

function parsed(text: string | undefined): JsonObject | undefined {
  if (text === undefined || text === '') return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
