// How deep and how large a JSON value is, asked before anything walks it: a walk that calls itself would end the
// program's stack on a hostile body, so this one keeps its own.

export interface JsonExtent {
  /** 0 for a scalar, 1 for `{}` and `[]`. */
  readonly depth: number
  /** About the bytes of its compact text; never less than the number of values in it. */
  readonly size: number
}

export function jsonExtent(value: unknown): JsonExtent {
  let size = 0
  let depth = 0
  let level: unknown[] = [value]
  for (;;) {
    const inside: unknown[] = []
    let containers = 0
    for (const item of level) {
      if (typeof item === 'string') size += item.length + 2
      else if (typeof item !== 'object' || item === null) size += 4
      else {
        containers++
        size += 2
        if (Array.isArray(item)) {
          for (const one of item) inside.push(one)
        } else {
          for (const [key, one] of Object.entries(item)) {
            size += key.length + 4
            inside.push(one)
          }
        }
      }
    }
    if (containers === 0) return { depth, size }
    depth++
    level = inside
  }
}

/** Nothing that Kubernetes stores nests deeper than some dozen levels; what does is an attack or a mistake. */
export const maxJsonDepth = 500
