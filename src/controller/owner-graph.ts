// Who belongs to whom, by uid: what the garbage collector knows of every object it may have to collect.
// Upstream: pkg/controller/garbagecollector/graph_builder.go.

import { type Resource, resourceOfKind } from '../api/resources.ts'
import type { ApiObject, OwnerReference } from '../api/types.ts'
import { assert } from '../base/assert.ts'
import { jsonEqual } from '../base/json.ts'
import { foregroundFinalizer, orphanFinalizer } from '../reconcile/garbage-collection.ts'

export interface GraphNode {
  readonly resource: Resource
  readonly uid: string
  readonly namespace: string | undefined
  readonly name: string
  readonly resourceVersion: string
  readonly deleting: boolean
  readonly finalizers: readonly string[]
  readonly ownerReferences: readonly OwnerReference[]
}

const none: readonly never[] = []

export function graphNode(resource: Resource, { metadata }: ApiObject): GraphNode {
  return {
    resource,
    uid: metadata.uid ?? '',
    namespace: metadata.namespace,
    name: metadata.name ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    deleting: metadata.deletionTimestamp !== undefined,
    finalizers: metadata.finalizers ?? none,
    ownerReferences: metadata.ownerReferences ?? none,
  }
}

/** Deleted, but staying until its dependents have been dealt with. */
export function isWaiting(node: GraphNode): boolean {
  return node.deleting && node.finalizers.includes(foregroundFinalizer)
}

/** True where the reference names what the graph holds under its uid (W11.7: same namespace, or cluster-wide). */
export function isMeant(item: GraphNode, reference: OwnerReference, owner: GraphNode): boolean {
  const resource = resourceOfKind(reference.apiVersion, reference.kind)
  assert(owner.uid === reference.uid, `judge ${item.name}: asked for owner ${reference.uid}, found ${owner.uid}`)
  return (
    resource?.collection === owner.resource.collection &&
    reference.name === owner.name &&
    (!resource.namespaced || owner.namespace === item.namespace)
  )
}

export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>()
  /** Owner uid → uids of those that refer to it, whether the owner is known or not. */
  readonly #dependents = new Map<string, Set<string>>()

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid)
  }

  dependentsOf(uid: string): readonly GraphNode[] {
    const uids = this.#dependents.get(uid)
    return uids === undefined ? none : [...uids].map((dependent) => this.#nodes.get(dependent)!)
  }

  /** Takes the node as it is now; returns the uids that must be looked at because of it. */
  put(node: GraphNode): readonly string[] {
    const known = this.#nodes.get(node.uid)
    this.#nodes.set(node.uid, node)
    if (known !== undefined && sameForUs(known, node)) return none
    const visit: string[] = []
    for (const { uid } of known?.ownerReferences ?? none) this.#unlink(uid, node.uid)
    for (const { uid } of node.ownerReferences) this.#link(uid, node.uid)
    if (node.deleting) {
      if (node.finalizers.includes(orphanFinalizer) || isWaiting(node)) visit.push(node.uid)
    } else if (node.ownerReferences.some((reference) => this.#mayBeGone(node, reference))) {
      visit.push(node.uid)
    }
    // An owner that waited for this one may wait no longer: the reference is gone, or no longer blocks.
    for (const { uid } of known?.ownerReferences ?? none) if (this.#waits(uid)) visit.push(uid)
    return visit
  }

  /** Forgets the node; returns the uids that must be looked at because it is gone. */
  remove(uid: string): readonly string[] {
    const node = this.#nodes.get(uid)
    if (node === undefined) return none
    this.#nodes.delete(uid)
    for (const reference of node.ownerReferences) this.#unlink(reference.uid, uid)
    const owners = node.ownerReferences.map((reference) => reference.uid).filter((owner) => this.#waits(owner))
    return [...(this.#dependents.get(uid) ?? none), ...owners]
  }

  #mayBeGone(node: GraphNode, reference: OwnerReference): boolean {
    const owner = this.#nodes.get(reference.uid)
    return owner === undefined || isWaiting(owner) || !isMeant(node, reference, owner)
  }

  #waits(owner: string): boolean {
    const node = this.#nodes.get(owner)
    return node !== undefined && isWaiting(node)
  }

  #link(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner)
    if (dependents === undefined) this.#dependents.set(owner, new Set([dependent]))
    else dependents.add(dependent)
  }

  #unlink(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner)
    dependents?.delete(dependent)
    if (dependents?.size === 0) this.#dependents.delete(owner)
  }
}

function sameForUs(a: GraphNode, b: GraphNode): boolean {
  return (
    a.deleting === b.deleting &&
    jsonEqual(a.finalizers, b.finalizers) &&
    jsonEqual(a.ownerReferences, b.ownerReferences)
  )
}
