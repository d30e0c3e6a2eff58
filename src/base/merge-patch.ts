// JSON merge patch: objects merge, null deletes, everything else replaces (RFC 7386, W10.5).

import { isObject, type JsonObject, jsonClone, ownValue, setKey } from './json.ts'
import { jsonExtent, maxJsonDepth } from './json-extent.ts'
import { PatchError } from './patch-error.ts'

/** What `target` becomes: a value of its own, that shares nothing with either argument. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  const { depth } = jsonExtent(patch)
  if (depth > maxJsonDepth) throw new PatchError('too large', `${depth} levels deep, the limit is ${maxJsonDepth}`)
  return merged(jsonClone(target), patch)
}

/** Changes `target` where it is an object. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return jsonClone(patch)
  const result: JsonObject = isObject(target) ? target : {}
  for (const key of Object.keys(patch)) {
    if (patch[key] === null) delete result[key]
    else setKey(result, key, merged(ownValue(result, key), patch[key]))
  }
  return result
}
