// A set of names that can be read in order: adding and removing cost little, and so does reading the first few.

import { lowerBound } from './sorted.ts'

export class NameSet {
  readonly #names = new Set<string>()
  /** In order, possibly with names that have left since; undefined until somebody reads. */
  #sorted: string[] | undefined
  /** Of the names in order, those before have all left. */
  #from = 0

  get size(): number {
    return this.#names.size
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  add(name: string): void {
    if (this.#names.has(name)) return
    this.#names.add(name)
    if (this.#sorted === undefined) return
    const at = lowerBound(this.#sorted, name)
    if (this.#sorted[at] !== name) this.#sorted.splice(at, 0, name)
    if (at < this.#from) this.#from = at
  }

  delete(name: string): void {
    if (!this.#names.delete(name) || this.#sorted === undefined) return
    // Names that left are skipped while reading; once they are the majority the order is made anew.
    if (this.#sorted.length > 2 * this.#names.size + 16) this.#sorted = undefined
  }

  /** In order. The set must not change meanwhile. */
  *[Symbol.iterator](): Generator<string, void, void> {
    if (this.#sorted === undefined) {
      this.#sorted = [...this.#names].sort()
      this.#from = 0
    }
    const sorted = this.#sorted
    while (this.#from < sorted.length && !this.#names.has(sorted[this.#from]!)) this.#from++
    for (let at = this.#from; at < sorted.length; at++) if (this.#names.has(sorted[at]!)) yield sorted[at]!
  }

  /** The first `count` names, in order. */
  first(count: number): string[] {
    const names: string[] = []
    if (count <= 0) return names
    for (const name of this) if (names.push(name) >= count) break
    return names
  }
}
