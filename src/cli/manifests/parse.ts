// YAML or JSON text as the objects in it, each knowing where in the text its fields stand, so that whatever is wrong
// can be pointed at. Read as kubectl reads it: YAML 1.1, where `yes` is a boolean and `012` is ten (X14).

import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'
import { type Resource, resourceOfKind } from '../../api/resources.ts'
import type { ApiObject } from '../../api/types.ts'
import { isObject, type JsonObject } from '../../base/json.ts'
import { jsonTags } from '../../base/yaml-tags.ts'
import { CommandError } from '../command-error.ts'

export interface Manifest {
  /** As the user named it; `STDIN` for standard input. */
  readonly file: string
  readonly object: ApiObject & JsonObject
  readonly resource: Resource
  /** `x.yaml:12:5` of a field (`spec.template.spec.containers[0].image`), or of the nearest thing around it. */
  positionOf(field: string): string
}

export function parseManifests(text: string, file: string): Manifest[] {
  const lines = new LineCounter()
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}`
  }
  const documents = parseAllDocuments(text, {
    version: '1.1',
    customTags: jsonTags,
    lineCounter: lines,
    prettyErrors: false,
  })
  const manifests: Manifest[] = []
  for (const document of Array.isArray(documents) ? documents : []) {
    const [problem] = document.errors
    if (problem !== undefined) throw new CommandError(`${at(problem.pos[0])}: ${problem.message}`)
    const { contents } = document as Document
    if (contents === null || (isScalar(contents) && contents.value === null)) continue
    const start = contents.range?.[0] ?? 0
    for (const [object, path] of objectsIn(toJs(document as Document, at(start)), at(start))) {
      const positionOf = (field: string) => at(offsetOf(contents, [...path, ...keysOf(field)]) ?? start)
      manifests.push(manifest(object, file, positionOf))
    }
  }
  return manifests
}

function toJs(document: Document, position: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    throw new CommandError(`${position}: ${(cause as Error).message}`, { cause })
  }
}

/** The objects of one document, each with the way to it: a List is its items. */
function objectsIn(value: unknown, position: string): [JsonObject, (string | number)[]][] {
  if (!isObject(value)) {
    throw new CommandError(`${position}: not a Kubernetes object (a mapping with apiVersion and kind is needed)`)
  }
  if (!Array.isArray(value.items) || !String(value.kind).endsWith('List')) return [[value, []]]
  return value.items.map((item: unknown, index) => {
    if (!isObject(item)) throw new CommandError(`${position}: items[${index}] is not a Kubernetes object`)
    return [item, ['items', index]]
  })
}

function manifest(object: JsonObject, file: string, positionOf: (field: string) => string): Manifest {
  const { apiVersion, kind, metadata } = object
  for (const [name, value] of Object.entries({ apiVersion, kind })) {
    if (typeof value !== 'string' || value === '') {
      throw new CommandError(`${positionOf(name)}: ${name} is not set`)
    }
  }
  if (!isObject(metadata)) throw new CommandError(`${positionOf('metadata')}: metadata is not a mapping`)
  const { name, generateName } = metadata
  if (typeof name !== 'string' && typeof generateName !== 'string') {
    throw new CommandError(`${positionOf('metadata.name')}: metadata.name is not set (a text is needed)`)
  }
  const resource = resourceOfKind(String(apiVersion), String(kind))
  if (resource === undefined) {
    throw new CommandError(
      `${positionOf('kind')}: resource mapping not found for name "${name ?? ''}": ` +
        `no matches for kind "${kind}" in version "${apiVersion}"`,
    )
  }
  return { file, object: object as ApiObject & JsonObject, resource, positionOf }
}

/** `metadata.annotations[a/b].c` → metadata, annotations, a/b, c. */
export function keysOf(field: string): (string | number)[] {
  const keys: (string | number)[] = []
  for (const [, plain, bracketed] of field.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)) {
    if (plain !== undefined) keys.push(plain)
    else if (bracketed !== undefined) keys.push(/^\d+$/.test(bracketed) ? Number(bracketed) : bracketed)
  }
  return keys
}

/** Where the last of `keys` stands, or as far down as they go. */
export function offsetOf(contents: Node, keys: readonly (string | number)[]): number | undefined {
  let node: unknown = contents
  let offset = contents.range?.[0]
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === String(key))
      if (pair === undefined) return offset
      offset = (pair.key as Node | null)?.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node) && typeof key === 'number') {
      node = node.items[key]
      offset = (node as Node | undefined)?.range?.[0] ?? offset
    } else {
      return offset
    }
  }
  return offset
}
