// Everything that is served in one document, as kubectl and client-go have asked for it since 1.27 (W3.2, W3.3).
// Upstream: api/apidiscovery/v2/types.go.

import type { Resource } from '../api/resources.ts'
import { namedGroups, type ServedVersion, servedVersions } from './served-groups.ts'

/** The two differ in nothing but their name. */
export type DiscoveryVersion = 'v2' | 'v2beta1'

export function aggregatedDiscovery(root: '/api' | '/apis', version: DiscoveryVersion): object {
  const core = servedVersions.filter((row) => row.group === '')
  const items =
    root === '/api'
      ? [{ metadata: {}, versions: core.map(versionRow) }]
      : namedGroups.map(({ name, versions }) => ({
          metadata: { name },
          versions: versions.map(versionRow),
        }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items }
}

function versionRow({ version, resources }: ServedVersion): object {
  return { version, resources: resources.map(resourceRow), freshness: 'Current' }
}

function resourceRow(row: Resource): object {
  const subresources = row.subresources.map((part) => ({
    subresource: part.name,
    responseKind: responseKind(part.kind ?? row.kind, part.group, part.version),
    verbs: part.verbs,
  }))
  return {
    resource: row.plural,
    responseKind: responseKind(row.kind),
    scope: row.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: row.singular,
    verbs: row.verbs,
    ...(row.shortNames.length === 0 ? {} : { shortNames: row.shortNames }),
    ...(row.categories.length === 0 ? {} : { categories: row.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  }
}

/** An empty group and version mean those of the list around it. */
function responseKind(kind: string, group = '', version = ''): object {
  return { group, version, kind }
}
