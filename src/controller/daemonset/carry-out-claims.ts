// Taking in and letting go (section 4.1). Upstream: pkg/controller/controller_ref_manager.go.

import { controllerRevisions, daemonSets, pods, type Resource } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import type { ApiObject, ControllerRevision, DaemonSet, Pod } from '../../api/types.ts'
import { inParallel } from '../../base/in-parallel.ts'
import type { Informer } from '../../client/informer.ts'
import type { Claiming } from '../../reconcile/daemonset/plan.ts'
import { ownerReference } from '../../reconcile/daemonset/pod-template.ts'
import type { Claimable } from '../../reconcile/daemonset/snapshot.ts'
import type { Hands } from './carry-out.ts'
import { daemonSetLimits } from './limits.ts'

export async function carryOutClaims(claiming: readonly Claiming[], daemonSet: DaemonSet, hands: Hands): Promise<void> {
  const { namespace, name = '', uid = '' } = daemonSet.metadata
  // R4.3: whoever adopts must exist. Asked once for all of them, of the server itself.
  if (claiming.some(({ do: what }) => what.startsWith('adopt'))) await mustBeAlive(daemonSet, hands)
  await inParallel(claiming, daemonSetLimits.claims, async (action) => {
    switch (action.do) {
      case 'adopt pod':
        return patch(pods, hands.caches.pods, action.pod, adoption(action.pod))
      case 'release pod':
        return patch(pods, hands.caches.pods, action.pod, release(action.pod))
      case 'adopt revision':
        return patch(controllerRevisions, hands.caches.revisions, action.revision, adoption(action.revision))
      case 'release revision':
        return patch(controllerRevisions, hands.caches.revisions, action.revision, release(action.revision))
      default:
        return action satisfies never
    }
  })

  // The bodies of W11.5, where the uid is a precondition; and so is the version. Whether the selector matches was decided
  // about the labels of that version: upstream takes in what somebody labels away at that moment, and lets it go again.
  function adoption({ uid: itsUid, resourceVersion }: Claimable) {
    return { metadata: { ownerReferences: [ownerReference({ name, uid })], uid: itsUid, resourceVersion } }
  }

  function release({ uid: itsUid, resourceVersion }: Claimable) {
    return { metadata: { uid: itsUid, resourceVersion, ownerReferences: [{ $patch: 'delete', uid }] } }
  }

  async function patch<T extends Pod | ControllerRevision>(
    resource: Resource,
    cache: Informer<T>,
    claimed: Claimable,
    body: unknown,
  ): Promise<void> {
    const at = { namespace, name: claimed.name }
    try {
      cache.wrote(await hands.client.patch<T>(resource, at, { type: 'strategic', body }))
    } catch (error) {
      // R4.2: it is gone, or another one has its name by now, which is as good as released. Or it has changed since we
      // looked (Conflict): whose it is, is decided anew about what it is now.
      if (!isNotAsSeen(error)) throw error
      await lookAgain(resource, cache, claimed)
    }
  }

  async function lookAgain<T extends ApiObject>(
    resource: Resource,
    cache: Informer<T>,
    claimed: Claimable,
  ): Promise<void> {
    const known = cache.get(`${namespace}/${claimed.name}`)
    const live = await liveOrAbsent<T>(resource, claimed.name, hands, namespace)
    if (known !== undefined && live?.metadata.uid !== claimed.uid) cache.wroteDeletion(known, 'gone')
    if (live !== undefined) cache.wrote(live)
  }
}

function isNotAsSeen(error: unknown): boolean {
  const reason = reasonOf(error)
  return reason === 'NotFound' || reason === 'Invalid' || reason === 'Conflict'
}

async function mustBeAlive(daemonSet: DaemonSet, hands: Hands): Promise<void> {
  const { namespace, name = '', uid } = daemonSet.metadata
  const why = `can't recheck DeletionTimestamp: `
  const live = await liveOrAbsent<DaemonSet>(daemonSets, name, hands, namespace)
  if (live?.metadata.uid !== uid) {
    throw new Error(
      `${why}original DaemonSet ${namespace}/${name} is gone: got uid ${live?.metadata.uid ?? 'none'}, wanted ${uid}`,
    )
  }
  const { deletionTimestamp } = live?.metadata ?? {}
  if (deletionTimestamp !== undefined)
    throw new Error(`${why}${namespace}/${name} has just been deleted at ${deletionTimestamp}`)
}

async function liveOrAbsent<T extends ApiObject>(
  resource: Resource,
  name: string,
  { client }: Hands,
  namespace: string | undefined,
): Promise<T | undefined> {
  try {
    return await client.get<T>(resource, { namespace, name })
  } catch (error) {
    if (reasonOf(error) === 'NotFound') return undefined
    throw error
  }
}
