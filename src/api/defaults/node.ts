// Defaults of a node (W14.4). Upstream: pkg/apis/core/v1/defaults.go, SetDefaults_NodeStatus; the empty texts are
// fields that upstream's types cannot leave out.

import type { ApiObject, Node } from '../types.ts'
import { canonicalAmounts } from './amounts.ts'

const nodeInfo = [
  'machineID',
  'systemUUID',
  'bootID',
  'kernelVersion',
  'osImage',
  'containerRuntimeVersion',
  'kubeletVersion',
  'kubeProxyVersion',
  'operatingSystem',
  'architecture',
]

export function defaultNode(object: ApiObject): void {
  const node = object as Node
  node.spec ??= {}
  const status = node.status ?? {}
  node.status = status
  if (status.allocatable === undefined && status.capacity !== undefined) status.allocatable = { ...status.capacity }
  canonicalAmounts(status.capacity)
  canonicalAmounts(status.allocatable)
  status.daemonEndpoints ??= {}
  status.daemonEndpoints.kubeletEndpoint ??= { Port: 0 }
  status.nodeInfo = { ...Object.fromEntries(nodeInfo.map((name) => [name, ''])), ...status.nodeInfo }
}
