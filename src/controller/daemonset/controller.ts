// The DaemonSet controller: what it follows, what it remembers, and what is done with a key.
// Upstream: pkg/controller/daemon.

import { controllerRevisions, daemonSets, nodes, pods } from '../../api/resources.ts'
import type { ControllerRevision, DaemonSet, Node, Pod } from '../../api/types.ts'
import type { Running } from '../../base/running.ts'
import { createEventRecorder } from '../../client/event-recorder.ts'
import type { PodNames } from '../../reconcile/daemonset/pod-names.ts'
import type { PlacementMode } from '../../reconcile/daemonset/pod-template.ts'
import { type ControllerOptions, startController } from '../controller.ts'
import type { Hands } from './carry-out.ts'
import { type Caches, daemonSetIndexes, podIndexes, revisionIndexes } from './facts.ts'
import { Gathering } from './gather.ts'
import { daemonSetLimits } from './limits.ts'
import { type Followed, followed, syncDaemonSet } from './sync.ts'
import { createTriggers } from './triggers.ts'
import { WriteSlots } from './write-slots.ts'

export interface DaemonSetControllerOptions extends ControllerOptions {
  /** Who brings a pod to its node (DESIGN section 4). */
  readonly placement: PlacementMode
  /** Default: generated. */
  readonly podNames?: PodNames | undefined
}

export interface DaemonSetController extends Running {
  work(): Work
  /** DaemonSets that wait for a worker. */
  waiting(): number
}

/** How much was worked out so far (C12). */
export interface Work {
  /** Cells worked out. */
  readonly cells: number
  /** Cells read to decide. */
  readonly visits: number
  /** Nodes held against placement rules. */
  readonly placements: number
  readonly syncs: number
}

/** The source of its events, and its field manager. Upstream: the event source of the same name. */
export const daemonSetComponent = 'daemonset-controller'

export function startDaemonSetController(options: DaemonSetControllerOptions): DaemonSetController {
  const { client, clock, random, placement, podNames = 'generated' } = options
  const all = new Map<string, Followed>()
  const slots = new WriteSlots(daemonSetLimits.writes)
  const forgotten = { cells: 0, visits: 0 }
  let syncs = 0
  let placements = () => 0
  let waiting = () => 0

  const running = startController(daemonSetComponent, options, ({ queue, log, follow }) => {
    const recorder = createEventRecorder({ client, clock, log, component: daemonSetComponent })
    const caches = {} as { -readonly [name in keyof Caches]: Caches[name] }
    const isUrgent = (key: string) => queue.isUrgent(key)
    const hands: Hands = { client, clock, log, caches, recorder, placement, podNames, random, slots, isUrgent }
    const triggers = createTriggers({
      caches,
      enqueue: (key, how) => queue.add(key, how),
      gathering: (key) => all.get(key)?.gathering,
      forget,
    })
    function forget(key: string): void {
      forgotten.cells += all.get(key)?.gathering.evaluated ?? 0
      forgotten.visits += all.get(key)?.gathering.visited ?? 0
      all.delete(key)
    }
    placements = () => triggers.classes.evaluated
    waiting = () => queue.length
    caches.daemonSets = follow<DaemonSet>(daemonSets, triggers.onDaemonSet, daemonSetIndexes)
    caches.pods = follow<Pod>(pods, triggers.onPod, podIndexes)
    caches.nodes = follow<Node>(nodes, triggers.onNode)
    caches.revisions = follow<ControllerRevision>(controllerRevisions, triggers.onRevision, revisionIndexes)

    async function work(key: string): Promise<void> {
      const uid = caches.daemonSets.get(key)?.metadata.uid
      if (uid === undefined) return
      const driftMs = clock.now() - clock.monotonic()
      let it = all.get(key)
      if (it?.gathering.uid !== uid || Math.abs(it.driftMs - driftMs) > daemonSetLimits.clockJumpMs) {
        const before = it?.gathering.uid === uid ? it : undefined
        forget(key)
        it = followed(new Gathering(caches, placement, uid), driftMs, before)
        all.set(key, it)
      }
      syncs++
      const { againAtMs } = await syncDaemonSet(key, it, hands, (node) => triggers.refusedOn(key, node))
      if (againAtMs !== undefined) queue.addAfter(key, againAtMs - clock.now())
    }

    return { workers: daemonSetLimits.workers, work, stop: () => recorder.stop() }
  })

  return {
    ...running,
    waiting: () => waiting(),
    work: () => {
      let { cells, visits } = forgotten
      for (const { gathering } of all.values()) {
        cells += gathering.evaluated
        visits += gathering.visited
      }
      return { cells, visits, placements: placements(), syncs }
    },
  }
}
