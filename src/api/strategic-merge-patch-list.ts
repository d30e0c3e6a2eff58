// How a patch's list merges into a live one, and in which order the items come out (W10.6, X10): the patch's items keep
// the patch's order (or that of $setElementOrder), the others keep theirs, and a patch item goes before a live one
// unless both were there and stood the other way round. So new items come first when no order is given.

import { isObject, type JsonObject, ownValue } from '../base/json.ts'
import { goText, goTypeText } from './go-text.ts'
import { ApiError } from './status.ts'

export const patchDirective = '$patch'
export const deleteDirective = 'delete'
export const replaceDirective = 'replace'

/** `found` is undefined for an item the live list does not have. The result is undefined when the item goes. */
export type MergeItem = (found: JsonObject | undefined, item: JsonObject) => unknown

/** `mergeKey` tells items apart; without one the lists hold scalars and merge as sets. */
export function mergedList(
  live: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string | undefined,
  mergeItem: MergeItem,
): unknown[] {
  const { items, kept } = merge(live, patch, mergeKey, mergeItem)
  return arranged(items, kept, live, mergeKey)
}

/** The same with the order given. Without a patch the live list is only put in order. */
export function ordered(
  live: readonly unknown[],
  patch: readonly unknown[] | undefined,
  order: readonly unknown[],
  mergeKey: string | undefined,
  mergeItem: MergeItem,
): unknown[] {
  checkOrder(patch ?? [], order, mergeKey)
  const { items } = patch === undefined ? { items: live } : merge(live, patch, mergeKey, mergeItem)
  return arranged(items, order, live, mergeKey)
}

interface Merged {
  readonly items: readonly unknown[]
  /** The patch without its directives: the order of what it names. */
  readonly kept: readonly unknown[]
}

function merge(
  live: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string | undefined,
  mergeItem: MergeItem,
): Merged {
  checkSameType([...live, ...patch])
  if (mergeKey === undefined) return { items: [...new Set([...live, ...patch])], kept: patch }
  const kept: JsonObject[] = []
  let items = [...live]
  let replaced = false
  for (const item of patch as readonly JsonObject[]) {
    const directive = ownValue(item, patchDirective)
    if (directive === undefined) kept.push(item)
    else if (directive === replaceDirective) replaced = true
    else if (directive === deleteDirective) {
      const key = keyOf(item, mergeKey)
      items = items.filter((one) => keyIfAny(one, mergeKey) !== key)
    } else if (directive === 'merge') throw internalError('merging lists cannot yet be specified in the patch')
    else throw internalError(`unknown patch type: ${goText(directive)} in map: ${goText(item)}`)
  }
  if (replaced) items = []
  for (const item of kept) {
    const key = keyOf(item, mergeKey)
    // Only the first of several live items with one key is met: two ports of one number (W10.10).
    const at = items.findIndex((one) => keyIfAny(one, mergeKey) === key)
    const merged = mergeItem(at < 0 ? undefined : (items[at] as JsonObject), item)
    if (merged !== undefined) items[at < 0 ? items.length : at] = merged
  }
  return { items, kept }
}

/** Upstream: normalizeElementOrder and mergeSortedSlice. */
function arranged(
  items: readonly unknown[],
  order: readonly unknown[],
  live: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const identity = (item: unknown) => (mergeKey === undefined ? item : keyOf(item, mergeKey))
  const [inOrder, inLive] = [places(order.map(identity)), places(live.map(identity))]
  const byPlace = (place: Map<unknown, number>) => (a: unknown, b: unknown) => {
    return (place.get(identity(a)) ?? 0) - (place.get(identity(b)) ?? 0)
  }
  const named = items.filter((item) => inOrder.has(identity(item))).sort(byPlace(inOrder))
  const others = items.filter((item) => !inOrder.has(identity(item))).sort(byPlace(inLive))
  const result: unknown[] = []
  for (const item of named) {
    const place = inLive.get(identity(item)) ?? -1
    while (others.length > 0 && (inLive.get(identity(others[0])) ?? Number.POSITIVE_INFINITY) < place) {
      result.push(others.shift())
    }
    result.push(item)
  }
  return [...result, ...others]
}

function places(identities: readonly unknown[]): Map<unknown, number> {
  const found = new Map<unknown, number>()
  for (const [at, identity] of identities.entries()) if (!found.has(identity)) found.set(identity, at)
  return found
}

/** Every item of the patch must stand in the order, in that order; items to be deleted need not. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return
  const identity = (item: unknown) => (mergeKey === undefined ? item : keyOf(item, mergeKey))
  const staying = patch.filter((item) => !isObject(item) || ownValue(item, patchDirective) === undefined)
  let at = 0
  for (const one of order) if (at < staying.length && identity(staying[at]) === identity(one)) at++
  if (at < staying.length) {
    throw internalError(
      `The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
    )
  }
}

function checkSameType(items: readonly unknown[]): void {
  const first = goTypeText(items[0])
  for (const item of items) {
    if (Array.isArray(item)) {
      throw new ApiError('Invalid', 'lists of lists are not supported', {})
    }
    if (goTypeText(item) !== first) throw internalError(`list element types are not identical: ${goText(items)}`)
  }
}

function keyOf(item: unknown, mergeKey: string): unknown {
  if (!isObject(item)) {
    throw internalError(`expected a map[string]interface {}, but received a ${goTypeText(item)}`)
  }
  const key = ownValue(item, mergeKey)
  if (key !== undefined) return key
  throw internalError(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`)
}

function keyIfAny(item: unknown, mergeKey: string): unknown {
  return isObject(item) ? ownValue(item, mergeKey) : undefined
}

/** Upstream answers these with 500 and no reason: they are plain errors there, not refusals. */
export function internalError(message: string): ApiError {
  return new ApiError('InternalError', message, undefined, { plain: true })
}
