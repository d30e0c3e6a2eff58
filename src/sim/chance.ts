// Chance by name: each part of a simulation has a stream of its own, so that a new question in one part does not change
// what is answered in the others.

import { intBelow, type Random, seededRandom } from '../base/random.ts'

export class Chance implements Random {
  readonly #random: Random

  constructor(seed: number, name: string) {
    this.#random = seededRandom(mixed(seed, name))
  }

  float(): number {
    return this.#random.float()
  }

  uuid(): string {
    return this.#random.uuid()
  }

  /** Whole numbers, both ends included. */
  between(least: number, most: number): number {
    return least + intBelow(this.#random, most - least + 1)
  }

  /** Many short, few long: as likely between 1 and 10 as between 10 and 100. */
  spread(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.#random.float())
  }

  happens(probability: number): boolean {
    return this.#random.float() < probability
  }

  of<T>(items: readonly T[]): T {
    return items[intBelow(this.#random, items.length)]!
  }

  /** By weight. */
  ofWeighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let left = this.#random.float() * items.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, item] of items) {
      left -= weight
      if (left < 0) return item
    }
    return items.at(-1)![1]
  }
}

function mixed(seed: number, name: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0
  return Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0
}
