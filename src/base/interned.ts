// Equal values kept once: what thousands of objects say alike takes no memory a second time.

export const internedLimits = {
  /** Known at a time. Beyond that all are forgotten: what comes later shares nothing with what came before. */
  texts: 20_000,
  values: 4_000,
} as const

export class Interned {
  readonly #texts = new Map<string, string>()
  /** By their JSON. */
  readonly #values = new Map<string, unknown>()

  /** This text, always the same one. */
  text<T extends string | undefined>(text: T): T {
    if (text === undefined) return text
    const known = this.#texts.get(text)
    if (known !== undefined) return known as T
    if (this.#texts.size === internedLimits.texts) this.#texts.clear()
    this.#texts.set(text, text)
    return text
  }

  /** A value equal to this one, always the same; nobody may change it. */
  value<T extends object | undefined>(value: T): T {
    if (value === undefined) return value
    const json = JSON.stringify(value)
    const known = this.#values.get(json)
    if (known !== undefined) return known as T
    if (this.#values.size === internedLimits.values) this.#values.clear()
    this.#values.set(json, value)
    return value
  }
}
