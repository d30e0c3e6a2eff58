// Asking for nodes of the cluster's own process: a Node object with the label that makes the running cluster start an agent
// for it, as an autoscaler would ask a cloud for a machine. The label says what runs pods that name no runtime.
import { runtimeLabel, simulatedRuntime } from '../../agent/runtime-label.ts'
import type { RuntimeName } from '../../agent/runtimes.ts'
import { nodes } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import type { Node } from '../../api/types.ts'
import { inParallel } from '../../base/in-parallel.ts'
import type { Client } from '../../client/client.ts'

/** Requests in flight at a time. */
export const nodesAtATime = 32

/** The runtimes that every node of the cluster's own process has. */
export const playedRuntimes = ['simulated', 'process'] as const satisfies readonly RuntimeName[]
export type PlayedRuntime = (typeof playedRuntimes)[number]

export interface NewNodes {
  readonly labels?: Readonly<Record<string, string>>
  readonly runtime?: PlayedRuntime
}

/** The first `count` names of `node-1`, `node-2` … that are not taken. */
export function freeNodeNames(taken: ReadonlySet<string>, count: number): string[] {
  const names: string[] = []
  for (let number = 1; names.length < count; number++) {
    const name = `node-${number}`
    if (!taken.has(name)) names.push(name)
  }
  return names
}

/** Names of the nodes that were made; those that were there already are left as they are. */
export async function addSimulatedNodes(
  client: Client,
  names: readonly string[],
  { labels = {}, runtime = simulatedRuntime }: NewNodes = {},
): Promise<string[]> {
  const added: string[] = []
  await inParallel(names, nodesAtATime, async (name) => {
    const node: Node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { ...labels, [runtimeLabel]: runtime } },
    }
    try {
      await client.create(nodes, node)
      added.push(name)
    } catch (error) {
      if (reasonOf(error) !== 'AlreadyExists') throw error
    }
  })
  return added
}

/** The nodes there are, by name. */
export async function listNodes(client: Client): Promise<Node[]> {
  return (await client.list<Node>(nodes)).items
}
