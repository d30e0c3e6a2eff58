// The table of resources by group and version, in the order discovery tells them: the first group with a kind is the
// one kubectl takes, the first version of a group the preferred one (W3.4, W3.9).

import { type Resource, resources } from '../api/resources.ts'

export interface ServedVersion {
  readonly group: string
  readonly version: string
  /** `v1`, `apps/v1`. */
  readonly groupVersion: string
  readonly resources: readonly Resource[]
}

export interface ServedGroup {
  /** '' is the core group. */
  readonly name: string
  readonly versions: readonly ServedVersion[]
}

export const servedVersions: readonly ServedVersion[] = groupBy(resources, (row) =>
  row.group === '' ? row.version : `${row.group}/${row.version}`,
).map(([groupVersion, rows]) => ({
  group: rows[0]!.group,
  version: rows[0]!.version,
  groupVersion,
  resources: rows,
}))

/** The core group is not among them: it has its own root, `/api`. */
export const namedGroups: readonly ServedGroup[] = groupBy(servedVersions, (row) => row.group)
  .filter(([name]) => name !== '')
  .map(([name, versions]) => ({ name, versions }))

export function findGroup(name: string): ServedGroup | undefined {
  return namedGroups.find((group) => group.name === name)
}

export function findGroupVersion(group: string, version: string): ServedVersion | undefined {
  return servedVersions.find((row) => row.group === group && row.version === version)
}

/** In the order in which the keys first appear. */
function groupBy<T>(rows: readonly T[], keyOf: (row: T) => string): [key: string, rows: T[]][] {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const known = groups.get(keyOf(row))
    if (known === undefined) groups.set(keyOf(row), [row])
    else known.push(row)
  }
  return [...groups]
}
