// A runtime that begins with the first pod that wants it: of a thousand nodes of one process, those whose pods are played
// pay nothing for what really runs somewhere else.

import { type Runtime, RuntimeRefusal, type RuntimeSessions } from './runtime.ts'

export interface LazyRuntimeOptions {
  /** What the runtime will report; known before. */
  readonly version: string
  /** Whether an earlier agent has left something: then it begins at once. */
  readonly isInUse: boolean
  readonly create: () => Runtime
}

export function lazyRuntime({ version, isInUse, create }: LazyRuntimeOptions): Runtime {
  let made = isInUse ? create() : undefined
  const begun = (): Runtime => {
    made ??= create()
    return made
  }
  const sessions = (): RuntimeSessions => {
    if (made?.sessions !== undefined) return made.sessions
    throw new RuntimeRefusal('NotSupported', `${version} has neither exec nor attach nor port-forward`)
  }
  return {
    version,
    recover: (pod) => made?.recover(pod),
    openSandbox: (pod) => begun().openSandbox(pod),
    imageID: (pod, image) => begun().imageID(pod, image),
    pullImage: (pod, container) => begun().pullImage(pod, container),
    startContainer: (pod, container, attempt, hear) => begun().startContainer(pod, container, attempt, hear),
    closeSandbox: async (pod) => made?.closeSandbox(pod),
    removeLeftovers: async (podUids) => made?.removeLeftovers?.(podUids),
    log: (podUid, containerId) => made?.log(podUid, containerId),
    sessions: {
      exec: async (place, command, streams) => sessions().exec(place, command, streams),
      attach: async (place, streams) => sessions().attach(place, streams),
      connect: async (pod, port, connection) => sessions().connect(pod, port, connection),
      sandboxClosed: async (pod, gone) => sessions().sandboxClosed(pod, gone),
    },
    close: async () => made?.close(),
  }
}
