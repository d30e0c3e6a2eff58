// Which revision is current, which are kept, and what has to be done so that it is so? (section 6)
// Upstream: pkg/controller/daemon/update.go, constructHistory and cleanupHistory.

import type { DaemonSet } from '../../api/types.ts'
import { sortedBy } from '../../base/sorted.ts'
import type { HistoryStep } from './plan.ts'
import { revisionData, revisionDataText } from './revision-data.ts'
import { revisionHash } from './revision-hash.ts'
import type { DaemonSetFacts, PodFacts, RevisionFacts } from './snapshot.ts'

export interface History {
  /** The revision of today's template; undefined: it is still to be made. */
  readonly current: RevisionFacts | undefined
  readonly old: readonly RevisionFacts[]
  /** To be done, and seen, before any pod is touched. */
  readonly steps: readonly HistoryStep[]
}

/** `revisions` are ours; `podsWithHash` finds our pods of a revision, for the rare case of duplicates. */
export function historyOf(
  daemonSet: Pick<DaemonSetFacts, 'template' | 'status'>,
  revisions: readonly RevisionFacts[],
  podsWithHash: (hash: string) => readonly PodFacts[],
  templateText = revisionDataText(revisionData(daemonSet.template)),
): History {
  const unlabelled = revisions.filter((revision) => revision.hash === undefined)
  if (unlabelled.length > 0) return { current: undefined, old: [], steps: unlabelled.map(labelWithName) }

  const same = sortedBy(
    revisions.filter((revision) => revision.data === templateText),
    (revision) => revision.name,
  )
  const old = revisions.filter((revision) => revision.data !== templateText)
  const next = Math.max(0, ...old.map((revision) => revision.revision)) + 1
  const [current, ...duplicates] = sortedBy(same, (revision) => -revision.revision)
  if (current === undefined) {
    const hash = revisionHash(daemonSet.template, daemonSet.status.collisionCount)
    return { current, old, steps: [{ do: 'create revision', number: next, hash, because: 'the template is new' }] }
  }
  const steps: HistoryStep[] = duplicates.flatMap((duplicate) => mergeInto(current, duplicate, podsWithHash))
  // Going back to a former template makes its revision the newest (R5.15): 1, 2 → undo → 2, 3.
  if (current.revision < next) {
    steps.push({ do: 'renumber revision', revision: current, number: next, because: 'it is current again' })
  }
  return { current, old, steps }
}

/** Of revisions that have a hash (step 2): old ones beyond the limit that no pod needs any more, oldest first (R6.11). */
export function expiredRevisions(
  old: readonly RevisionFacts[],
  limit: number,
  hasPods: (hash: string) => boolean,
): HistoryStep[] {
  const staying = old.filter((revision) => !revision.terminating)
  const excess = staying.length - limit
  if (excess <= 0) return []
  return sortedBy(
    staying.filter((revision) => !hasPods(revision.hash!)),
    (revision) => revision.revision,
  )
    .slice(0, excess)
    .map((revision) => ({ do: 'delete revision', revision, because: `the history keeps ${limit} old revisions` }))
}

/** `<name>-<hash>` (R6.5). */
export function revisionName(daemonSet: Pick<DaemonSet, 'metadata'>, hash: string): string {
  return `${daemonSet.metadata.name}-${hash}`
}

/** A revision from before there were hashes: its name will do (6.3 step 2). */
function labelWithName(revision: RevisionFacts): HistoryStep {
  return { do: 'label revision', revision, hash: revision.name, because: 'it has no hash' }
}

/**
 * One template, two revisions: the newer stays (R6.8). Only the pods of the other one change hands; upstream relabels
 * the pods of every other revision as well, which hides old pods from the rollout (B7).
 */
function mergeInto(
  kept: RevisionFacts,
  duplicate: RevisionFacts,
  podsWithHash: (hash: string) => readonly PodFacts[],
): HistoryStep[] {
  const hash = kept.hash!
  const because = `same template as ${kept.name}`
  const pods = duplicate.hash === hash ? [] : sortedBy(podsWithHash(duplicate.hash!), (pod) => pod.name)
  return [
    ...pods.map((pod) => ({ do: 'relabel pod', pod, hash, because }) as const),
    ...(duplicate.terminating ? [] : [{ do: 'delete revision', revision: duplicate, because } as const]),
  ]
}
