// What a pod refers to by name, and so its node must be able to read. A pod that a node made from a file of its own
// counts for nothing: a node must not be able to give itself rights.
// Upstream: pkg/api/v1/pod/util.go, VisitPodSecretNames and VisitPodConfigmapNames; plugin/pkg/auth/authorizer/node/graph.go.

import type { Pod } from '../../api/types.ts'
import { isObject, type JsonObject } from '../../base/json.ts'
import type { UsedObject } from './authorize.ts'

/** `secrets/NAME`, `configmaps/NAME`, `serviceaccounts/NAME`, all in the pod's own namespace. */
export function referencesOf({ metadata, spec }: Pod): ReadonlySet<string> {
  const references = new Set<string>()
  if (metadata.annotations?.[mirrorAnnotation] !== undefined) return references
  const add = (plural: UsedObject['plural'], name: unknown) => {
    if (typeof name === 'string' && name !== '') references.add(`${plural}/${name}`)
  }
  add('serviceaccounts', spec.serviceAccountName)
  for (const secret of objects(spec.imagePullSecrets)) add('secrets', secret.name)
  for (const container of containersOf(spec)) {
    for (const { secretRef, configMapRef } of objects(container.envFrom)) {
      add('secrets', nameIn(secretRef))
      add('configmaps', nameIn(configMapRef))
    }
    for (const { valueFrom } of objects(container.env)) {
      if (!isObject(valueFrom)) continue
      add('secrets', nameIn(valueFrom.secretKeyRef))
      add('configmaps', nameIn(valueFrom.configMapKeyRef))
    }
  }
  for (const volume of objects(spec.volumes)) {
    add('configmaps', nameIn(volume.configMap))
    add('secrets', nameIn(volume.secret, 'secretName'))
    add('secrets', nameIn(volume.azureFile, 'secretName'))
    for (const kind of withSecretRef) add('secrets', nameIn(nested(volume[kind], 'secretRef')))
    add('secrets', nameIn(nested(volume.csi, 'nodePublishSecretRef')))
    for (const { secret, configMap } of objects(nested(volume.projected, 'sources'))) {
      add('secrets', nameIn(secret))
      add('configmaps', nameIn(configMap))
    }
  }
  return references
}

export const mirrorAnnotation = 'kubernetes.io/config.mirror'

/** Volume sources that name their secret in `secretRef`. */
const withSecretRef = ['cephfs', 'cinder', 'flexVolume', 'iscsi', 'rbd', 'scaleIO', 'storageos'] as const

function containersOf(spec: Pod['spec']): JsonObject[] {
  return [...objects(spec.containers), ...objects(spec.initContainers), ...objects(spec.ephemeralContainers)]
}

function objects(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : []
}

function nested(value: unknown, field: string): unknown {
  return isObject(value) ? value[field] : undefined
}

function nameIn(value: unknown, field = 'name'): unknown {
  return nested(value, field)
}
