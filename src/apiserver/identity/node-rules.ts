// What a node's own credentials may do: read and write itself, its lease and the pods bound to it, and nothing of any
// other node. Upstream: plugin/pkg/auth/authorizer/node/node_authorizer.go. What a body may contain is
// node-restriction.ts.

import type { User } from '../../api/wire.ts'
import type { AuthorizationFacts, Decision, RequestAttributes, ResourceAttributes, UsedObject } from './authorize.ts'
import { groups } from './groups.ts'

export const nodeUserPrefix = 'system:node:'
export const leaseNamespace = 'kube-node-lease'

/** The node a user is: named `system:node:NAME` and in the group of nodes. Either alone is no node. */
export function nodeNameOf(user: User): string | undefined {
  if (!user.groups.includes(groups.nodes) || !user.name.startsWith(nodeUserPrefix)) return undefined
  const name = user.name.slice(nodeUserPrefix.length)
  return name === '' ? undefined : name
}

interface NodeRule {
  /** `group/plural`, with `/subresource`. */
  readonly on: string
  readonly verbs: readonly string[]
  /** Which of them: undefined when it may, else why not. */
  readonly only?: (nodeName: string, attributes: ResourceAttributes, facts: AuthorizationFacts) => string | undefined
}

/** The first row whose resource and verb match decides. */
const rules: readonly NodeRule[] = [
  // The name of a new Node or Lease stands in the body: node-restriction.ts compares it.
  { on: '/nodes', verbs: ['create'] },
  { on: '/nodes', verbs: ['get', 'update', 'patch'], only: ownName },
  { on: '/nodes', verbs: ['list', 'watch'], only: selectsOwnName },
  { on: '/nodes/status', verbs: ['get', 'update', 'patch'], only: ownName },
  { on: 'coordination.k8s.io/leases', verbs: ['create'], only: leaseHome },
  { on: 'coordination.k8s.io/leases', verbs: ['get', 'update', 'patch', 'delete'], only: ownLease },
  { on: '/pods', verbs: ['list', 'watch'], only: selectsOwnPods },
  { on: '/pods', verbs: ['get', 'delete'], only: ownPod },
  { on: '/pods/status', verbs: ['get', 'update', 'patch'], only: ownPod },
  { on: '/pods/eviction', verbs: ['create'], only: ownPod },
  // An event is told, then counted up. Upstream lets a node touch any event as well.
  { on: '/events', verbs: ['create', 'update', 'patch'] },
  { on: 'events.k8s.io/events', verbs: ['create', 'update', 'patch'] },
  { on: '/services', verbs: ['get', 'list', 'watch'] },
  { on: 'node.k8s.io/runtimeclasses', verbs: ['get', 'list', 'watch'] },
  { on: '/secrets', verbs: ['get', 'list', 'watch'], only: usedBy('secrets') },
  { on: '/configmaps', verbs: ['get', 'list', 'watch'], only: usedBy('configmaps') },
  { on: '/serviceaccounts', verbs: ['get'], only: usedBy('serviceaccounts') },
  // Which pod the token must be bound to is node-tokens.ts.
  { on: '/serviceaccounts/token', verbs: ['create'], only: usedBy('serviceaccounts') },
  // The agent's own API asks who somebody is, and what he may do.
  { on: 'authentication.k8s.io/tokenreviews', verbs: ['create'] },
  { on: 'authorization.k8s.io/subjectaccessreviews', verbs: ['create'] },
  { on: 'authorization.k8s.io/localsubjectaccessreviews', verbs: ['create'] },
  // Certificates are renewed by those who have one: what is signed is certificate-requests.ts.
  { on: 'certificates.k8s.io/certificatesigningrequests', verbs: ['create', 'get', 'list', 'watch'] },
]

export function nodeRules(nodeName: string, attributes: RequestAttributes, facts: AuthorizationFacts): Decision {
  if (attributes.kind === 'path') return { allowed: false, reason: '' }
  const { group, plural, subresource, verb } = attributes
  const on = `${group}/${plural}${subresource === undefined ? '' : `/${subresource}`}`
  const rule = rules.find((row) => row.on === on && row.verbs.includes(verb))
  if (rule === undefined) return { allowed: false, reason: '' }
  const reason = rule.only?.(nodeName, attributes, facts)
  return reason === undefined ? { allowed: true } : { allowed: false, reason }
}

function ownName(nodeName: string, { name, verb }: ResourceAttributes): string | undefined {
  return name === nodeName ? undefined : `node "${nodeName}" cannot ${verb} other nodes`
}

function selectsOwnName(nodeName: string, attributes: ResourceAttributes): string | undefined {
  return selects(attributes, 'metadata.name', nodeName)
    ? undefined
    : `node "${nodeName}" can only ${attributes.verb} nodes with the field selector metadata.name=${nodeName}`
}

function leaseHome(nodeName: string, { namespace }: ResourceAttributes): string | undefined {
  return namespace === leaseNamespace
    ? undefined
    : `node "${nodeName}" can only have a lease in the namespace "${leaseNamespace}"`
}

function ownLease(nodeName: string, { namespace, name }: ResourceAttributes): string | undefined {
  return namespace === leaseNamespace && name === nodeName
    ? undefined
    : `node "${nodeName}" can only access the lease "${leaseNamespace}/${nodeName}"`
}

function selectsOwnPods(nodeName: string, attributes: ResourceAttributes): string | undefined {
  return selects(attributes, 'spec.nodeName', nodeName)
    ? undefined
    : `node "${nodeName}" can only ${attributes.verb} pods with the field selector spec.nodeName=${nodeName}`
}

function ownPod(
  nodeName: string,
  { namespace, name }: ResourceAttributes,
  facts: AuthorizationFacts,
): string | undefined {
  const bound = namespace !== undefined && name !== undefined && facts.nodeOfPod(namespace, name) === nodeName
  // One answer for "not yours" and "not there": a node learns nothing of other nodes' pods.
  return bound ? undefined : unrelated(nodeName)
}

const rootAuthority = 'kube-root-ca.crt'

/** Only by its name: a list of all of them, or a watch, would show others. */
function usedBy(plural: UsedObject['plural']): NonNullable<NodeRule['only']> {
  return (nodeName, { namespace, name }, facts) => {
    if (namespace === undefined || name === undefined) return 'can only read namespaced object of this type'
    // No secret: who signed this server. Agents mount it into their pods, whose objects do not name it.
    if (plural === 'configmaps' && name === rootAuthority) return undefined
    return facts.isUsedOnNode(nodeName, { plural, namespace, name }) ? undefined : unrelated(nodeName)
  }
}

function unrelated(nodeName: string): string {
  return `no relationship found between node '${nodeName}' and this object`
}

/**
 * True when one of the selector's requirements is exactly this: as all must hold, nothing else can be selected. With an
 * escape in it, what looks like a requirement may be part of a value: such a selector proves nothing.
 */
function selects({ fieldSelector = '' }: ResourceAttributes, path: string, value: string): boolean {
  if (fieldSelector.includes('\\')) return false
  return fieldSelector.split(',').some((term) => term === `${path}=${value}` || term === `${path}==${value}`)
}
