// Chance as an argument: what a source of randomness can do, and the seeded one that replays.

export interface Random {
  /** Uniform in [0, 1). */
  float(): number
  /** A random RFC 4122 version 4 UUID. */
  uuid(): string
}

/** Uniform in 0 … below-1. */
export function intBelow(random: Random, below: number): number {
  return Math.floor(random.float() * below)
}

/** Kubernetes' alphabet for generated names: no vowels, so no words. Upstream: apimachinery/pkg/util/rand. */
export const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** `length` characters of Kubernetes' name alphabet, as appended to metadata.generateName. */
export function nameSuffix(random: Random, length = 5): string {
  let suffix = ''
  for (let i = 0; i < length; i++) suffix += nameAlphabet[intBelow(random, nameAlphabet.length)]
  return suffix
}

/** The same numbers for the same seed, on every machine (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const float = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const hex = (digits: number) => {
    let text = ''
    for (let i = 0; i < digits; i++) text += Math.floor(float() * 16).toString(16)
    return text
  }
  return {
    float,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[Math.floor(float() * 4)]}${hex(3)}-${hex(12)}`,
  }
}
