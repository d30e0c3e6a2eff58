// Nodes of the cluster's own process come and go: a Node object with the label that makes it start an agent for it.

import { runtimeLabel, simulatedRuntime } from '../../agent/runtime-label.ts'
import { nodes } from '../../api/resources.ts'
import type { Node } from '../../api/types.ts'
import { inParallel } from '../../base/in-parallel.ts'
import { CommandError } from '../command-error.ts'
import { type ConnectFlags, withClient } from '../connect.ts'
import {
  addSimulatedNodes,
  freeNodeNames,
  listNodes,
  nodesAtATime,
  type PlayedRuntime,
} from '../host/simulated-nodes.ts'

export interface NodeFlags extends ConnectFlags {
  readonly count?: number
  readonly label?: readonly string[]
  readonly runtime?: PlayedRuntime
}

export async function addNodes(given: readonly string[], flags: NodeFlags): Promise<void> {
  const names = [...new Set(given)]
  if (names.length > 0 && flags.count !== undefined) throw new CommandError('give names or --count, not both')
  const labels = labelsOf(flags.label ?? [])
  await withClient(flags, async ({ client }) => {
    const taken = new Set((await listNodes(client)).map(({ metadata }) => metadata.name ?? ''))
    const already = names.filter((name) => taken.has(name))
    if (already.length > 0) throw new CommandError(`nodes "${already.join('", "')}" already exist`)
    const wanted = names.length > 0 ? names : freeNodeNames(taken, flags.count ?? 1)
    const added = new Set(
      await addSimulatedNodes(client, wanted, { labels, runtime: flags.runtime ?? simulatedRuntime }),
    )
    for (const name of wanted.filter((name) => added.has(name))) process.stdout.write(`node/${name} created\n`)
  })
}

export async function removeNodes(given: readonly string[], flags: NodeFlags): Promise<void> {
  const names = [...new Set(given)]
  if (names.length > 0 === (flags.count !== undefined)) {
    throw new CommandError('which nodes? Give names, or --count for any so many')
  }
  await withClient(flags, async ({ client }) => {
    const all = await listNodes(client)
    const doomed = names.length > 0 ? named(all, names) : lastOf(all.filter(isPlayed), flags.count ?? 0)
    await inParallel(doomed, nodesAtATime, async (name) => {
      await client.delete(nodes, { name })
    })
    for (const name of doomed) process.stdout.write(`node "${name}" deleted\n`)
  })
}

function named(all: readonly Node[], names: readonly string[]): readonly string[] {
  for (const name of names) {
    const node = all.find(({ metadata }) => metadata.name === name)
    if (node === undefined) throw new CommandError(`nodes "${name}" not found`)
    if (!isPlayed(node)) {
      throw new CommandError(
        `node "${name}" has an agent of its own: stop that, then \`everynode delete node ${name}\``,
      )
    }
  }
  return names
}

/** `node-10` after `node-9`: those that came last go first. */
function lastOf(simulatedNodes: readonly Node[], count: number): string[] {
  const names = simulatedNodes.map(({ metadata }) => metadata.name ?? '')
  const order = new Intl.Collator('en', { numeric: true })
  if (count > names.length) throw new CommandError(`simulated nodes: asked for ${count}, there are ${names.length}`)
  return names.sort((a, b) => order.compare(b, a)).slice(0, count)
}

/** An agent of the cluster's own process plays it. */
function isPlayed({ metadata }: Node): boolean {
  return metadata.labels?.[runtimeLabel] !== undefined
}

function labelsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new CommandError(`--label ${pair}: KEY=VALUE is needed`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
