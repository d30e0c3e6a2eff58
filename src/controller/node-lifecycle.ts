// Watches over the nodes' signs of life and carries out what reconcile/node-lifecycle.ts makes of a silence: conditions
// Unknown, taints, pods not ready, and pods evicted when they no longer tolerate it.
// Upstream: pkg/controller/nodelifecycle and pkg/controller/tainteviction.

import { conditionOf } from '../api/pods.ts'
import { leases, nodes, pods } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import { formatTime } from '../api/time.ts'
import type { Lease, Node, Pod, Taint } from '../api/types.ts'
import type { Running } from '../base/running.ts'
import { keyOf } from '../client/cache.ts'
import { createEventRecorder } from '../client/event-recorder.ts'
import { type NodeLifecycleAction, nodeLifecycle, nodeLifecycleDefaults } from '../reconcile/node-lifecycle.ts'
import { type ControllerOptions, startController } from './controller.ts'
import { podsByNode, podsOn } from './pods-by-node.ts'

export interface NodeLifecycleOptions extends ControllerOptions {
  /** Silence after which a node counts as unreachable; default: nodeLifecycleDefaults. */
  readonly graceMs?: number | undefined
  readonly startupGraceMs?: number | undefined
}

const leaseNamespace = 'kube-node-lease'
const workers = 8
const conflictMs = 50

