// One leader among several processes, by a Lease: what is written to it, when, and what happens when that fails. What
// the lease means is reconcile/leader-election.ts. Upstream: client-go/tools/leaderelection.

import { leases } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import type { Lease } from '../api/types.ts'
import { withJitter } from '../base/backoff.ts'
import { type Clock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Client } from '../client/client.ts'
import { nextElectionMove, releasedLease, type SeenLease } from '../reconcile/leader-election.ts'

export interface LeaderElectionTimes {
  /** How long others wait for a leader that says nothing. */
  readonly leaseMs: number
  /** A leader that could not renew for so long gives up, before others may take over. */
  readonly renewDeadlineMs: number
  /** Between two looks at the lease. */
  readonly retryMs: number
}

/** Upstream: component-base/config/v1alpha1/defaults.go, RecommendedDefaultLeaderElectionConfiguration. */
export const leaderElectionDefaults: LeaderElectionTimes = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 }

/** A rest is stretched by up to this much of itself. Upstream: JitterFactor. */
const jitter = 1.2

/** Undefined, or why these times cannot work. Upstream: NewLeaderElector. */
export function electionTimesProblem({ leaseMs, renewDeadlineMs, retryMs }: LeaderElectionTimes): string | undefined {
  if (retryMs < 1 || leaseMs < 1000) return 'the lease must be at least one second long, and retries apart'
  if (renewDeadlineMs <= retryMs * jitter) return `the renew deadline must be more than ${jitter} retry periods`
  if (leaseMs <= renewDeadlineMs) return 'the lease must be longer than the renew deadline'
  return undefined
}

export interface LeaderElectionOptions {
  /** One that waits for no rate limit: a lease renewed late is lost. */
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly namespace: string
  readonly name: string
  /** No two processes have the same. */
  readonly identity: string
  readonly times?: LeaderElectionTimes
}

export interface LeaderElection {
  /** Resolves when this process leads; never, where it is stopped before. */
  readonly elected: Promise<void>
  /** Resolves when it has to assume that another leads: it must write nothing more. */
  readonly lost: Promise<void>
  readonly isLeader: boolean
  /** Until when nobody else can lead, whatever happens: a process that was stopped for a while has not heard yet. */
  readonly safeUntilMs: number
  /** Who leads, as far as is known. */
  readonly leader: string | undefined
  /** When the lease was last heard of, in whatever state, by the monotonic clock; undefined: never. */
  readonly heardMs: number | undefined
  /** Gives the lease back. Whoever leads must have let go of its work before. */
  stop(): Promise<void>
}

export function startLeaderElection(options: LeaderElectionOptions): LeaderElection {
  return new Elector(options)
}

class Elector implements LeaderElection {
  readonly elected: Promise<void>
  readonly lost: Promise<void>
  readonly #options: LeaderElectionOptions
  readonly #times: LeaderElectionTimes
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #resolveElected: () => void = () => {}
  #resolveLost: () => void = () => {}
  #isLeader = false
  #heardMs: number | undefined
  #renewedMs = Number.NEGATIVE_INFINITY
  #lease: Lease | undefined
  /** When the lease was first seen as it is now, by the monotonic clock. */
  #sinceMs = 0

  constructor(options: LeaderElectionOptions) {
    this.#options = options
    this.#times = options.times ?? leaderElectionDefaults
    this.elected = new Promise((resolve) => {
      this.#resolveElected = resolve
    })
    this.lost = new Promise((resolve) => {
      this.#resolveLost = resolve
    })
    this.#running = this.#run()
  }

  get isLeader(): boolean {
    return this.#isLeader
  }

  get safeUntilMs(): number {
    return this.#isLeader ? this.#renewedMs + this.#times.renewDeadlineMs : Number.NEGATIVE_INFINITY
  }

  get leader(): string | undefined {
    return this.#lease?.spec?.holderIdentity || undefined
  }

