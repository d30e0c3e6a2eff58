// Which pods and revisions are ours, which do we take in, and which do we let go? (R4.1 to R4.5)
// Upstream: pkg/controller/controller_ref_manager.go, ClaimObject.

import { matchesLabels } from '../../api/labels.ts'
import { daemonSets } from '../../api/resources.ts'
import type { Claimable, DaemonSetFacts } from './snapshot.ts'

export type Claim = 'ours' | 'adopt' | 'release' | 'foreign'

export function claimOn(object: Claimable, daemonSet: DaemonSetFacts): Claim {
  const matches = matchesLabels(daemonSet.selector, object.labels)
  const { controller } = object
  if (controller !== undefined) {
    if (controller.uid !== daemonSet.uid || controller.kind !== daemonSets.kind) return 'foreign'
    // What terminates stays ours as well (R4.2): who looks at it decides what that means. A DaemonSet that is being
    // deleted releases nothing.
    return matches || daemonSet.deleting ? 'ours' : 'release'
  }
  return matches && !object.terminating && !daemonSet.deleting ? 'adopt' : 'foreign'
}

export interface Claims<T extends Claimable> {
  readonly ours: readonly T[]
  readonly adopt: readonly T[]
  readonly release: readonly T[]
}

export function claim<T extends Claimable>(objects: Iterable<T>, daemonSet: DaemonSetFacts): Claims<T> {
  const claims: Record<Claim, T[]> = { ours: [], adopt: [], release: [], foreign: [] }
  for (const object of objects) claims[claimOn(object, daemonSet)].push(object)
  return claims
}
