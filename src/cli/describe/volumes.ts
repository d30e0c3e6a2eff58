// Volumes in words. Upstream: kubectl/pkg/describe/describe.go, describeVolumes.
import type { PodSpec } from '../../api/types.ts'
import { isObject, type JsonObject } from '../../base/json.ts'

type Volume = NonNullable<PodSpec['volumes']>[number]

export function volumeLines(volumes: readonly Volume[]): string[] {
  if (volumes.length === 0) return ['  Volumes:\t<none>']
  return ['  Volumes:', ...volumes.flatMap((volume) => [`   ${volume.name}:`, ...sourceLines(volume)])]
}

interface VolumeKind {
  readonly source: string
  readonly type: string
  readonly fields: (source: JsonObject) => readonly (readonly [title: string, value: unknown])[]
}

const kinds: readonly VolumeKind[] = [
  {
    source: 'hostPath',
    type: 'HostPath (bare host directory volume)',
    fields: ({ path, type }) => [
      ['Path', path],
      ['HostPathType', type],
    ],
  },
  {
    source: 'emptyDir',
    type: "EmptyDir (a temporary directory that shares a pod's lifetime)",
    fields: ({ medium, sizeLimit }) => [
      ['Medium', medium],
      ['SizeLimit', sizeLimit ?? '<unset>'],
    ],
  },
  {
    source: 'secret',
    type: 'Secret (a volume populated by a Secret)',
    fields: ({ secretName, optional }) => [
      ['SecretName', secretName],
      ['Optional', optional === true],
    ],
  },
  {
    source: 'configMap',
    type: 'ConfigMap (a volume populated by a ConfigMap)',
    fields: ({ name, optional }) => [
      ['Name', name],
      ['Optional', optional === true],
    ],
  },
  {
    source: 'persistentVolumeClaim',
    type: 'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
    fields: ({ claimName, readOnly }) => [
      ['ClaimName', claimName],
      ['ReadOnly', readOnly === true],
    ],
  },
  {
    source: 'projected',
    type: 'Projected (a volume that contains injected data from multiple sources)',
    fields: ({ sources }) => (Array.isArray(sources) ? sources.filter(isObject).flatMap(projectedFields) : []),
  },
  { source: 'downwardAPI', type: 'DownwardAPI (a volume populated by information about the pod)', fields: () => [] },
]

function sourceLines(volume: Volume): string[] {
  for (const { source, type, fields } of kinds) {
    const found = volume[source]
    if (!isObject(found)) continue
    return [`    Type:\t${type}`, ...fields(found).map(([title, value]) => `    ${title}:\t${value ?? ''}`)]
  }
  return ['    Type:\t<unknown>']
}

function projectedFields(source: JsonObject): (readonly [string, unknown])[] {
  const { secret, configMap, serviceAccountToken, downwardAPI } = source
  if (isObject(secret))
    return [
      ['SecretName', secret.name],
      ['Optional', secret.optional === true],
    ]
  if (isObject(configMap))
    return [
      ['ConfigMapName', configMap.name],
      ['Optional', configMap.optional === true],
    ]
  if (isObject(serviceAccountToken)) return [['TokenExpirationSeconds', serviceAccountToken.expirationSeconds ?? 3600]]
  return isObject(downwardAPI) ? [['DownwardAPI', true]] : []
}
