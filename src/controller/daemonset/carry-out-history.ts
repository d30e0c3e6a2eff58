// Writing the history (section 6). Upstream: pkg/controller/daemon/update.go, constructHistory, snapshot and
// cleanupHistory.

import { controllerRevisions, daemonSets, pods } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import { type ControllerRevision, type DaemonSet, type Pod, revisionHashLabel } from '../../api/types.ts'
import type { JsonObject } from '../../base/json.ts'
import { revisionName } from '../../reconcile/daemonset/history.ts'
import type { HistoryStep } from '../../reconcile/daemonset/plan.ts'
import { ownerReference } from '../../reconcile/daemonset/pod-template.ts'
import type { Known } from '../../reconcile/daemonset/reconcile.ts'
import { revisionData, revisionDataText } from '../../reconcile/daemonset/revision-data.ts'
import type { RevisionFacts } from '../../reconcile/daemonset/snapshot.ts'
import { noStatus } from '../../reconcile/daemonset/snapshot.ts'
import type { Hands } from './carry-out.ts'
import { daemonSetUidOf, revisionFacts } from './facts.ts'

export async function carryOutHistory(
  steps: readonly HistoryStep[],
  daemonSet: DaemonSet,
  known: Known,
  hands: Hands,
): Promise<void> {
  const { client, caches } = hands
  const namespace = daemonSet.metadata.namespace ?? ''
  // One after the other: pods change hands before the revision they had goes.
  for (const step of steps) {
    switch (step.do) {
      case 'create revision':
        await create(step.number, step.hash)
        break
      case 'label revision':
        await update(step.revision, (revision) => ({
          ...revision,
          metadata: { ...revision.metadata, labels: { ...revision.metadata.labels, [revisionHashLabel]: step.hash } },
        }))
        break
      case 'renumber revision':
        await update(step.revision, (revision) => ({ ...revision, revision: step.number }))
        break
      case 'relabel pod': {
        const body = { metadata: { uid: step.pod.uid, labels: { [revisionHashLabel]: step.hash } } }
        const at = { namespace, name: step.pod.name }
        caches.pods.wrote(await client.patch<Pod>(pods, at, { type: 'merge', body }))
        break
      }
      case 'delete revision':
        await remove(step.revision)
        break
      default:
        step satisfies never
    }
  }

  async function create(number: number, hash: string): Promise<void> {
    const revision = revisionFor(daemonSet, number, hash)
    try {
      caches.revisions.wrote(await client.create(controllerRevisions, revision))
    } catch (error) {
      if (reasonOf(error) !== 'AlreadyExists') throw error
      await nameIsTaken(revision, error)
    }
  }

  /** R6.9: it may be the very revision we want; if not, another collision count makes another name. */
  async function nameIsTaken(wanted: ControllerRevision, error: unknown): Promise<void> {
    const at = { namespace, name: wanted.metadata.name! }
    const taken = await client.get<ControllerRevision>(controllerRevisions, at)
    const uid = daemonSetUidOf(taken)
    if (revisionFacts(taken).data === revisionDataText(wanted.data)) {
      caches.revisions.wrote(taken)
      // A former DaemonSet of our name left it: the garbage collector is on its way.
      if (uid !== undefined && uid !== known.daemonSet.uid) throw error
      return
    }
    const live = await client.get<DaemonSet>(daemonSets, { namespace, name: known.daemonSet.name })
    const count = daemonSet.status?.collisionCount
    if (live.status?.collisionCount !== count) {
      caches.daemonSets.wrote(live)
      throw new Error(
        `found a stale collision count (${count}) of DaemonSet "${known.daemonSet.name}" while processing; will retry until it is updated`,
      )
    }
    const status = { ...noStatus, ...live.status, collisionCount: (count ?? 0) + 1 }
    caches.daemonSets.wrote(await client.update<DaemonSet>(daemonSets, { ...live, status }, { subresource: 'status' }))
  }

  async function update(
    facts: RevisionFacts,
    change: (revision: ControllerRevision) => ControllerRevision,
  ): Promise<void> {
    const revision = caches.revisions.get(`${namespace}/${facts.name}`)
    if (revision === undefined) return
    caches.revisions.wrote(await client.update(controllerRevisions, change(revision)))
  }

  async function remove(facts: RevisionFacts): Promise<void> {
    const revision = caches.revisions.get(`${namespace}/${facts.name}`)
    if (revision?.metadata.uid !== facts.uid) return
    try {
      const left = await client.delete(
        controllerRevisions,
        { namespace, name: facts.name },
        { preconditions: { uid: facts.uid } },
      )
      caches.revisions.wroteDeletion(revision, left.kind === 'Status' ? 'gone' : 'going')
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error
      caches.revisions.wroteDeletion(revision, 'gone')
    }
  }
}

/** R6.5, R6.6. */
export function revisionFor(daemonSet: DaemonSet, revision: number, hash: string): ControllerRevision {
  const { namespace, annotations, name = '', uid = '' } = daemonSet.metadata
  const { template } = daemonSet.spec
  const data: JsonObject = revisionData(template)
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: revisionName(daemonSet, hash),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...template.metadata?.labels, [revisionHashLabel]: hash },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [ownerReference({ name, uid })],
    },
    data,
    revision,
  }
}
