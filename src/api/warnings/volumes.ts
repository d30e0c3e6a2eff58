// Volumes of sorts that are gone, and files of a projected volume that lie on top of the account's token.
// Upstream: pkg/api/pod/warnings.go.

import { isObject, type JsonObject } from '../../base/json.ts'
import { isPresent, objectsIn, textOf } from '../validation/parts.ts'

const outdated: readonly [source: string, why: string][] = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]

export function volumeWarnings(field: string, volumes: readonly JsonObject[]): string[] {
  const old = volumes.flatMap((volume, i) =>
    outdated.flatMap(([source, why]) => (isPresent(volume[source]) ? [`${field}[${i}].${source}: ${why}`] : [])),
  )
  return [...old, ...hiddenTokens(field, volumes)]
}

/** Upstream compares all projected volumes with each other, as if they were one. */
function hiddenTokens(field: string, volumes: readonly JsonObject[]): string[] {
  const sources = volumes.map(({ projected }) => objectsIn(isObject(projected) ? projected.sources : undefined))
  const tokens = new Set(
    sources.flat().flatMap(({ serviceAccountToken: token }) => (isObject(token) ? [textOf(token.path)] : [])),
  )
  if (tokens.size === 0) return []
  const hides = (where: string, path: unknown) =>
    tokens.has(textOf(path))
      ? [`${where}: has duplicated path with ServiceAccountToken ${JSON.stringify(textOf(path))}`]
      : []
  return sources.flatMap((list, i) =>
    list.flatMap((source) => {
      const where = `${field}[${i}].projected.sources`
      const bundle = source.clusterTrustBundle
      return [
        ...itemLists.flatMap(([name, shown]) => {
          const part = source[name]
          const items = objectsIn(isObject(part) ? part.items : undefined)
          return items.flatMap(({ path }, j) => hides(`${where}.${shown}[${j}]`, path))
        }),
        ...(isObject(bundle) ? hides(`${where}.ClusterTrustBundle`, bundle.path) : []),
      ]
    }),
  )
}

/** The names under which upstream tells them are not always those of the fields. */
const itemLists: readonly [field: string, shown: string][] = [
  ['configMap', 'configMap'],
  ['secret', 'secrets'],
  ['downwardAPI', 'downwardAPI'],
]
