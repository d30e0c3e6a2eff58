// Order: comparing the way Kubernetes' storage does, sorting by a key, and searching what is sorted.

/** Byte order of two strings (code units; equal to UTF-8 order for everything a name may contain). */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A sorted copy, by a text or number key. Equal keys keep their order. */
export function sortedBy<T>(items: Iterable<T>, key: (item: T) => string | number): T[] {
  return [...items].sort((a, b) => {
    const [left, right] = [key(a), key(b)]
    return left < right ? -1 : left > right ? 1 : 0
  })
}

/** The first index in sorted `keys` whose key is not below `wanted` (keys.length when all are). */
export function lowerBound(keys: readonly string[], wanted: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return low
}
