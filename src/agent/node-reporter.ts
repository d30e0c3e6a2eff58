// Keeps the Node object of an agent: makes it where there is none, fills in what is there already, and tells its status
// again when something has changed or a heartbeat is due. Upstream: pkg/kubelet/kubelet_node_status.go.

import { nodes } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import type { Node } from '../api/types.ts'
import type { Clock } from '../base/clock.ts'
import type { Client } from '../client/client.ts'
import { type NodeFacts, newNode, nodePatch } from './node-status.ts'

export interface NodeReporterOptions {
  readonly client: Client
  readonly clock: Clock
  readonly nodeName: string
  /** What the machine is like; a simulated one may be told so by its Node. */
  readonly facts: (node: Node | undefined) => NodeFacts
  /** The Node was made by whoever asked for this agent: where it is gone, so is the agent's task. Default: no. */
  readonly nodeComesFirst?: boolean | undefined
}

export class NodeReporter {
  readonly #options: NodeReporterOptions
  #node: Node | undefined
  #known: { readonly of: Node | undefined; readonly facts: NodeFacts } | undefined

  constructor(options: NodeReporterOptions) {
    this.#options = options
  }

  /** As last heard of or written; undefined before `register`. */
  get node(): Node | undefined {
    return this.#node
  }

  /** Asked for with every status of a pod, so they are made once for each Node that is heard of. */
  get facts(): NodeFacts {
    if (this.#known === undefined || this.#known.of !== this.#node) {
      this.#known = { of: this.#node, facts: this.#options.facts(this.#node) }
    }
    return this.#known.facts
  }

  /** Rejects where the server does not answer or refuses: to be tried again. */
  async register(): Promise<Node> {
    const { client, clock, nodeName, facts, nodeComesFirst = false } = this.#options
    this.#node = nodeComesFirst ? await client.get<Node>(nodes, { name: nodeName }) : await this.#get()
    if (this.#node === undefined) {
      try {
        this.#node = await client.create<Node>(nodes, newNode(nodeName, facts(undefined), clock.now()))
      } catch (error) {
        if (reasonOf(error) !== 'AlreadyExists') throw error
        this.#node = await client.get<Node>(nodes, { name: nodeName })
      }
    }
    // A Node that was made for us (`everynode node add`), or one we had before the last start.
    return this.report(false)
  }

  /** Tells the status if it differs from what the API has, or in any case as a heartbeat. */
  async report(heartbeat: boolean): Promise<Node> {
    const { client, clock, nodeName, facts } = this.#options
    const node = this.#node ?? (await client.get<Node>(nodes, { name: nodeName }))
    const body = nodePatch(node, facts(node), clock.now(), heartbeat)
    if (body !== undefined)
      this.hear(await client.patch<Node>(nodes, { name: nodeName, subresource: 'status' }, patch(body)))
    return this.#node ?? node
  }

  /** What somebody else knows of the Node. False where we had it already, or something newer. */
  hear(node: Node): boolean {
    const known = Number(this.#node?.metadata.resourceVersion ?? 0)
    if (Number(node.metadata.resourceVersion) < known) return false
    // The same again is kept, too: whoever tells us has it anyway, so it need not be there twice.
    this.#node = node
    return Number(node.metadata.resourceVersion) > known
  }

  async #get(): Promise<Node | undefined> {
    const { client, nodeName } = this.#options
    try {
      return await client.get<Node>(nodes, { name: nodeName })
    } catch (error) {
      if (reasonOf(error) === 'NotFound') return undefined
      throw error
    }
  }
}

function patch(body: object) {
  return { type: 'strategic', body } as const
}
