// The refusal of an apply that would take fields from their owners (W13.9).
// Upstream: apimachinery/pkg/util/managedfields/internal/conflict.go.

import { ApiError } from '../../api/status.ts'
import { sortedBy } from '../../base/sorted.ts'
import { pathText } from './element.ts'
import { type FieldSet, pathsOf } from './field-set.ts'
import type { Manager, Managers } from './managers.ts'

/** `conflicts`: by the identity of the owner, the fields that the apply would give another value. */
export function conflictError(conflicts: ReadonlyMap<string, FieldSet>, managers: Managers): ApiError {
  const owners = sortedBy(conflicts, ([identity]) => identity).map(([identity, fields]) => ({
    text: ownerText(managers.get(identity)!),
    paths: pathsOf(fields).map(pathText),
  }))
  const causes = owners.flatMap(({ text, paths }) => {
    return paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${text}`, field }))
  })
  return new ApiError('Conflict', messageOf(owners, causes.length), { causes })
}

interface Owner {
  readonly text: string
  readonly paths: readonly string[]
}

function messageOf(owners: readonly Owner[], count: number): string {
  const [owner] = owners
  if (count === 1) return `Apply failed with 1 conflict: conflict with ${owner!.text}: ${owner!.paths[0]}`
  const lines = owners.flatMap(({ text, paths }) => [`conflicts with ${text}:`, ...paths.map((path) => `- ${path}`)])
  return `Apply failed with ${count} conflicts: ${lines.join('\n')}`
}

/** An applier is known by its name, an updater also by the version it wrote in. */
function ownerText({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = JSON.stringify(manager)
  const through = subresource === undefined ? name : `${name} with subresource ${JSON.stringify(subresource)}`
  return operation === 'Update' ? `${through} using ${apiVersion}` : through
}
