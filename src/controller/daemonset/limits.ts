// How much the DaemonSet controller does at once. Upstream: pkg/controller/daemon/daemon_controller.go.

import type { Backoff } from '../../base/backoff.ts'

export const daemonSetLimits = {
  /**
   * DaemonSets in work at a time. Most of that is waiting for answers, so it costs little, and none waits for another;
   * what the server has to do at once is limited by `writes`. Upstream has 2, and a node waits behind two slow ones (B12).
   */
  workers: 256,
  /** Writes under way at a time, of all DaemonSets together. */
  writes: 100,
  /** Creations, and deletions, in one go; the rest follows in the next (R4.17). Upstream: BurstReplicas. */
  burst: 250,
  /** Adoptions and releases in flight. */
  claims: 50,
  /** Claiming and history are decided anew after each step; more steps than this wait for another turn. */
  steps: 10,
  /** At most so many statuses of one DaemonSet: one every … (C13). A new generation is told at once. */
  betweenStatusesMs: 250,
  /**
   * After a refused creation the next one waits, whatever events come meanwhile: a full quota is asked now and then, not
   * for every pod that changes (I11).
   */
  afterRefusal: { initialMs: 100, maxMs: 60_000 } satisfies Backoff,
  /** A namespace that goes away takes no pods; it is asked again after … (R2.20). Upstream: ExpectationsTimeout. */
  namespaceGoingMs: 300_000,
  /** A creation that got no answer is asked for under the same name for so long (client/mirror.ts waits as long). */
  unansweredNameMs: 300_000,
  /** A clock that was moved further than this has jumped: what was remembered by it is forgotten, as after a restart. */
  clockJumpMs: 2_000,
} as const
