// What the scenarios about joining nodes have in common: a node that joins, and a DaemonSet for the nodes of a label.

import { nodes } from '../src/api/resources.ts'
import type { DaemonSet, Node } from '../src/api/types.ts'
import { type DaemonSetCluster, daemonSet } from '../test/daemonset-cluster.ts'

/** Writes the node, and says when that was answered, by the clock of `workMs`. */
export async function joined(cluster: DaemonSetCluster, name: string): Promise<number> {
  await cluster.admin.create<Node>(nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { joiner: 'yes' } },
    spec: {},
    status: { allocatable: { cpu: '64', memory: '64Gi', pods: '110' } },
  })
  // It is born with a taint that its kubelet would take away.
  await cluster.admin.patch(nodes, { name }, { type: 'merge', body: { spec: { taints: null } } })
  return workMs()
}

/**
 * The clock of these scenarios: milliseconds of CPU that this process has used, with all its threads. Everything is one
 * process that never waits, so on a quiet machine this is the time that passes, or a little more; and what else the machine
 * does lengthens it hardly.
 */
export function workMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

export function named(name: string, nodeSelector: Record<string, string>): DaemonSet {
  const object = daemonSet()
  const template = { metadata: { labels: { app: name } }, spec: { ...object.spec.template.spec, nodeSelector } }
  const spec = { ...object.spec, selector: { matchLabels: { app: name } }, template }
  return { ...object, metadata: { ...object.metadata, name }, spec }
}
