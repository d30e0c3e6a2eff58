// Keeps a board true: follows nodes, DaemonSets and their pods, and says when there is something new to draw, at most so
// often.

import { controllerOf } from '../../api/owners.ts'
import { daemonSets, nodes, pods } from '../../api/resources.ts'
import type { DaemonSet, Node, Pod } from '../../api/types.ts'
import type { Clock } from '../../base/clock.ts'
import type { Informers } from '../../client/informers.ts'
import { type Board, boardOf } from './board.ts'

export interface FollowOptions {
  /** What the controllers of this process look at: a second copy of a large cluster would be as large. */
  readonly informers: Informers
  readonly clock: Clock
  readonly onBoard: (board: Board) => void
}

/** Between two boards, at least; and so much longer than the last one took that a large fleet is not held up by them. */
export const redrawMs = 100
const redrawShare = 1 / 20

/** The first board comes when all three collections are known. Returns the way to stop. */
export function followBoard({ informers, clock, onBoard }: FollowOptions): () => void {
  const byOwner = {
    owner: (pod: Pod): readonly string[] => {
      const owner = controllerOf(pod)
      return owner?.kind === daemonSets.kind ? [owner.uid] : []
    },
  }
  const knownNodes = informers.of<Node>(nodes)
  const knownSets = informers.of<DaemonSet>(daemonSets)
  const knownPods = informers.of<Pod>(pods, byOwner)

  let cancel: (() => void) | undefined
  let stopped = false
  let forget: readonly (() => void)[] = []
  let restMs: number = redrawMs
  const draw = () => {
    cancel = undefined
    const beganMs = clock.now()
    onBoard(
      boardOf({
        nodes: knownNodes.list(),
        daemonSets: knownSets.list(),
        podsOf: ({ metadata }) => knownPods.byIndex('owner', metadata.uid ?? ''),
      }),
    )
    restMs = Math.max(redrawMs, (clock.now() - beganMs) / redrawShare)
  }
  const changed = () => {
    if (!stopped) cancel ??= clock.after(restMs, draw)
  }
  void Promise.all([knownNodes.synced, knownSets.synced, knownPods.synced]).then(() => {
    if (stopped) return
    draw()
    forget = [knownNodes, knownSets, knownPods].map((informer) => informer.onChange(changed))
  })
  return () => {
    stopped = true
    cancel?.()
    for (const act of forget) act()
  }
}
