// What every check is given, and how it says that something must not be.

import type { Exchange } from '../exchange.ts'
import type { Change, Truth } from '../truth.ts'

export interface Judging {
  readonly truth: Truth
  /** Nothing that anybody believes is older than this: what held for longer must have been known. */
  readonly stalenessMs: number
  /** Controllers that may be at work at the same time. */
  readonly controllers: number
  violated(invariant: string, what: string): void
}

export interface Check {
  /** After a write has become visible. */
  change?(change: Change): void
  /** A request has reached the server. */
  request?(exchange: Exchange): void
}

const daemonSetController = 'system:controller:daemonset-controller'

export function isByDaemonSetController(by: Exchange | undefined): by is Exchange {
  return by?.who === daemonSetController
}

export function isByNode(by: Exchange | undefined): by is Exchange {
  return by?.who.startsWith('system:node:') === true
}

export function isBy(by: Exchange | undefined, controller: string): by is Exchange {
  return by?.who === `system:controller:${controller}`
}
