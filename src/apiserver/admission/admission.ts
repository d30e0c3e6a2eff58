// What is decided about a write between the client's wish and the kind's own strategy: which namespaces take new
// objects, and what every pod and node is given. Upstream: plugin/pkg/admission and the order of
// pkg/kubeapiserver/options/plugins.go.

import { certificateSigningRequests, namespaces, type Resource } from '../../api/resources.ts'
import { forbiddenError, notFoundError } from '../../api/status.ts'
import type { ApiObject, Node, Pod } from '../../api/types.ts'
import { factsOf } from '../facts.ts'
import { certificateGrant } from '../identity/certificate-grants.ts'
import { escalation } from '../identity/escalation.ts'
import { nodeRestriction } from '../identity/node-restriction.ts'
import type { Call, Parts } from '../parts.ts'
import { storageOf } from '../stored.ts'
import { stampRequester } from '../strategies/certificate-requests.ts'
import { completePod } from './pods.ts'
import { admitRuntimeClass } from './runtime-class.ts'

/** Completes a new object; throws where it may not be. The object is ours to change. */
export function admitCreate(parts: Parts, call: Call, object: ApiObject): void {
  const { resource, namespace } = call.target
  if (resource.namespaced && namespace !== undefined) admitNamespace(parts, resource, namespace, object)
  admitGrant(parts, call, object, undefined)
  switch (storageOf(resource).collection) {
    case 'pods':
      completePod(object as Pod)
      admitRuntimeClass(parts, object as Pod)
      break
    case 'nodes':
      taintNewNode(object as Node)
      break
    case certificateSigningRequests.collection:
      stampRequester(object, call.user)
      break
  }
}

/** Nobody gives rights away that he does not hold; asked before the object is looked at any closer, as upstream. */
export function admitGrant(parts: Parts, { user, target }: Call, object: ApiObject, old: ApiObject | undefined): void {
  const { resource, subresource } = target
  const isRequest = resource === certificateSigningRequests && old !== undefined
  const refusal = isRequest
    ? certificateGrant({ user, object, old, through: subresource?.name }, parts.authorizer, parts.facts)
    : escalation({ user, resource, object, old }, parts.authorizer, parts.facts)
  if (refusal !== undefined) throw refusal
}

/** Who may write this at all, now that its content is known. */
export function admitWrite(call: Call, object: ApiObject, old: ApiObject | undefined): void {
  const { resource, subresource } = call.target
  const verb = old === undefined ? 'create' : 'update'
  const attributes = { group: resource.group, plural: resource.plural, subresource: subresource?.name, verb }
  const refusal = nodeRestriction({ user: call.user, attributes, object, old })
  if (refusal !== undefined) throw refusal
}

/** Upstream: NamespaceLifecycle. Their content goes with them, and the cluster's own is needed. */
const immortalNamespaces: readonly string[] = ['default', 'kube-system', 'kube-public']

export function admitDelete(resource: Resource, name: string): void {
  if (resource === namespaces && immortalNamespaces.includes(name)) {
    throw forbiddenError(namespaces, name, 'this namespace may not be deleted')
  }
}

/** Upstream: NamespaceLifecycle. */
function admitNamespace(parts: Parts, resource: Resource, namespace: string, object: ApiObject): void {
  const record = parts.store.head(namespaces.collection, namespace)
  if (record === undefined) throw notFoundError(namespaces, namespace)
  const { metadata, status } = factsOf(namespaces, record.bytes)
  if (metadata.deletionTimestamp === undefined && status?.phase !== 'Terminating') return
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  throw forbiddenError(resource, object.metadata.name ?? '', why, [cause])
}

/** Nothing is put on a node before it has said that it is ready. Upstream: plugin/pkg/admission/nodetaint. */
function taintNewNode(node: Node): void {
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
  const taints = node.spec?.taints ?? []
  if (taints.some(({ key, effect }) => key === taint.key && effect === taint.effect)) return
  node.spec = { ...node.spec, taints: [...taints, taint] }
}
