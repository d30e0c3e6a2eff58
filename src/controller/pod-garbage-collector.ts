// Removes pods that no kubelet will ever finish: their node is gone, or they never had one.
// Upstream: pkg/controller/podgc. It looks every 20 s and waits 40 s for a missing node to come back; we look when a
// node or a pod changes and wait for `quarantineMs`, because in both cases the server itself is asked before acting.

import { nodes, pods } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import { formatTime } from '../api/time.ts'
import type { Node, Pod } from '../api/types.ts'
import type { Running } from '../base/running.ts'
import { keyOf } from '../client/cache.ts'
import { collectPod, type NodePresence, type PodRemoval } from '../reconcile/pod-garbage-collection.ts'
import { type ControllerOptions, startController } from './controller.ts'
import { podsByNode, podsOn } from './pods-by-node.ts'

export interface PodGarbageCollectorOptions extends ControllerOptions {
  /** How long a node must be missing. Default 200 ms. */
  readonly quarantineMs?: number
}

const workers = 10

export function startPodGarbageCollector(options: PodGarbageCollectorOptions): Running {
  const { client, clock, quarantineMs = 200 } = options
  return startController('pod-garbage-collector', options, ({ queue, log, follow }) => {
    const knownNodes = follow<Node>(nodes, ({ type, object }) => {
      if (type === 'deleted') queue.addAfter(nodeKey(object.metadata.name!), quarantineMs)
    })
    const knownPods = follow<Pod>(
      pods,
      ({ type, object }) => {
        if (type === 'deleted') return
        const { nodeName = '' } = object.spec
        if (nodeName !== '' && knownNodes.get(nodeName) === undefined) queue.addAfter(nodeKey(nodeName), quarantineMs)
        else if (nodeName === '' && object.metadata.deletionTimestamp !== undefined) queue.add(podKey(object))
      },
      podsByNode,
    )

    async function work(key: string): Promise<void> {
      const [kind, name] = [key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)]
      if (kind === 'pod') {
        const pod = knownPods.get(name)
        if (pod !== undefined) await remove(collectPod(pod, 'present'))
        return
      }
      const left = podsOn(name, knownPods)
      if (left.length === 0 || knownNodes.get(name) !== undefined) return
      const node = await livePresenceOf(name)
      for (const pod of left) await remove(collectPod(pod, node))
    }

    async function livePresenceOf(name: string): Promise<NodePresence> {
      try {
        await client.get(nodes, { name })
        return 'present'
      } catch (error) {
        if (reasonOf(error) === 'NotFound') return 'gone'
        throw error
      }
    }

    async function remove(removal: PodRemoval | undefined): Promise<void> {
      if (removal === undefined) return
      const { metadata } = removal.pod
      const at = { namespace: metadata.namespace, name: metadata.name! }
      log.info('delete pod', { pod: keyOf(removal.pod), because: removal.because })
      try {
        if (removal.phase !== undefined) {
          const now = formatTime(clock.now())
          const conditions = removal.condition === undefined ? [] : [{ ...removal.condition, lastTransitionTime: now }]
          const body = { metadata: { uid: metadata.uid }, status: { phase: removal.phase, conditions } }
          await client.patch(pods, { ...at, subresource: 'status' }, { type: 'strategic', body })
        }
        await client.delete(pods, at, { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid! } })
      } catch (error) {
        // Gone already, or another pod by now: both are what was wanted.
        if (reasonOf(error) !== 'NotFound' && reasonOf(error) !== 'Conflict') throw error
      }
    }

    return { workers, work }
  })
}

function nodeKey(name: string): string {
  return `node ${name}`
}

function podKey(pod: Pod): string {
  return `pod ${keyOf(pod)}`
}
