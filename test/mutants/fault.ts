// A fault that somebody could write tomorrow: where, what, and which tests must notice.

export interface Fault {
  /** The group of rules (docs/reference/daemonset-rules.md). */
  readonly group: string
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** Tests that must fail. */
  readonly tests: readonly string[]
}
