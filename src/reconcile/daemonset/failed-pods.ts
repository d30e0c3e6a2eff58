// How long does a node wait after its daemon pod failed, before the pod is replaced again? (R4.13 to R4.15)
// Upstream: client-go/util/flowcontrol, Backoff, as the DaemonSet controller uses it.

/** By node. */
export type FailedPods = ReadonlyMap<string, FailedPod>

export interface FailedPod {
  /** status.observedGeneration when it failed: a new generation starts anew. */
  readonly generation: number
  /** When a failed pod was last removed here, and how long the next one stays. */
  readonly sinceMs: number
  readonly delayMs: number
}

export const failedPodBackoff = { initialMs: 1000, maxMs: 15 * 60 * 1000, factor: 2 } as const

/** Milliseconds that a failed pod on this node still stays untouched; 0: it may go now. */
export function waitAfterFailure(failed: FailedPod | undefined, generation: number, nowMs: number): number {
  if (failed === undefined || failed.generation !== generation || isForgotten(failed, nowMs)) return 0
  return Math.max(0, failed.sinceMs + failed.delayMs - nowMs)
}

/** What to remember when a failed pod is removed now. */
export function afterRemoval(failed: FailedPod | undefined, generation: number, nowMs: number): FailedPod {
  const first = failed === undefined || failed.generation !== generation || isForgotten(failed, nowMs)
  const delayMs = first
    ? failedPodBackoff.initialMs
    : Math.min(failedPodBackoff.maxMs, failed.delayMs * failedPodBackoff.factor)
  return { generation, sinceMs: nowMs, delayMs }
}

/** Nothing failed here for twice the longest wait. */
export function isForgotten(failed: FailedPod, nowMs: number): boolean {
  return nowMs - failed.sinceMs > 2 * failedPodBackoff.maxMs
}