export function startNodeLifecycle(options: NodeLifecycleOptions): Running {
  const { client, clock } = options
  const { graceMs = nodeLifecycleDefaults.graceMs, startupGraceMs = nodeLifecycleDefaults.startupGraceMs } = options
  return startController('node-lifecycle', options, ({ queue, log, follow }) => {
    const recorder = createEventRecorder({ client, clock, log, component: 'node-controller' })
    /** By our own clock: a sign of life counts when it arrives, whatever time the node writes into it, or ours jumps to. */
    const heardAtMs = new Map<string, number>()
    const taintsSeen = new Map<string, Map<string, number>>()

    const knownNodes = follow<Node>(nodes, ({ type, object, previous }) => {
      const { name = '' } = object.metadata
      if (type === 'deleted') {
        heardAtMs.delete(name)
        taintsSeen.delete(name)
        return
      }
      if (type === 'added' || heartbeatOf(object) !== heartbeatOf(previous)) heardAtMs.set(name, clock.monotonic())
      queue.add(name)
    })
    follow<Lease>(leases, ({ type, object, previous }) => {
      const { namespace, name = '' } = object.metadata
      if (namespace !== leaseNamespace || type === 'deleted' || !heardAtMs.has(name)) return
      // No work: when the silence would have been too long, the node is looked at again anyway.
      if (object.spec?.renewTime !== previous?.spec?.renewTime) heardAtMs.set(name, clock.monotonic())
    })
    const knownPods = follow<Pod>(
      pods,
      ({ type, object, previous }) => {
        const { nodeName = '' } = object.spec
        if (type === 'deleted' || nodeName === '') return
        const isNew = previous?.spec.nodeName !== nodeName || becameReady(object, previous)
        if (isNew && needsCare(knownNodes.get(nodeName))) queue.add(nodeName)
      },
      podsByNode,
    )

    async function work(name: string): Promise<void> {
      const node = knownNodes.get(name)
      const heard = heardAtMs.get(name)
      if (node === undefined || heard === undefined) return
      forgetTaints(name, node.spec?.taints ?? [])
      const actions = nodeLifecycle({
        node,
        pods: needsCare(node) || clock.monotonic() - heard > graceMs ? podsOn(name, knownPods) : [],
        heardAtMs: onTheWall(heard),
        nowMs: clock.now(),
        graceMs,
        startupGraceMs,
        taintSeenMs: (taint) => onTheWall(taintSeen(name, taint)),
      })
      let current = node
      for (const action of actions) {
        if (action.do !== 'look again') log.info(action.do, { node: name, ...podOf(action), because: action.because })
        try {
          current = await carryOut(current, action)
        } catch (error) {
          // A conflict about a pod (another of its name by now) is for the loop to wait out.
          if (reasonOf(error) === 'Conflict' && !('pod' in action)) return lookAgain(name)
          if (reasonOf(error) !== 'NotFound') throw error
        }
      }
    }

    function onTheWall(monotonicMs: number): number {
      return clock.now() - (clock.monotonic() - monotonicMs)
    }

    /** Somebody else wrote the node in between. What they wrote may reach the cache late, so it is read. */
    async function lookAgain(name: string): Promise<void> {
      try {
        knownNodes.wrote(await client.get<Node>(nodes, { name }))
        // Not at once: who fights over a node with another must let the rest of the process live.
        queue.addAfter(name, conflictMs)
      } catch (error) {
        if (reasonOf(error) !== 'NotFound') throw error
      }
    }

    /** A taint that was taken away and is put there again starts its tolerations' time anew. */
    function forgetTaints(node: string, taints: readonly Taint[]): void {
      const present = new Set(taints.map(nameOfTaint))
      for (const taint of taintsSeen.get(node)?.keys() ?? []) {
        if (!present.has(taint)) taintsSeen.get(node)?.delete(taint)
      }
    }

    function taintSeen(node: string, named: Taint): number {
      const seen = taintsSeen.get(node) ?? new Map<string, number>()
      taintsSeen.set(node, seen)
      const taint = nameOfTaint(named)
      const atMs = seen.get(taint) ?? clock.monotonic()
      seen.set(taint, atMs)
      return atMs
    }

    /** Returns the node as it is afterwards: its version is the precondition of the next action. */
    async function carryOut(node: Node, action: NodeLifecycleAction): Promise<Node> {
      const { name = '', resourceVersion } = node.metadata
      switch (action.do) {
        case 'set conditions': {
          // A merge would put the changed ones first: they keep the order in which kubectl describe shows them (X10).
          const types = new Set([...(node.status?.conditions ?? []), ...action.conditions].map(({ type }) => type))
          const conditions = [...types].flatMap((type) => action.conditions.filter((one) => one.type === type))
          const order = [...types].map((type) => ({ type }))
          const body = { metadata: { resourceVersion }, status: { '$setElementOrder/conditions': order, conditions } }
          const updated = await client.patch<Node>(nodes, { name, subresource: 'status' }, { type: 'strategic', body })
          recorder.event(eventful(node), 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`)
          return updated
        }
        case 'set taints': {
          const taints = action.taints.length === 0 ? null : action.taints
          const body = { metadata: { resourceVersion }, spec: { taints } }
          return client.patch<Node>(nodes, { name }, { type: 'merge', body })
        }
        case 'mark not ready': {
          const lastTransitionTime = formatTime(clock.now())
          await patchCondition(action.pod, { type: 'Ready', status: 'False', lastTransitionTime })
          recorder.event(named(action.pod), 'Warning', 'NodeNotReady', 'Node is not ready')
          return node
        }
        case 'evict':
          await evict(action.pod)
          return node
        case 'look again':
          queue.addAfter(name, action.inMs)
          return node
        default:
          return action satisfies never
      }
    }

    async function evict(pod: Pod): Promise<void> {
      const { namespace, name = '', uid = '' } = pod.metadata
      recorder.event(named(pod), 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${keyOf(pod)}`)
      await patchCondition(pod, {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
        lastTransitionTime: formatTime(clock.now()),
      })
      await client.delete(pods, { namespace, name }, { preconditions: { uid } })
    }

    function patchCondition({ metadata }: Pod, condition: object): Promise<Pod> {
      const at = { namespace: metadata.namespace, name: metadata.name ?? '', subresource: 'status' }
      const body = { metadata: { uid: metadata.uid }, status: { conditions: [condition] } }
      return client.patch<Pod>(pods, at, { type: 'strategic', body })
    }

    return { workers, work, stop: () => recorder.stop() }
  })
}

function nameOfTaint({ key, effect }: Taint): string {
  return `${key}:${effect}`
}

/** Changes with every status a node sends, even where it says the same. */
function heartbeatOf(node: Node | undefined): string | null | undefined {
  return conditionOf(node?.status, 'Ready')?.lastHeartbeatTime
}

/** Only the pods of such a node have to be looked at. */
function needsCare(node: Node | undefined): boolean {
  if (node === undefined) return false
  const ready = conditionOf(node.status, 'Ready')
  const isSick = ready !== undefined && ready.status !== 'True'
  return isSick || node.spec?.taints?.some(({ effect }) => effect === 'NoExecute') === true
}

function becameReady(pod: Pod, previous: Pod | undefined): boolean {
  const isReady = (one: Pod | undefined) => conditionOf(one?.status, 'Ready')?.status === 'True'
  return isReady(pod) && !isReady(previous)
}

function podOf(action: NodeLifecycleAction): { readonly pod?: string } {
  return 'pod' in action ? { pod: keyOf(action.pod) } : {}
}

/** A kept pod does not say what kind it is of (kept.ts). */
function named({ metadata }: Pod): Pick<Pod, 'apiVersion' | 'kind' | 'metadata'> {
  return { apiVersion: 'v1', kind: 'Pod', metadata }
}

/** Upstream's events of a node have its name for a uid: kubectl describe node asks for both. */
function eventful({ metadata: { name = '' } }: Node): Node {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name } }
}
