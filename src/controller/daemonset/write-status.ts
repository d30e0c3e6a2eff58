// Writing the counters (section 7.2). Upstream: pkg/controller/daemon/daemon_controller.go, storeDaemonSetStatus.

import { daemonSets } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import type { DaemonSet } from '../../api/types.ts'
import type { Client } from '../../client/client.ts'
import type { Informer } from '../../client/informer.ts'
import { noStatus } from '../../reconcile/daemonset/snapshot.ts'
import { type Counters, statusToWrite } from '../../reconcile/daemonset/status.ts'

/** Upstream: StatusUpdateRetries, plus the first try. */
const tries = 2

/** True where the status had to be written. `generation` is the one the counters were worked out for. */
export async function writeStatus(
  daemonSet: DaemonSet,
  counters: Counters,
  client: Client,
  cache: Pick<Informer<DaemonSet>, 'wrote'>,
): Promise<boolean> {
  const { namespace, name = '', uid, generation = 0 } = daemonSet.metadata
  let current = daemonSet
  for (let attempt = 1; ; attempt++) {
    const status = statusToWrite(current.status ?? noStatus, counters, generation)
    if (status === undefined) return attempt > 1
    try {
      cache.wrote(await client.update<DaemonSet>(daemonSets, { ...current, status }, { subresource: 'status' }))
      return true
    } catch (error) {
      if (reasonOf(error) === 'NotFound') return false
      if (attempt === tries) {
        throw new Error(`error storing status for daemon set ${namespace}/${name}: ${messageOf(error)}`, {
          cause: error,
        })
      }
    }
    const live = await client.get<DaemonSet>(daemonSets, { namespace, name })
    if (live.metadata.uid !== uid) return false
    // Another controller has seen a later generation: counters of an earlier one must not follow (I10).
    if ((live.status?.observedGeneration ?? 0) > generation) return false
    current = live
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