  get heardMs(): number | undefined {
    return this.#heardMs
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    if (!this.#isLeader) return
    this.#isLeader = false
    await this.#release()
  }

  async #run(): Promise<void> {
    const { clock, random, log } = this.#options
    const { signal } = this.#stop
    for (;;) {
      // Counted from before the answer: others may count from the moment the server had it.
      this.#renewedMs = clock.monotonic()
      if (await this.#attempt(this.#times.renewDeadlineMs)) break
      await sleep(clock, withJitter(this.#times.retryMs, jitter, random.float()), signal)
      if (signal.aborted) return
    }
    this.#isLeader = true
    log.info('leads', { identity: this.#options.identity })
    this.#resolveElected()
    await this.#renew()
  }

  /** Until it is stopped, or could not renew for too long. */
  async #renew(): Promise<void> {
    const { clock, log } = this.#options
    const { signal } = this.#stop
    for (;;) {
      await sleep(clock, this.#times.retryMs, signal)
      if (signal.aborted) return
      const leftMs = this.#renewedMs + this.#times.renewDeadlineMs - clock.monotonic()
      const startedMs = clock.monotonic()
      if (leftMs > 0 && (await this.#attempt(leftMs))) this.#renewedMs = startedMs
      else if (clock.monotonic() >= this.#renewedMs + this.#times.renewDeadlineMs || this.#isAnothers()) {
        this.#isLeader = false
        log.error('leads no more', { leader: this.leader, sinceMs: clock.monotonic() - this.#renewedMs })
        this.#resolveLost()
        return
      }
    }
  }

  #isAnothers(): boolean {
    return this.leader !== undefined && this.leader !== this.#options.identity
  }

  /** True: the lease is ours. An attempt that takes longer than `ms` has failed, whatever comes of it. */
  async #attempt(ms: number): Promise<boolean> {
    const { clock, log } = this.#options
    const enough = new AbortController()
    try {
      const late = sleep(clock, ms, enough.signal).then(() => 'late' as const)
      const outcome = await Promise.race([this.#acquireOrRenew(), late])
      if (outcome === 'late') log.warn('the lease could not be renewed in time', { ms })
      return outcome === true
    } catch (error) {
      // Another was faster: the next look will see whom to wait for.
      const level = reasonOf(error) === 'Conflict' || reasonOf(error) === 'AlreadyExists' ? 'debug' : 'warn'
      log[level]('the lease could not be acquired or renewed', { error: String(error) })
      return false
    } finally {
      enough.abort()
    }
  }

  async #acquireOrRenew(): Promise<boolean> {
    const { client, clock, identity, namespace, name, log } = this.#options
    // A leader's own copy is good until a write of it is refused: one request a renewal.
    if (!this.#isLeader || this.#lease === undefined) await this.#look()
    const candidate = { identity, leaseSeconds: Math.floor(this.#times.leaseMs / 1000), nowMs: clock.now() }
    const before = this.leader
    const move = nextElectionMove(candidate, this.#seen())
    if (move.do === 'wait') return false
    try {
      const written =
        move.do === 'create'
          ? await client.create<Lease>(leases, leaseOf(namespace, name, move.spec))
          : await client.update<Lease>(leases, { ...this.#lease!, spec: move.spec })
      this.#hear(written)
    } catch (error) {
      if (this.#isLeader) await this.#look().catch(() => {})
      throw error
    }
    if (move.do !== 'renew') log.info('the lease is ours', { before, transitions: move.spec.leaseTransitions })
    return true
  }

  #seen(): SeenLease | undefined {
    if (this.#lease === undefined) return undefined
    const { clock } = this.#options
    return { spec: this.#lease.spec ?? {}, sinceMs: clock.now() - (clock.monotonic() - this.#sinceMs) }
  }

  async #look(): Promise<void> {
    const { client, namespace, name } = this.#options
    try {
      this.#hear(await client.get<Lease>(leases, { namespace, name }))
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error
      this.#lease = undefined
      this.#heardMs = this.#options.clock.monotonic()
    }
  }

  #hear(lease: Lease): void {
    const nowMs = this.#options.clock.monotonic()
    this.#heardMs = nowMs
    // A label put on it is no sign of life.
    if (JSON.stringify(this.#lease?.spec) !== JSON.stringify(lease.spec)) this.#sinceMs = nowMs
    this.#lease = lease
  }

  async #release(): Promise<void> {
    const { client, clock, log } = this.#options
    if (this.#lease === undefined || this.leader !== this.#options.identity) return
    try {
      const spec = releasedLease(this.#lease.spec ?? {}, clock.now())
      await client.update<Lease>(leases, { ...this.#lease, spec })
      log.info('the lease is given back')
    } catch (error) {
      log.warn('the lease could not be given back: others wait until it ends', { error: String(error) })
    }
  }
}

function leaseOf(namespace: string, name: string, spec: Lease['spec']): Lease {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name }, ...(spec && { spec }) }
}
