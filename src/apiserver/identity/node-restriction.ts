// What a node may put into the objects it may write: its own Node and Lease under its own name, no labels and owners
// by which it could draw other pods to itself or have itself collected. Called with the object as it would be stored.
// Upstream: plugin/pkg/admission/noderestriction/admission.go.

import { type ApiError, forbiddenError } from '../../api/status.ts'
import type { ApiObject, Node } from '../../api/types.ts'
import type { User } from '../../api/wire.ts'
import { jsonEqual } from '../../base/json.ts'
import type { ResourceAttributes } from './authorize.ts'
import { leaseNamespace, nodeNameOf } from './node-rules.ts'

export interface NodeWrite {
  readonly user: User
  readonly attributes: Pick<ResourceAttributes, 'group' | 'plural' | 'subresource' | 'verb'>
  readonly object: ApiObject
  /** Before the write; undefined for a create. */
  readonly old: ApiObject | undefined
}

/** Undefined when the write may go on; anybody who is no node may. */
export function nodeRestriction(write: NodeWrite): ApiError | undefined {
  const nodeName = nodeNameOf(write.user)
  if (nodeName === undefined) return undefined
  const why = whyNot(nodeName, write)
  return why === undefined ? undefined : forbiddenError(write.attributes, write.object.metadata.name ?? '', why)
}

function whyNot(nodeName: string, write: NodeWrite): string | undefined {
  switch (`${write.attributes.group}/${write.attributes.plural}`) {
    case '/pods':
      return whyNotPod(nodeName, write)
    case '/nodes':
      return whyNotNode(nodeName, write.object, write.old)
    case 'coordination.k8s.io/leases':
      return whyNotLease(nodeName, write.object)
    default:
      return undefined
  }
}

/** A node may write nothing of a pod but its status, and through it no labels: selectors of others listen to them. */
function whyNotPod(nodeName: string, { object, old }: NodeWrite): string | undefined {
  if (old === undefined || jsonEqual(object.metadata.labels ?? {}, old.metadata.labels ?? {})) return undefined
  return `node "${nodeName}" cannot update labels through pod status`
}

function whyNotNode(nodeName: string, node: Node, old: Node | undefined): string | undefined {
  const { name, labels = {}, ownerReferences = [] } = node.metadata
  if (name !== nodeName) return `node "${nodeName}" is not allowed to modify node "${name ?? ''}"`
  // CVE-2025-5187: a node that owns itself to somebody can have itself deleted, and come back without its taints.
  if (!jsonEqual(ownerReferences, old?.metadata.ownerReferences ?? [])) {
    return `node "${nodeName}" is not allowed to modify ownerReferences`
  }
  if (old !== undefined && !jsonEqual(node.spec?.taints ?? [], old.spec?.taints ?? [])) {
    return `node "${nodeName}" is not allowed to modify taints`
  }
  const before = old?.metadata.labels ?? {}
  const changed = [...new Set([...Object.keys(labels), ...Object.keys(before)])]
    .filter((label) => labels[label] !== before[label] && isRestricted(label))
    .sort()
  if (changed.length === 0) return undefined
  const what = old === undefined ? 'set the following labels' : 'modify labels'
  return `node "${nodeName}" is not allowed to ${what}: ${changed.join(', ')}`
}

function whyNotLease(nodeName: string, { metadata }: ApiObject): string | undefined {
  return metadata.namespace === leaseNamespace && metadata.name === nodeName
    ? undefined
    : `node "${nodeName}" can only have the lease "${leaseNamespace}/${nodeName}"`
}

/**
 * Labels that only administrators set, so that workloads can be kept away from a node that lies about itself: all of
 * Kubernetes' own, but for those by which a node says what it is.
 */
function isRestricted(label: string): boolean {
  const slash = label.indexOf('/')
  const prefix = slash < 0 ? '' : label.slice(0, slash)
  const isIn = (domain: string) => prefix === domain || prefix.endsWith(`.${domain}`)
  if (isIn('node-restriction.kubernetes.io') || label === playedLabel) return true
  if (!isIn('kubernetes.io') && !isIn('k8s.io')) return false
  return !ownLabels.has(label) && !isIn('kubelet.kubernetes.io') && !isIn('node.kubernetes.io')
}

/** Asks this server to run a node's pods itself (agent/runtime-label.ts): no node asks for that. */
const playedLabel = 'everynode.dev/runtime'

/** Upstream: kubelet/pkg/apis/well_known_labels.go. */
const ownLabels: ReadonlySet<string> = new Set([
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
])
