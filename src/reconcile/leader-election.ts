// Who of several equal processes leads: the one that a Lease names, for as long as it renews it. What to do about the
// lease now is decided here. Others' clocks are never read: a lease has expired when it was not seen to change for as
// long as it says, by our own clock. Upstream: client-go/tools/leaderelection/leaderelection.go, tryAcquireOrRenew.

import { formatMicroTime } from '../api/time.ts'
import type { Lease } from '../api/types.ts'

export type LeaseSpec = NonNullable<Lease['spec']>

export interface Candidate {
  readonly identity: string
  readonly leaseSeconds: number
  readonly nowMs: number
}

/** The lease as it was seen last, and since when it is as it is. */
export interface SeenLease {
  readonly spec: LeaseSpec
  readonly sinceMs: number
}

export type ElectionMove =
  /** Somebody else leads, or may think so. */
  | { readonly do: 'wait'; readonly leader: string }
  | { readonly do: 'create' | 'take' | 'renew'; readonly spec: LeaseSpec }

/** `seen` undefined: there is no lease. */
export function nextElectionMove(candidate: Candidate, seen: SeenLease | undefined): ElectionMove {
  const { identity, leaseSeconds, nowMs } = candidate
  const now = formatMicroTime(nowMs)
  const ours = { holderIdentity: identity, leaseDurationSeconds: leaseSeconds, renewTime: now }
  if (seen === undefined) return { do: 'create', spec: { ...ours, acquireTime: now, leaseTransitions: 0 } }
  const { spec, sinceMs } = seen
  const { holderIdentity: leader = '', leaseTransitions = 0, acquireTime = now } = spec
  if (leader === identity) return { do: 'renew', spec: { ...spec, ...ours, acquireTime, leaseTransitions } }
  const expiresMs = sinceMs + (spec.leaseDurationSeconds ?? leaseSeconds) * 1000
  if (leader !== '' && nowMs < expiresMs) return { do: 'wait', leader }
  return { do: 'take', spec: { ...spec, ...ours, acquireTime: now, leaseTransitions: leaseTransitions + 1 } }
}

/** A lease given back: whoever waits sees that nobody holds it, and need not wait for its end. Upstream: release. */
export function releasedLease(spec: LeaseSpec, nowMs: number): LeaseSpec {
  const now = formatMicroTime(nowMs)
  return { ...spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now }
}
