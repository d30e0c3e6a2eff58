// `$(NAME)` in a command, its arguments, an environment and a subPathExpr. `$$` is one `$`; a name that nobody knows
// stays as it was written. Upstream: third_party/forked/golang/expansion/expand.go.

/** What `$(NAME)` becomes; undefined leaves the reference as it is. */
export type KnownValue = (name: string) => string | undefined

export function expand(text: string, known: KnownValue): string {
  // One way only, from left to right: what a value brings in is not read again, and `$$(A)` is no reference.
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (reference, name?: string) =>
    name === undefined ? '$' : (known(name) ?? reference),
  )
}
