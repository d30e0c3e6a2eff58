// Defaults of a volume, by its source (W14.1). Upstream: pkg/apis/core/v1/defaults.go, SetDefaults_Volume and the
// SetDefaults_…VolumeSource functions.

import { isObject, type JsonObject } from '../../base/json.ts'
import { canonicalAmount } from './amounts.ts'
import { defaultFieldReferences } from './container.ts'

/** rw-r--r-- */
const readableByAll = 0o644

export function defaultVolume(volume: JsonObject): void {
  if (!Object.keys(volume).some((key) => key !== 'name' && volume[key] !== undefined)) volume.emptyDir = {}
  for (const [source, fill] of Object.entries(bySource)) {
    const found = volume[source]
    if (isObject(found)) fill(found)
  }
}

const bySource: Readonly<Record<string, (source: JsonObject) => void>> = {
  azureDisk(source) {
    source.cachingMode ??= 'ReadWrite'
    source.kind ??= 'Shared'
    source.fsType ??= 'ext4'
    source.readOnly ??= false
  },
  configMap: defaultMode,
  downwardAPI(source) {
    defaultMode(source)
    defaultFiles(source)
  },
  emptyDir(source) {
    if (source.sizeLimit !== undefined) source.sizeLimit = canonicalAmount(source.sizeLimit)
  },
  ephemeral({ volumeClaimTemplate }) {
    const spec = isObject(volumeClaimTemplate) ? volumeClaimTemplate.spec : undefined
    if (isObject(spec)) spec.volumeMode ??= 'Filesystem'
  },
  hostPath(source) {
    source.type ??= ''
  },
  iscsi(source) {
    source.iscsiInterface ||= 'default'
  },
  projected(source) {
    defaultMode(source)
    for (const part of Array.isArray(source.sources) ? source.sources : []) defaultProjection(part)
  },
  rbd(source) {
    source.pool ||= 'rbd'
    source.user ||= 'admin'
    source.keyring ||= '/etc/ceph/keyring'
  },
  scaleIO(source) {
    source.storageMode ||= 'ThinProvisioned'
    source.fsType ||= 'xfs'
  },
  secret: defaultMode,
}

function defaultMode(source: JsonObject): void {
  source.defaultMode ??= readableByAll
}

function defaultFiles({ items }: JsonObject): void {
  for (const item of Array.isArray(items) ? items : []) if (isObject(item)) defaultFieldReferences(item)
}

function defaultProjection(part: unknown): void {
  if (!isObject(part)) return
  if (isObject(part.serviceAccountToken)) part.serviceAccountToken.expirationSeconds ??= 3600
  if (isObject(part.downwardAPI)) defaultFiles(part.downwardAPI)
}
