// Deletes what nobody owns any more, and lets owners go once their dependents are dealt with (R10.16 to R10.20).
// Driven by events alone: an object is looked at when it, its owner or its dependents change.
// Upstream: pkg/controller/garbagecollector.

import { events, type Resource, resourceOfKind, resources } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import type { ApiObject, OwnerReference } from '../api/types.ts'
import type { Running } from '../base/running.ts'
import { collectGarbage, type GarbageAction, type OwnerState } from '../reconcile/garbage-collection.ts'
import { type ControllerOptions, startController } from './controller.ts'
import { type GraphNode, graphNode, isMeant, isWaiting, OwnerGraph } from './owner-graph.ts'

export const garbageCollectorLimits = {
  /** R10.20. */
  workers: 20,
  /** Owners verified to be gone; the oldest is forgotten first. Upstream: absentOwnerCache. */
  absentOwners: 500,
  /**
   * A kind that cannot be listed (objects on disk that nobody has the key of) must not keep all others: nothing is
   * deleted here before the server said that its owner is gone. Upstream: initialSyncTimeout.
   */
  syncPatienceMs: 30_000,
} as const

/** Everything that can be deleted and watched, each collection once; events come and go too fast to have owners. */
export const collectable: readonly Resource[] = resources.filter(
  (resource, i) =>
    resource.collection !== events.collection &&
    resource.verbs.includes('delete') &&
    resource.verbs.includes('watch') &&
    resources.findIndex((other) => other.collection === resource.collection) === i,
)

