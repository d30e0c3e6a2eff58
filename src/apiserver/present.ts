// From stored bytes to what the client asked to see: the object as it is, the same object in its other group, its
// metadata, or a table.

import { fromStored } from '../api/conversion.ts'
import type { Resource } from '../api/resources.ts'
import type { ApiObject, ListMeta } from '../api/types.ts'
import type { ApiResponse } from '../api/wire.ts'
import { bytesAnswer, encodedAnswer, jsonAnswer } from './answer.ts'
import type { Presentation } from './negotiate.ts'
import type { Call, Parts } from './parts.ts'
import { parseStored, storageOf, textOf } from './stored.ts'
import { presentTable } from './tables.ts'
import { toYaml } from './yaml.ts'

/** One object as the answer to a get or a write. */
export function presentObject(
  parts: Parts,
  call: Call,
  status: number,
  stored: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): ApiResponse {
  const { resource } = call.target
  switch (call.presentation.as) {
    case 'object':
      return presentEncoded(call.presentation, status, viewBytes(resource, stored), headers)
    case 'metadata':
      return presentValue(call.presentation, status, partialMetadata(parseStored(stored)), headers)
    case 'table': {
      const object = viewObject(resource, stored)
      const listMeta = { resourceVersion: object.metadata.resourceVersion ?? '' }
      return presentValue(call.presentation, status, presentTable(parts, call, [object], listMeta), headers)
    }
    default:
      return call.presentation.as satisfies never
  }
}

/** Anything that is no stored object: a Status, an access review, a table. */
export function presentValue(
  presentation: Presentation,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): ApiResponse {
  if (presentation.format === 'yaml') {
    return bytesAnswer(status, Buffer.from(toYaml(value)), { 'content-type': 'application/yaml', ...headers })
  }
  if (!presentation.pretty) return jsonAnswer(status, value, headers)
  return bytesAnswer(status, Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`), headers)
}

function presentEncoded(
  presentation: Presentation,
  status: number,
  json: Uint8Array,
  headers: Readonly<Record<string, string>>,
): ApiResponse {
  if (presentation.format === 'json' && !presentation.pretty) return encodedAnswer(status, json, headers)
  return presentValue(presentation, status, JSON.parse(textOf(json)), headers)
}

/** The stored bytes, or where the resource is another view of the collection, the object in that form. */
export function viewBytes(resource: Resource, stored: Uint8Array): Uint8Array {
  if (storageOf(resource) === resource) return stored
  return Buffer.from(JSON.stringify(viewObject(resource, stored)))
}

export function viewObject(resource: Resource, stored: Uint8Array): ApiObject {
  const object = parseStored(stored)
  return storageOf(resource) === resource ? object : fromStored(resource, object)
}

export interface PartialObjectMetadata extends ApiObject {
  readonly kind: 'PartialObjectMetadata'
  readonly apiVersion: 'meta.k8s.io/v1'
}

export function partialMetadata(object: ApiObject): PartialObjectMetadata {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
}

export function partialMetadataList(objects: readonly ApiObject[], metadata: ListMeta) {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    items: objects.map(partialMetadata),
  }
}
