// The names of pods whose creation got no answer, by node. They may still come: a creation waits for the disk, or for the
// network, longer than its maker does. So they are asked for again under the same name, which the server gives once.

import { daemonSetLimits } from './limits.ts'

export class UnansweredNames {
  readonly #names = new Map<string, { readonly name: string; readonly atMs: number }>()

  on(node: string): string | undefined {
    return this.#names.get(node)?.name
  }

  add(node: string, name: string, nowMs: number): void {
    this.#names.set(node, { name, atMs: nowMs })
  }

  delete(node: string): void {
    this.#names.delete(node)
  }

  /** Those that have come, and those that nobody waits for any more, are forgotten. */
  tidy(hasCome: (name: string) => boolean, nowMs: number): void {
    for (const [node, { name, atMs }] of this.#names) {
      if (hasCome(name) || nowMs - atMs >= daemonSetLimits.unansweredNameMs) this.#names.delete(node)
    }
  }
}
