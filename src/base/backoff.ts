// Waiting longer after each failure, with an upper bound and, where herds form, jitter.

export interface Backoff {
  readonly initialMs: number
  readonly maxMs: number
  readonly factor?: number
}

/** Milliseconds to wait after `failures` failures in a row (1 = the first): initial · factor^(failures-1), capped. */
export function backoffMs(backoff: Backoff, failures: number): number {
  const exponent = Math.max(0, failures - 1)
  return Math.min(backoff.maxMs, backoff.initialMs * (backoff.factor ?? 2) ** Math.min(exponent, 64))
}

/** The same wait stretched by up to `fraction` of itself; `chance` is uniform in [0, 1). */
export function withJitter(ms: number, fraction: number, chance: number): number {
  return ms * (1 + fraction * chance)
}
