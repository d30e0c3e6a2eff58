// Which pods nobody will ever finish: those of a node that is gone, and those that were deleted before they got one.
// Upstream: pkg/controller/podgc/gc_controller.go, gcOrphaned and gcUnscheduledTerminating.

import type { Condition, Pod } from '../api/types.ts'

export type NodePresence = 'present' | 'gone'

export interface PodRemoval {
  readonly pod: Pod
  /** Set on the pod before it goes; undefined where the pod is terminal already. */
  readonly phase: 'Failed' | undefined
  readonly condition: Pick<Condition, 'type' | 'status' | 'reason' | 'message'> | undefined
  readonly because: string
}

/** What to do about one pod; `node` is that of its spec.nodeName. Removals are forced: nobody is there to be graceful. */
export function collectPod(pod: Pod, node: NodePresence): PodRemoval | undefined {
  const { phase } = pod.status ?? {}
  const failed = phase === 'Succeeded' || phase === 'Failed' ? undefined : 'Failed'
  const isBound = pod.spec.nodeName !== undefined && pod.spec.nodeName !== ''
  if (isBound) {
    if (node === 'present') return undefined
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByPodGC',
      message: 'PodGC: node no longer exists',
    }
    return { pod, phase: failed, condition, because: `node ${pod.spec.nodeName} no longer exists` }
  }
  if (pod.metadata.deletionTimestamp === undefined) return undefined
  return { pod, phase: failed, condition: undefined, because: 'terminating, and never bound to a node' }
}
