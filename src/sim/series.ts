// A value and what it was before: a cache may be behind, so most of what must hold is asked of a stretch of time.

export class Series<T> {
  readonly #values: { readonly sinceMs: number; readonly value: T }[] = []

  constructor(sinceMs: number, value: T) {
    this.#values.push({ sinceMs, value })
  }

  get now(): T {
    return this.#values.at(-1)!.value
  }

  get sinceMs(): number {
    return this.#values.at(-1)!.sinceMs
  }

  set(nowMs: number, value: T): void {
    if (this.now !== value) this.#values.push({ sinceMs: nowMs, value })
  }

  /** All it has been since then. */
  since(fromMs: number): T[] {
    const first = this.#values.findLastIndex(({ sinceMs }) => sinceMs <= fromMs)
    return this.#values.slice(Math.max(0, first)).map(({ value }) => value)
  }

  throughout(fromMs: number, holds: (value: T) => boolean): boolean {
    return this.since(fromMs).every(holds)
  }

  sometime(fromMs: number, holds: (value: T) => boolean): boolean {
    return this.since(fromMs).some(holds)
  }
}
