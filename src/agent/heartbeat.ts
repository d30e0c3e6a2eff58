// The sign of life of a node: a Lease renewed every ten seconds, cheap enough for thousands of nodes, and now and then
// the whole status. Upstream: component-helpers/apimachinery/lease/controller.go.

import { leases } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import { formatMicroTime } from '../api/time.ts'
import type { Lease, Node } from '../api/types.ts'
import { type Backoff, backoffMs, withJitter } from '../base/backoff.ts'
import { type Clock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Client } from '../client/client.ts'

export const heartbeatDefaults = {
  leaseNamespace: 'kube-node-lease',
  /** Upstream: nodeLeaseDurationSeconds, and a quarter of it between renewals. */
  leaseSeconds: 40,
  renewMs: 10_000,
  /** Renewals are made at multiples of this: the agents of one process wake up together, which is cheaper for all. */
  togetherMs: 500,
  /** Upstream: nodeStatusReportFrequency. */
  statusMs: 300_000,
} as const

export interface HeartbeatOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly node: Node
  readonly renewMs?: number | undefined
  readonly statusMs?: number | undefined
  /** `overdue`: no heartbeat came through for so long that others may think the node gone; otherwise it is just time. */
  readonly tellStatus: (why: 'due' | 'overdue') => Promise<unknown>
}

/** Upstream: maxBackoff of the lease controller. */
const retryBackoff: Backoff = { initialMs: 200, maxMs: 7_000 }

/** Resolves when `signal` is aborted and the last renewal has been answered. */
export async function keepBeating(options: HeartbeatOptions, signal: AbortSignal): Promise<void> {
  const { clock, random, log, tellStatus } = options
  const { renewMs = heartbeatDefaults.renewMs, statusMs = heartbeatDefaults.statusMs } = options
  const lease = new NodeLease(options)
  let failures = 0
  let heardAtMs = clock.monotonic()
  let statusAtMs = clock.monotonic() + withJitter(statusMs, 0.5, random.float())
  // The first renewals of a fleet that starts at once are spread over the whole interval.
  let firstRest: number | undefined = renewMs * random.float()
  while (!signal.aborted) {
    try {
      await lease.renew()
      const isOverdue = clock.monotonic() - heardAtMs > 2 * renewMs
      heardAtMs = clock.monotonic()
      if (isOverdue || clock.monotonic() >= statusAtMs) {
        statusAtMs = clock.monotonic() + withJitter(statusMs, 0.04, random.float())
        await tellStatus(isOverdue ? 'overdue' : 'due')
      }
      failures = 0
    } catch (error) {
      failures++
      log.warn('heartbeat failed', { failures, error: String(error) })
    }
    const rest = failures > 0 ? backoffMs(retryBackoff, failures) : (firstRest ?? renewMs)
    if (failures === 0) firstRest = undefined
    await sleep(clock, untilTogether(clock.now(), withJitter(rest, 0.04, random.float())), signal)
  }
}

/** `restMs`, or a little more. A retry is soon anyway and does not wait for anybody. */
function untilTogether(nowMs: number, restMs: number): number {
  const { togetherMs } = heartbeatDefaults
  if (restMs < togetherMs) return restMs
  return Math.ceil((nowMs + restMs) / togetherMs) * togetherMs - nowMs
}

class NodeLease {
  readonly #options: HeartbeatOptions
  /** As last answered; undefined: not known, or no longer. */
  #lease: Lease | undefined

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  async renew(): Promise<void> {
    const { client } = this.#options
    if (this.#lease === undefined && (await this.#create())) return
    const lease = this.#lease ?? (await client.get<Lease>(leases, this.#at()))
    const renewTime = formatMicroTime(this.#options.clock.now())
    // Kept only once the write is answered: after a refusal the object is asked for again.
    this.#lease = undefined
    const { ownerReferences } = this.#fresh().metadata
    this.#lease = await client.update<Lease>(leases, {
      ...lease,
      metadata: { ...lease.metadata, ...(ownerReferences === undefined ? {} : { ownerReferences }) },
      spec: { ...lease.spec, ...this.#fresh().spec, renewTime },
    })
  }

  /** False where there is one already. */
  async #create(): Promise<boolean> {
    const fresh = this.#fresh()
    const renewTime = formatMicroTime(this.#options.clock.now())
    try {
      this.#lease = await this.#options.client.create<Lease>(leases, { ...fresh, spec: { ...fresh.spec, renewTime } })
      return true
    } catch (error) {
      if (reasonOf(error) === 'AlreadyExists') return false
      throw error
    }
  }

  #at() {
    return { namespace: heartbeatDefaults.leaseNamespace, name: this.#options.node.metadata.name ?? '' }
  }

  /** The node owns its lease, so that it goes with it. */
  #fresh(): Lease {
    const { name = '', uid = '' } = this.#options.node.metadata
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...this.#at(), ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] },
      spec: { holderIdentity: name, leaseDurationSeconds: heartbeatDefaults.leaseSeconds },
    }
  }
}
