// Several runtimes on one node, as one: a pod names its runtime by `runtimeClassName`, and who names none gets the
// node's own. Everything else of an agent knows a single runtime. Upstream: pkg/kubelet/runtimeclass, and the handlers
// of a CRI runtime.

import type { Pod } from '../api/types.ts'
import { type Runtime, RuntimeRefusal, type RuntimeSessions } from './runtime.ts'

/** What `runtimeClassName` and `--runtime` may say. */
export const runtimeNames = ['cri', 'process', 'simulated'] as const
export type RuntimeName = (typeof runtimeNames)[number]

/** `fallback` is the runtime of pods that name none, and what the node reports as its own. */
export function joinRuntimes(runtimes: ReadonlyMap<string, Runtime>, fallback: RuntimeName): Runtime {
  const own = runtimes.get(fallback)
  if (own === undefined) throw new Error(`there is no ${fallback} runtime on this node`)
  const all = [...runtimes.values()]

  function named(pod: Pod): Runtime | undefined {
    return runtimes.get(pod.spec.runtimeClassName ?? fallback)
  }

  function known(pod: Pod): Runtime {
    const runtime = named(pod)
    if (runtime !== undefined) return runtime
    const name = pod.spec.runtimeClassName
    throw new RuntimeRefusal(
      'FailedCreatePodSandBox',
      `no runtime for "${name}" is configured; this node has ${[...runtimes.keys()].join(', ')}`,
    )
  }

  function able(pod: Pod): RuntimeSessions {
    const { sessions, version } = known(pod)
    if (sessions !== undefined) return sessions
    throw new RuntimeRefusal('NotSupported', `${version} has neither exec nor attach nor port-forward`)
  }

  return {
    version: own.version,
    recover: (pod) => named(pod)?.recover(pod),
    openSandbox: (pod) => known(pod).openSandbox(pod),
    ignoredImage: (pod) => named(pod)?.ignoredImage?.(pod),
    imageID: (pod, image) => known(pod).imageID(pod, image),
    pullImage: async (pod, container) => known(pod).pullImage(pod, container),
    startContainer: async (pod, container, attempt, hear) => known(pod).startContainer(pod, container, attempt, hear),
    tellsReadiness: (pod) => named(pod)?.tellsReadiness?.(pod) === true,
    // A pod that no runtime took has nothing to be closed.
    closeSandbox: async (pod) => named(pod)?.closeSandbox(pod),
    async removeLeftovers(podUids) {
      await Promise.all(all.map((runtime) => runtime.removeLeftovers?.(podUids)))
    },
    log(podUid, containerId) {
      for (const runtime of all) if (containerId.startsWith(schemeOf(runtime))) return runtime.log(podUid, containerId)
      return undefined
    },
    sessions: {
      exec: async (place, command, streams) => able(place.pod).exec(place, command, streams),
      attach: async (place, streams) => able(place.pod).attach(place, streams),
      connect: async (pod, port, connection) => able(pod).connect(pod, port, connection),
      sandboxClosed: async (pod, gone) => able(pod).sandboxClosed(pod, gone),
    },
    async close() {
      await Promise.all(all.map((runtime) => runtime.close()))
    },
  }
}

/** `process://`: how every container id of this runtime begins. */
function schemeOf({ version }: Runtime): string {
  return version.slice(0, version.indexOf('://') + 3)
}
