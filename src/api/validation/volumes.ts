// Rules for the volumes of a pod: each has exactly one source (W9.11). The sources that need a cloud or a storage
// system are taken as they are. Upstream: pkg/apis/core/validation, ValidateVolumes, validateVolumeSource.

import { isObject, type JsonObject } from '../../base/json.ts'
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts'
import { dns1123Label } from '../names.ts'
import { milliValue } from '../quantity.ts'
import type { PodSpec } from '../types.ts'
import { fileFields, validateFieldRef, validateResourceFieldRef } from './env.ts'
import { localPath, withoutBacksteps } from './mounts.ts'
import { isPresent, numberOf, objectsIn, textOf } from './parts.ts'

export interface CheckedVolumes {
  readonly errors: readonly FieldError[]
  /** Those with nothing wrong: only they can be mounted. */
  readonly names: ReadonlySet<string>
}

export function validateVolumes(field: string, volumes: NonNullable<PodSpec['volumes']>): CheckedVolumes {
  const errors: FieldError[] = []
  const names = new Set<string>()
  volumes.forEach((volume, i) => {
    const where = `${field}[${i}]`
    const { name = '' } = volume
    const problems = validateSource(where, volume)
    if (name === '') problems.push(required(`${where}.name`))
    else problems.push(...dns1123Label(name).map((problem) => invalid(`${where}.name`, name, problem)))
    if (names.has(name)) problems.push(duplicate(`${where}.name`, name))
    if (problems.length === 0) names.add(name)
    errors.push(...problems)
  })
  return { errors, names }
}

/** In upstream's order, which decides what counts as one too many. */
const sources =
  'emptyDir hostPath gitRepo gcePersistentDisk awsElasticBlockStore secret nfs iscsi glusterfs flocker persistentVolumeClaim rbd cinder cephfs quobyte downwardAPI fc flexVolume configMap azureFile vsphereVolume photonPersistentDisk portworxVolume azureDisk storageos projected scaleIO csi ephemeral image'.split(
    ' ',
  )

function validateSource(field: string, volume: JsonObject): FieldError[] {
  const [first, ...more] = sources.filter((source) => isPresent(volume[source]))
  if (first === undefined) return [required(field, 'must specify a volume type')]
  const source = isObject(volume[first]) ? volume[first] : {}
  return [
    ...(sourceRules[first]?.(`${field}.${first}`, source) ?? []),
    ...more.map((one) => forbidden(`${field}.${one}`, 'may not specify more than 1 volume type')),
  ]
}

const hostPathTypes = ['BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket']

const sourceRules: Readonly<Record<string, (field: string, source: JsonObject) => FieldError[]>> = {
  emptyDir(field, { sizeLimit }) {
    if (!isPresent(sizeLimit) || (milliValue(`${sizeLimit}`) ?? -1n) >= 0n) return []
    return [forbidden(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
  },

  hostPath(field, source) {
    const [path, type] = [textOf(source.path), textOf(source.type)]
    if (path === '') return [required(`${field}.path`)]
    const errors = withoutBacksteps(`${field}.path`, path)
    if (type !== '' && !hostPathTypes.includes(type)) {
      errors.push(notSupported(`${field}.type`, type, ['', ...hostPathTypes]))
    }
    return errors
  },

  secret: (field, source) => [
    ...needs(`${field}.secretName`, source.secretName),
    ...validateMode(`${field}.defaultMode`, source.defaultMode),
    ...validateItems(`${field}.items`, source.items),
  ],

  nfs(field, { server, path }) {
    const errors = [...needs(`${field}.server`, server), ...needs(`${field}.path`, path)]
    if (!textOf(path).startsWith('/')) errors.push(invalid(`${field}.path`, textOf(path), 'must be an absolute path'))
    return errors
  },

  persistentVolumeClaim: (field, { claimName }) => needs(`${field}.claimName`, claimName),

  downwardAPI: (field, source) => [
    ...validateMode(`${field}.defaultMode`, source.defaultMode),
    ...objectsIn(source.items).flatMap((item) => validateFile(field, item)),
  ],

  configMap: (field, source) => [
    ...needs(`${field}.name`, source.name),
    ...validateMode(`${field}.defaultMode`, source.defaultMode),
    ...validateItems(`${field}.items`, source.items),
  ],

  projected: (field, source) => [
    ...validateMode(`${field}.defaultMode`, source.defaultMode),
    ...objectsIn(source.sources).flatMap((part, i) => validateProjection(`${field}.sources[${i}]`, part)),
  ],

  csi: (field, { driver }) => needs(`${field}.driver`, driver),
}

function needs(field: string, value: unknown): FieldError[] {
  return textOf(value) === '' ? [required(field)] : []
}

/** Permission bits of a file. */
const mostMode = 0o777

function validateMode(field: string, mode: unknown): FieldError[] {
  if (!isPresent(mode) || (numberOf(mode) >= 0 && numberOf(mode) <= mostMode)) return []
  return [invalid(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
}

/** Keys that become files. */
function validateItems(field: string, items: unknown): FieldError[] {
  return objectsIn(items).flatMap(({ key, path, mode }, i) => {
    const where = `${field}[${i}]`
    return [
      ...needs(`${where}.key`, key),
      ...(textOf(path) === '' ? [required(`${where}.path`)] : localPath(`${where}.path`, textOf(path))),
      ...validateMode(`${where}.mode`, mode),
    ]
  })
}

/** Upstream leaves the index out of these paths. */
function validateFile(field: string, { path, fieldRef, resourceFieldRef, mode }: JsonObject): FieldError[] {
  const text = textOf(path)
  const errors = text === '' ? [required(`${field}.path`)] : localPath(`${field}.path`, text)
  if (isObject(fieldRef)) {
    errors.push(...validateFieldRef(`${field}.fieldRef`, fieldRef, fileFields))
    if (isObject(resourceFieldRef)) {
      errors.push(invalid(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
    }
  } else if (isObject(resourceFieldRef)) {
    errors.push(...validateResourceFieldRef(`${field}.resourceFieldRef`, resourceFieldRef, 'file'))
  } else {
    errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'))
  }
  return [...errors, ...validateMode(`${field}.mode`, mode)]
}

const leastTokenSeconds = 600

function validateProjection(field: string, part: JsonObject): FieldError[] {
  const kinds = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken', 'clusterTrustBundle', 'podCertificate']
  const [first, ...more] = kinds.filter((kind) => isPresent(part[kind]))
  const errors = more.map((kind) => forbidden(`${field}.${kind}`, 'may not specify more than 1 volume type per source'))
  const source = first !== undefined && isObject(part[first]) ? part[first] : {}
  const where = `${field}.${first}`
  if (first === 'secret' || first === 'configMap') {
    errors.push(...needs(`${where}.name`, source.name), ...validateItems(`${where}.items`, source.items))
  } else if (first === 'downwardAPI') {
    errors.push(...objectsIn(source.items).flatMap((item) => validateFile(where, item)))
  } else if (first === 'serviceAccountToken') {
    if (numberOf(source.expirationSeconds) < leastTokenSeconds) {
      const why = 'may not specify a duration less than 10 minutes'
      errors.push(invalid(`${where}.expirationSeconds`, numberOf(source.expirationSeconds), why))
    }
    errors.push(...needs(`${where}.path`, source.path))
  }
  return errors
}