export function startGarbageCollector(options: ControllerOptions): Running {
  const { client } = options
  return startController('garbage-collector', options, ({ queue, log, follow }) => {
    const graph = new OwnerGraph()
    const absent = new Set<string>()
    for (const resource of collectable) {
      follow<ApiObject>(resource, ({ type, object }) => {
        const visit =
          type === 'deleted' ? graph.remove(object.metadata.uid ?? '') : graph.put(graphNode(resource, object))
        for (const uid of visit) queue.add(uid)
      })
    }

    async function work(uid: string): Promise<void> {
      const known = graph.get(uid)
      if (known === undefined) return
      const plan = await planFor(known)
      for (const action of plan) {
        if (action.do !== 'visit') log.info(action.do, { ...nameOf(known), because: action.because })
      }
      let item = known
      try {
        for (const action of plan) item = await carryOut(item, action)
      } catch (error) {
        if (reasonOf(error) === 'NotFound') return
        if (reasonOf(error) !== 'Conflict') throw error
        await lookAgain(known)
      }
    }

    async function planFor(item: GraphNode): Promise<readonly GarbageAction[]> {
      const owners: OwnerState[] = []
      // One after the other: what two dependents ask about one owner is asked once.
      if (!item.deleting) for (const reference of item.ownerReferences) owners.push(await stateOf(item, reference))
      const dependents = graph.dependentsOf(item.uid).map((dependent) => ({
        uid: dependent.uid,
        blocks: dependent.ownerReferences.some((own) => own.uid === item.uid && own.blockOwnerDeletion === true),
        waiting: isWaiting(dependent),
      }))
      return collectGarbage({ item, owners, dependents })
    }

    /** An owner counts as gone only after the server itself said so: the graph may be behind. */
    async function stateOf(item: GraphNode, reference: OwnerReference): Promise<OwnerState> {
      const known = graph.get(reference.uid)
      if (known !== undefined && isMeant(item, reference, known)) {
        return isWaiting(known) ? 'waiting for dependents' : 'present'
      }
      const resource = resourceOfKind(reference.apiVersion, reference.kind)
      // A kind we do not serve, or an owner in no namespace at all: nothing can be verified, so nothing is deleted.
      if (resource === undefined || (resource.namespaced && item.namespace === undefined)) return 'present'
      const namespace = resource.namespaced ? item.namespace : undefined
      const where = `${resource.collection}\0${namespace ?? ''}\0${reference.name}\0${reference.uid}`
      if (absent.has(where)) return 'absent'
      const live = await getOrAbsent(resource, namespace, reference.name)
      if (live?.metadata.uid === reference.uid) {
        return isWaiting(graphNode(resource, live)) ? 'waiting for dependents' : 'present'
      }
      absent.add(where)
      if (absent.size > garbageCollectorLimits.absentOwners) {
        const [oldest = ''] = absent
        absent.delete(oldest)
      }
      return 'absent'
    }

    async function getOrAbsent(resource: Resource, namespace: string | undefined, name: string) {
      try {
        return await client.get<ApiObject>(resource, { namespace, name })
      } catch (error) {
        if (reasonOf(error) === 'NotFound') return undefined
        throw error
      }
    }

    /** Somebody was faster: take what is there now, and look again later. */
    async function lookAgain(item: GraphNode): Promise<void> {
      const live = await getOrAbsent(item.resource, item.namespace, item.name)
      // Its answer may have been overtaken by the event that it is gone: put back, it would stay for ever.
      if (live?.metadata.uid !== item.uid || graph.get(item.uid) === undefined) return
      // Its event, when it comes, says nothing new any more: an owner that waits is told here or never.
      for (const uid of graph.put(graphNode(item.resource, live))) queue.add(uid)
      queue.retry(item.uid)
    }

    /** Returns the item as it is afterwards, for the next action of the plan. */
    async function carryOut(item: GraphNode, action: GarbageAction): Promise<GraphNode> {
      switch (action.do) {
        case 'delete': {
          // The version is the live check: if anything changed since we judged, the server refuses (R10.17).
          const preconditions = { uid: item.uid, resourceVersion: item.resourceVersion }
          await client.delete(item.resource, item, { preconditions, propagationPolicy: action.propagation })
          return item
        }
        case 'release':
          await release(item, action.owners)
          return item
        case 'unblock': {
          const ownerReferences = item.ownerReferences.map(({ blockOwnerDeletion, ...reference }) => reference)
          const body = { metadata: { resourceVersion: item.resourceVersion, ownerReferences } }
          return graphNode(item.resource, await client.patch(item.resource, item, { type: 'merge', body }))
        }
        case 'orphan':
          await orphanDependentsOf(item)
          return item
        case 'remove finalizer': {
          const finalizers = item.finalizers.filter((finalizer) => finalizer !== action.finalizer)
          const metadata = {
            resourceVersion: item.resourceVersion,
            finalizers: finalizers.length === 0 ? null : finalizers,
          }
          await client.patch(item.resource, item, { type: 'merge', body: { metadata } })
          return item
        }
        case 'visit':
          for (const uid of action.uids) queue.add(uid)
          return item
        default:
          return action satisfies never
      }
    }

    /** W11.5: the uid in the patch is a precondition. */
    async function release(item: GraphNode, owners: readonly string[]): Promise<void> {
      const ownerReferences = owners.map((uid) => ({ $patch: 'delete', uid }))
      const body = { metadata: { uid: item.uid, ownerReferences } }
      await client.patch(item.resource, item, { type: 'strategic', body })
    }

    /**
     * Asks the server itself who belongs to the owner: a dependent made a moment ago, of which no event has come yet,
     * would lose its owner, still refer to it, and be deleted. Upstream trusts its graph here.
     */
    async function orphanDependentsOf(owner: GraphNode): Promise<void> {
      const within = owner.resource.namespaced ? { namespace: owner.namespace } : {}
      for (const resource of collectable) {
        if (owner.resource.namespaced && !resource.namespaced) continue
        const { items } = await client.list<ApiObject>(resource, within)
        for (const object of items) {
          const dependent = graphNode(resource, object)
          if (!dependent.ownerReferences.some(({ uid }) => uid === owner.uid)) continue
          await release(dependent, [owner.uid]).catch((error) => {
            if (reasonOf(error) !== 'NotFound') throw error
          })
        }
      }
    }

    const { workers, syncPatienceMs } = garbageCollectorLimits
    return { workers, work, syncPatienceMs }
  })
}

function nameOf(node: GraphNode): Record<string, unknown> {
  return { resource: node.resource.plural, namespace: node.namespace, name: node.name }
}
