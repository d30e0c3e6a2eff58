// What the conditions of a namespace that is going away say about what is left in it (W11.11). Pure.
// Upstream: pkg/controller/namespace/deletion/status_condition_utils.go.

import { qualifiedName, type Resource } from '../api/resources.ts'
import type { ApiObject, Condition } from '../api/types.ts'
import { sortedBy } from '../base/sorted.ts'

/** Objects still there after they were asked to go, by resource. */
export type Remaining = readonly { readonly resource: Resource; readonly objects: readonly ApiObject[] }[]

/** `failures`: why some content could not be deleted. */
export function namespaceConditions(
  remaining: Remaining,
  failures: readonly string[],
  known: readonly Condition[],
  now: string,
): readonly Condition[] {
  const left = remaining.filter(({ objects }) => objects.length > 0)
  const counts = left.map(({ resource, objects }) => `${named(resource)} has ${objects.length} resource instances`)
  const finalizers = new Map<string, number>()
  for (const { objects } of left) {
    for (const { metadata } of objects) {
      for (const name of metadata.finalizers ?? []) finalizers.set(name, (finalizers.get(name) ?? 0) + 1)
    }
  }
  const held = sortedBy(finalizers, ([name]) => name).map(([name, count]) => `${name} in ${count} resource instances`)
  const told: Omit<Condition, 'lastTransitionTime'>[] = [
    said('NamespaceDeletionDiscoveryFailure', false, 'ResourcesDiscovered', 'All resources successfully discovered'),
    said(
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    failures.length === 0
      ? said(
          'NamespaceDeletionContentFailure',
          false,
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        )
      : said(
          'NamespaceDeletionContentFailure',
          true,
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`,
        ),
    counts.length === 0
      ? said('NamespaceContentRemaining', false, 'ContentRemoved', 'All content successfully removed')
      : said(
          'NamespaceContentRemaining',
          true,
          'SomeResourcesRemain',
          `Some resources are remaining: ${counts.sort().join(', ')}`,
        ),
    held.length === 0
      ? said(
          'NamespaceFinalizersRemaining',
          false,
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        )
      : said(
          'NamespaceFinalizersRemaining',
          true,
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${held.join(', ')}`,
        ),
  ]
  return told.map((condition) => {
    const before = known.find(({ type }) => type === condition.type)
    const isSame = before?.status === condition.status
    return { ...condition, lastTransitionTime: (isSame ? before?.lastTransitionTime : undefined) ?? now }
  })
}

/** As upstream names it: the group stands after a dot, also where it is empty (`pods.`). */
function named(resource: Resource): string {
  return resource.group === '' ? `${resource.plural}.` : qualifiedName(resource)
}

function said(type: string, isTrue: boolean, reason: string, message: string) {
  return { type, status: isTrue ? 'True' : 'False', reason, message }
}
