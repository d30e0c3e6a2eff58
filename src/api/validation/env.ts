// Rules for environment variables. Upstream: pkg/apis/core/validation, ValidateEnv and ValidateEnvFrom.

import { isObject, type JsonObject } from '../../base/json.ts'
import { type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { configMapKey, dns1123Subdomain, qualifiedName, relaxedEnvVarName } from '../names.ts'
import { isPresent, objectsIn, textOf } from './parts.ts'

export function validateEnv(field: string, env: unknown): FieldError[] {
  return objectsIn(env).flatMap((variable, i) => {
    const where = `${field}[${i}]`
    const name = textOf(variable.name)
    const errors =
      name === ''
        ? [required(`${where}.name`)]
        : relaxedEnvVarName(name).map((problem) => invalid(`${where}.name`, name, problem))
    return [...errors, ...validateSource(`${where}.valueFrom`, variable)]
  })
}

export function validateEnvFrom(field: string, envFrom: unknown): FieldError[] {
  return objectsIn(envFrom).flatMap((from, i) => {
    const where = `${field}[${i}]`
    const prefix = textOf(from.prefix)
    const errors =
      prefix === '' ? [] : relaxedEnvVarName(prefix).map((problem) => invalid(`${where}.prefix`, prefix, problem))
    const sources = (['configMapRef', 'secretRef'] as const).filter((source) => isPresent(from[source]))
    for (const source of sources) errors.push(...validateReference(`${where}.${source}`, from[source]))
    if (sources.length === 0) {
      errors.push(invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`'))
    } else if (sources.length > 1) {
      errors.push(invalid(field, '', 'may not have more than one field specified at a time'))
    }
    return errors
  })
}

const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'] as const

function validateSource(field: string, { value, valueFrom }: JsonObject): FieldError[] {
  if (!isObject(valueFrom)) return []
  const given = sources.filter((source) => isPresent(valueFrom[source]))
  const errors: FieldError[] = []
  for (const source of given) {
    const where = `${field}.${source}`
    const reference = isObject(valueFrom[source]) ? valueFrom[source] : {}
    if (source === 'fieldRef') errors.push(...validateFieldRef(where, reference, variableFields))
    else if (source === 'resourceFieldRef') errors.push(...validateResourceFieldRef(where, reference, 'variable'))
    else if (source !== 'fileKeyRef') errors.push(...validateKeyReference(where, reference))
  }
  if (given.length === 0) {
    const why = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'
    errors.push(invalid(field, '', why))
  } else if (textOf(value) !== '') {
    errors.push(invalid(field, '', 'may not be specified when `value` is not empty'))
  } else if (given.length > 1) {
    errors.push(invalid(field, '', 'may not have more than one field specified at a time'))
  }
  return errors
}

const variableFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]

/** Fields of the pod that a file of a downward volume may hold. */
export const fileFields = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]

export function validateFieldRef(field: string, reference: JsonObject, known: readonly string[]): FieldError[] {
  const path = textOf(reference.fieldPath)
  if (textOf(reference.apiVersion) === '') return [required(`${field}.apiVersion`)]
  if (path === '') return [required(`${field}.fieldPath`)]
  const [, map, key] = /^(.*)\['(.*)'\]$/.exec(path) ?? []
  if (map !== undefined && key !== undefined) {
    if (map === 'metadata.labels') return qualifiedName(key).map((problem) => invalid(field, key, problem))
    if (map !== 'metadata.annotations') return [invalid(field, map, 'does not support subscript')]
    const lower = key.toLowerCase()
    return qualifiedName(lower).map((problem) => invalid(field, lower, problem))
  }
  if (known.includes(path)) return []
  if (variableFields.includes(path) || fileFields.includes(path)) {
    return [notSupported(`${field}.fieldPath`, path, known)]
  }
  const why = `error converting fieldPath: field label not supported: ${path}`
  return [invalid(`${field}.fieldPath`, path, why)]
}

const resourceFields = ['limits', 'requests'].flatMap((list) =>
  ['cpu', 'ephemeral-storage', 'memory'].map((resource) => `${list}.${resource}`),
)

export function validateResourceFieldRef(
  field: string,
  { resource, containerName }: JsonObject,
  usedIn: 'variable' | 'file',
): FieldError[] {
  const name = textOf(resource)
  if (usedIn === 'file' && textOf(containerName) === '') return [required(`${field}.containerName`)]
  if (name === '') return [required(`${field}.resource`)]
  if (resourceFields.includes(name) || /^(limits|requests)\.hugepages-/.test(name)) return []
  return [notSupported(`${field}.resource`, name, resourceFields)]
}

function validateKeyReference(field: string, { name, key }: JsonObject): FieldError[] {
  const errors = validateReference(field, { name })
  const text = textOf(key)
  if (text === '') return [...errors, required(`${field}.key`)]
  return [...errors, ...configMapKey(text).map((problem) => invalid(`${field}.key`, text, problem))]
}

function validateReference(field: string, reference: unknown): FieldError[] {
  const name = isObject(reference) ? textOf(reference.name) : ''
  if (name === '') return [required(`${field}.name`)]
  return dns1123Subdomain(name).map((problem) => invalid(`${field}.name`, name, problem))
}
