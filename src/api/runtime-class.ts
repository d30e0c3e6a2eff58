// RuntimeClass, node.k8s.io/v1: a name for a way of running pods, which a node's agent knows as a handler.

import type { ApiObject, Toleration } from './types.ts'

export interface RuntimeClass extends ApiObject {
  /** The word by which the agent of a node knows it: of `runtimeNames`, where the agent is ours. */
  handler: string
  /** What the runtime itself takes for each pod, beside what the containers ask for. */
  overhead?: { podFixed?: Record<string, string> }
  /** Which nodes have it. */
  scheduling?: { nodeSelector?: Record<string, string>; tolerations?: Toleration[] }
}
