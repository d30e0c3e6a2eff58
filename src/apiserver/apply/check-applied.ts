// What an applied configuration must be before it can be merged: of the right kind, made of known fields, with lists
// whose items can be told apart. Upstream: versioncheck.go, structuredmerge.go, typed/validate.go.

import { apiVersionOf, type Resource } from '../../api/resources.ts'
import { ApiError, badRequestError } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import { isObject, type JsonObject, setKey } from '../../base/json.ts'
import { jsonExtent, maxJsonDepth } from '../../base/json-extent.ts'
import { fieldElement, pathText } from './element.ts'
import { fieldPlace, groupItems, type Place, partsOf, rootPlace } from './parts.ts'

/** The configuration without its nulls, which say nothing. Refusals are ApiErrors. */
export function checkApplied(resource: Resource, applied: unknown): ApiObject {
  if (jsonExtent(applied).depth > maxJsonDepth) {
    throw badRequestError(`the configuration is more than ${maxJsonDepth} levels deep`)
  }
  const { apiVersion = '', kind = '', metadata } = isObject(applied) ? applied : {}
  if (apiVersion !== apiVersionOf(resource) || kind !== resource.kind) {
    const version = String(apiVersion).includes('/') ? apiVersion : `/${apiVersion}`
    throw badRequestError(`invalid object type: ${version}, Kind=${kind}`)
  }
  if (isObject(metadata) && Array.isArray(metadata.managedFields) && metadata.managedFields.length > 0) {
    throw badRequestError('metadata.managedFields must be nil')
  }
  const object = withoutNulls(applied) as ApiObject
  const flaw = flawOf(rootPlace(resource.schema), object, [])
  if (flaw === undefined) return object
  const { namespace, name } = object.metadata ?? {}
  const key = namespace === undefined ? `/${name}` : `${namespace}/${name}`
  const version = apiVersionOf(resource).includes('/') ? apiVersion : `/${apiVersion}`
  // Upstream answers with 500: its callers take these for faults of the program that wrote the configuration.
  throw new ApiError('InternalError', `failed to create typed patch object (${key}; ${version}, Kind=${kind}): ${flaw}`)
}

/** The first thing wrong with it: its path, and what. */
function flawOf(place: Place, value: unknown, path: readonly string[]): string | undefined {
  if (place.type.kind === 'object' && isObject(value)) {
    for (const key of Object.keys(value)) {
      if (fieldPlace(place, key) === undefined) {
        return `${pathText([...path, fieldElement(key)])}: field not declared in schema`
      }
    }
  }
  if (Array.isArray(value)) {
    const grouped = groupItems(place, value)
    if (grouped !== undefined && 'missingKey' in grouped) {
      return `${pathText(path)}: element ${grouped.at}: associative list with keys has an element that omits key field "${grouped.missingKey}" (and doesn't have default value)`
    }
    for (const [element, items] of grouped?.groups ?? []) {
      if (items.length > 1) return `${pathText(path)}: duplicate entries for key ${pathText([element])}`
    }
  }
  for (const [element, part] of partsOf(place, value)?.parts ?? []) {
    const flaw = flawOf(part.place, part.value, [...path, element])
    if (flaw !== undefined) return flaw
  }
  return undefined
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const kept: JsonObject = {}
  for (const key of Object.keys(value)) if (value[key] !== null) setKey(kept, key, withoutNulls(value[key]))
  return kept
}
