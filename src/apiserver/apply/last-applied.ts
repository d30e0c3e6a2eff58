// The annotation in which client-side apply remembers what it applied: it lets an object move over to server-side apply
// without conflicts with itself, and is kept up so that it can move back (W13.10).
// Upstream: apimachinery/pkg/util/managedfields/internal: lastappliedmanager.go, lastappliedupdater.go.

import { apiVersionOf, type Resource } from '../../api/resources.ts'
import type { ApiObject } from '../../api/types.ts'
import { isObject, type JsonObject, jsonEqual, setKey } from '../../base/json.ts'
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

/**
 * The annotation, where the live object has one, says what is applied now. It keeps its text while that says the same:
 * upstream writes it anew, and kubectl then finds a difference where there is none.
 */
export function withLastApplied(live: ApiObject | undefined, object: ApiObject, applied: ApiObject): ApiObject {
  const before = live?.metadata.annotations?.[lastAppliedAnnotation]
  if (before === undefined) return object
  const now = withoutAnnotation(applied as unknown as JsonObject)
  const old = parsed(before)
  const isSame = old !== undefined && jsonEqual(withoutAnnotation(old), now)
  const text = isSame ? before : `${JSON.stringify(sorted(now))}\n`
  const annotations = { ...object.metadata.annotations, [lastAppliedAnnotation]: text }
  return { ...object, metadata: { ...object.metadata, annotations } }
}

/** The configuration without the annotation itself; kubectl leaves an empty map where there was nothing else. */
function withoutAnnotation(configuration: JsonObject): JsonObject {
  const metadata = isObject(configuration.metadata) ? configuration.metadata : {}
  const { annotations, ...rest } = metadata
  if (!isObject(annotations)) return configuration
  const { [lastAppliedAnnotation]: _, ...others } = annotations
  return { ...configuration, metadata: Object.keys(others).length === 0 ? rest : { ...rest, annotations: others } }
}

/** As Go writes maps: keys in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const result: JsonObject = {}
  for (const key of Object.keys(value).sort()) setKey(result, key, sorted(value[key]))
  return result
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
