// Nodes (W8.12). A simulated node says so under Container-Runtime: its kubelet reports it in nodeInfo.

import { conditionOf } from '../../api/pods.ts'
import type { Node } from '../../api/types.ts'
import { ageColumn, column, firstOf, nameColumn, none, type Printer, unknown, wide } from './column.ts'

export const nodePrinter: Printer<Node> = {
  columns: [
    nameColumn,
    column('Status', 'Whether the node is ready, and whether it takes new pods.', (node) => statusText(node)),
    column('Roles', 'The roles that the labels of the node give it.', (node) => rolesOf(node).join(',') || none),
    ageColumn,
    column('Version', 'The version of the kubelet on the node.', (node) => info(node, 'kubeletVersion')),
    wide(column('Internal-IP', 'Where the node is reached inside the cluster.', (node) => address(node, 'InternalIP'))),
    wide(column('External-IP', 'Where the node is reached from outside.', (node) => address(node, 'ExternalIP'))),
    wide(column('OS-Image', 'The operating system of the node.', (node) => info(node, 'osImage') || unknown)),
    wide(column('Kernel-Version', 'The kernel of the node.', (node) => info(node, 'kernelVersion') || unknown)),
    wide(
      column('Container-Runtime', 'What runs the containers of the node, and its version.', (node) => {
        return info(node, 'containerRuntimeVersion') || unknown
      }),
    ),
  ],
}

function statusText(node: Node): string {
  const ready = conditionOf(node.status, 'Ready')
  const status = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return node.spec?.unschedulable === true ? `${status},SchedulingDisabled` : status
}

const rolePrefix = 'node-role.kubernetes.io/'

function rolesOf(node: Node): string[] {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(rolePrefix) && key !== rolePrefix) roles.add(key.slice(rolePrefix.length))
    if (key === 'kubernetes.io/role' && value !== '') roles.add(value)
  }
  return [...roles].sort()
}

function address(node: Node, type: string): string {
  return firstOf(node.status?.addresses?.find((one) => one.type === type)?.address, none)
}

function info(node: Node, field: string): string {
  return node.status?.nodeInfo?.[field] ?? ''
}
