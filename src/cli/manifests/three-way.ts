// What must change in the live object so that it becomes what the manifest says: fields the manifest has, and fields it
// had when it was applied last and has no more. Everything else belongs to somebody else and stays.
// Upstream: apimachinery/pkg/util/jsonmergepatch, CreateThreeWayJSONMergePatch. We differ in lists: a merge patch can
// only replace one, so a list is left alone while the live one still holds all that the manifest asks for.

import { isObject, type JsonObject, jsonEqual, setKey } from '../../base/json.ts'

/** Where `kubectl apply` and we remember the manifest that was applied last. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'

/** A JSON merge patch (RFC 7386); empty: nothing to do. */
export function threeWayPatch(original: unknown, modified: JsonObject, live: JsonObject): JsonObject {
  const patch: JsonObject = {}
  const before = isObject(original) ? original : {}
  for (const [key, wanted] of Object.entries(modified)) {
    const found = live[key]
    if (wanted === null || wanted === undefined) {
      if (found !== undefined && found !== null) setKey(patch, key, null)
    } else if (isObject(wanted) && isObject(found)) {
      const inner = threeWayPatch(before[key], wanted, found)
      if (Object.keys(inner).length > 0) setKey(patch, key, inner)
    } else if (!isKept(before[key], wanted, found)) {
      setKey(patch, key, wanted)
    }
  }
  for (const key of Object.keys(before)) {
    if (modified[key] === undefined && live[key] !== undefined) setKey(patch, key, null)
  }
  return patch
}

function isKept(before: unknown, wanted: unknown, found: unknown): boolean {
  if (!Array.isArray(wanted)) return jsonEqual(wanted, found)
  // Something may have left an item since: only the whole list can say so.
  if (before !== undefined && !jsonEqual(before, wanted)) return false
  return covers(found, wanted)
}

/** True when `found` says all that `wanted` says, and more only where defaults and others may have added fields. */
function covers(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(found) && found.length === wanted.length && wanted.every((item, at) => covers(found[at], item))
  }
  if (!isObject(wanted)) return jsonEqual(wanted, found)
  return isObject(found) && Object.keys(wanted).every((key) => wanted[key] === null || covers(found[key], wanted[key]))
}
