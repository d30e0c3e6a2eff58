// JSON patch: a list of operations on paths, all of which apply or none does (RFC 6902, pointers of RFC 6901, W10.4).
//
// Written here rather than taken from the rfc6902 package, which looks paths up through the prototype (`/data/toString`
// exists in every object), skips the legal keys `constructor` and `prototype`, and lets `replace` of `/list/-` pass.
// The upstream server's library (evanphx/json-patch v4) counts negative indexes from the end, and so do we.

import { isObject, type JsonObject, jsonClone, jsonEqual, setKey } from './json.ts'
import { jsonExtent, maxJsonDepth } from './json-extent.ts'
import { PatchError, type PatchFailure } from './patch-error.ts'

export const jsonPatchLimits = {
  /** Upstream: apiserver/pkg/endpoints/handlers/patch.go, maxJSONPatchOperations. */
  operations: 10_000,
  /** What all `copy` operations together may add: copies of copies double. Upstream: JSONPatchMaxCopyBytes. */
  copiedBytes: 3 * 1024 * 1024,
} as const

/** What `target` becomes. Neither argument is changed. Throws a PatchError that names the operation, from 0. */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) {
    const found = operations === null ? 'null' : isObject(operations) ? 'object' : typeof operations
    const message = `error decoding patch: json: cannot unmarshal ${found} into Go value of type []handlers.jsonPatchOp`
    throw new PatchError('malformed', message)
  }
  if (operations.length > jsonPatchLimits.operations) {
    throw new PatchError(
      'too large',
      `The allowed maximum operations in a JSON patch is ${jsonPatchLimits.operations}, got ${operations.length}`,
    )
  }
  const { depth } = jsonExtent(operations)
  if (depth > maxJsonDepth) throw new PatchError('too large', `${depth} levels deep, the limit is ${maxJsonDepth}`)
  const document: Document = { root: jsonClone(target), copiedBytes: 0 }
  for (const [i, operation] of operations.entries()) {
    if (!isObject(operation)) throw new PatchError('malformed', `operation ${i} is not an object`)
    try {
      carryOut(document, operation)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      throw new PatchError(error.reason, `operation ${i} (${String(operation.op)}): ${error.message}`)
    }
  }
  if (jsonExtent(document.root).depth > maxJsonDepth) {
    throw new PatchError('too large', `the result is more than ${maxJsonDepth} levels deep`)
  }
  return document.root
}

interface Document {
  root: unknown
  copiedBytes: number
}

class Refusal extends Error {
  readonly reason: PatchFailure

  constructor(message: string, reason: PatchFailure = 'does not apply') {
    super(message)
    this.reason = reason
  }
}

function carryOut(document: Document, operation: JsonObject): void {
  const path = pointer(operation, 'path')
  switch (operation.op) {
    case 'add':
      add(document, path, jsonClone(given(operation)))
      return
    case 'remove':
      remove(document, path)
      return
    case 'replace':
      replace(document, path, jsonClone(given(operation)))
      return
    case 'move': {
      const from = pointer(operation, 'from')
      if (isBefore(from, path)) throw new Refusal(`${shown(from)} cannot move into itself`)
      add(document, path, remove(document, from))
      return
    }
    case 'copy':
      add(document, path, copied(document, pointer(operation, 'from')))
      return
    case 'test': {
      // A field that is not there and one that is null are the same here, as in upstream's library.
      const found = lookUp(document.root, path) ?? null
      if (!jsonEqual(found, given(operation))) throw new Refusal(`${shown(path)} does not have the given value`)
      return
    }
    default:
      throw new Refusal('no such operation')
  }
}

function add(document: Document, path: readonly string[], value: unknown): void {
  if (path.length === 0) {
    document.root = value
    return
  }
  const [parent, key] = parentOf(document, path)
  if (Array.isArray(parent)) parent.splice(key === '-' ? parent.length : index(parent, key, parent.length), 0, value)
  else setKey(parent, key, value)
}

function remove(document: Document, path: readonly string[]): unknown {
  if (path.length === 0) throw new Refusal('the whole document cannot be removed')
  const [parent, key] = parentOf(document, path)
  if (Array.isArray(parent)) return parent.splice(index(parent, key, parent.length - 1), 1)[0]
  if (!Object.hasOwn(parent, key)) throw new Refusal(`${shown(path)} does not exist`)
  const value = parent[key]
  delete parent[key]
  return value
}

function replace(document: Document, path: readonly string[], value: unknown): void {
  if (path.length === 0) {
    document.root = value
    return
  }
  const [parent, key] = parentOf(document, path)
  if (Array.isArray(parent)) parent[index(parent, key, parent.length - 1)] = value
  // A field that is not there is replaced, too: evanphx/json-patch v4 asks for lists only.
  else setKey(parent, key, value)
}

function copied(document: Document, from: readonly string[]): unknown {
  const value = lookUp(document.root, from)
  if (value === undefined) throw new Refusal(`${shown(from)} does not exist`)
  const { size, depth } = jsonExtent(value)
  document.copiedBytes += size
  if (document.copiedBytes > jsonPatchLimits.copiedBytes || depth > maxJsonDepth) {
    throw new Refusal(`copies more than ${jsonPatchLimits.copiedBytes} bytes or too deep`, 'too large')
  }
  return jsonClone(value)
}

function parentOf(document: Document, path: readonly string[]): [unknown[] | JsonObject, string] {
  const parent = lookUp(document.root, path.slice(0, -1))
  if (!Array.isArray(parent) && !isObject(parent)) throw new Refusal(`${shown(path.slice(0, -1))} does not exist`)
  return [parent, path.at(-1)!]
}

/** Undefined where the path leads nowhere. */
function lookUp(root: unknown, path: readonly string[]): unknown {
  let value = root
  for (const key of path) {
    if (Array.isArray(value)) value = value[indexOrNone(key, value.length - 1) ?? value.length]
    else if (isObject(value) && Object.hasOwn(value, key)) value = value[key]
    else return undefined
  }
  return value
}

function index(list: readonly unknown[], key: string, last: number): number {
  const found = indexOrNone(key, last)
  if (found === undefined) throw new Refusal(`no index ${JSON.stringify(key)} in a list of ${list.length}`)
  return found
}

function indexOrNone(key: string, last: number): number | undefined {
  if (!/^(0|-?[1-9][0-9]{0,8})$/.test(key)) return undefined
  const number = Number(key)
  const at = number < 0 ? last + 1 + number : number
  return at >= 0 && at <= last ? at : undefined
}

function pointer(operation: JsonObject, member: 'path' | 'from'): string[] {
  const text = operation[member]
  if (typeof text !== 'string') throw new Refusal(`needs a "${member}"`)
  if (text === '') return []
  if (!text.startsWith('/')) throw new Refusal(`"${member}" has to begin with a slash`)
  const tokens = text.slice(1).split('/', maxJsonDepth + 1)
  if (tokens.length > maxJsonDepth) throw new Refusal(`"${member}" leads deeper than any object is`)
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function given(operation: JsonObject): unknown {
  if (!Object.hasOwn(operation, 'value')) throw new Refusal('needs a "value"')
  return operation.value
}

function isBefore(from: readonly string[], path: readonly string[]): boolean {
  return from.length < path.length && from.every((token, i) => token === path[i])
}

function shown(path: readonly string[]): string {
  return JSON.stringify(path.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''))
}
