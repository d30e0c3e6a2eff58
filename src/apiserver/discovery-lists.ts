// The old form of discovery: one list of versions, one of groups, and one of resources for each version (W3.5, W3.6).
// Upstream: apimachinery/pkg/apis/meta/v1/types.go, APIVersions to APIResourceList.

import type { Resource, Subresource } from '../api/resources.ts'
import { namedGroups, type ServedGroup, type ServedVersion, servedVersions } from './served-groups.ts'

/** `host` is the request's own: the address under which the server was reached. */
export function apiVersions(host: string): object {
  return {
    kind: 'APIVersions',
    versions: servedVersions.filter((row) => row.group === '').map((row) => row.version),
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }],
  }
}

export function apiGroupList(): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: namedGroups.map(groupRow) }
}

export function apiGroup(group: ServedGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupRow(group) }
}

function groupRow(group: ServedGroup): object {
  const versions = group.versions.map(({ groupVersion, version }) => ({ groupVersion, version }))
  return { name: group.name, versions, preferredVersion: versions[0] }
}

export function apiResourceList({ group, groupVersion, resources }: ServedVersion): object {
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion,
    resources: resources.flatMap((row) => [
      resourceRow(row),
      ...row.subresources.map((part) => subresourceRow(row, part)),
    ]),
  }
}

function resourceRow(row: Resource): object {
  return {
    name: row.plural,
    singularName: row.singular,
    namespaced: row.namespaced,
    kind: row.kind,
    verbs: row.verbs,
    ...(row.shortNames.length === 0 ? {} : { shortNames: row.shortNames }),
    ...(row.categories.length === 0 ? {} : { categories: row.categories }),
  }
}

function subresourceRow(row: Resource, part: Subresource): object {
  return {
    name: `${row.plural}/${part.name}`,
    singularName: '',
    namespaced: row.namespaced,
    ...(part.group === undefined ? {} : { group: part.group, version: part.version }),
    kind: part.kind ?? row.kind,
    verbs: part.verbs,
  }
}
