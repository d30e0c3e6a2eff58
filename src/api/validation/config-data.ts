// Rules for ConfigMaps and Secrets: keys, size, and what `immutable` freezes (W9.12).
// Upstream: pkg/apis/core/validation, ValidateConfigMap and ValidateSecret.

import { type FieldError, forbidden, invalid, required, tooLong } from '../field-error.ts'
import { byteLength, configMapKey, dns1123Subdomain } from '../names.ts'
import { semanticEqual } from '../semantic-equality.ts'
import type { ApiObject, ConfigMap } from '../types.ts'
import { immutable, validateMetadata, validateMetadataUpdate } from './metadata.ts'

interface Secret extends ConfigMap {
  type?: string
}

/** 1 MiB. */
const mostBytes = 1_048_576

export function validateConfigMap(object: ApiObject): FieldError[] {
  const { data = {}, binaryData = {} } = object as ConfigMap
  const errors = validateMetadata(object, { namespaced: true, name: dns1123Subdomain })
  for (const key of Object.keys(data)) {
    errors.push(...validateKey('data', key))
    if (Object.hasOwn(binaryData, key)) {
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'))
    }
  }
  for (const key of Object.keys(binaryData)) errors.push(...validateKey('binaryData', key))
  const size = sizeOf(Object.values(data), byteLength) + sizeOf(Object.values(binaryData), decodedLength)
  // Upstream gives no path.
  return size > mostBytes ? [...errors, tooLong('[]', mostBytes)] : errors
}

export function validateConfigMapUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  return [
    ...validateMetadataUpdate(object, old),
    ...validateFrozen(object as ConfigMap, old as ConfigMap, ['data', 'binaryData']),
    ...validateConfigMap(object),
  ]
}

export function validateSecret(object: ApiObject): FieldError[] {
  const { data = {}, type = '', metadata } = object as Secret
  const errors = validateMetadata(object, { namespaced: true, name: dns1123Subdomain })
  for (const key of Object.keys(data)) errors.push(...validateKey('data', key))
  if (sizeOf(Object.values(data), decodedLength) > mostBytes) errors.push(tooLong('data', mostBytes))
  if (type === 'kubernetes.io/service-account-token') {
    const annotation = 'kubernetes.io/service-account.name'
    if ((metadata.annotations?.[annotation] ?? '') === '') errors.push(required(`metadata.annotations[${annotation}]`))
  }
  for (const key of neededKeys[type] ?? []) if (!Object.hasOwn(data, key)) errors.push(required(`data[${key}]`))
  if (type === 'kubernetes.io/basic-auth' && !Object.hasOwn(data, 'username') && !Object.hasOwn(data, 'password')) {
    errors.push(required('data[username]'), required('data[password]'))
  }
  return errors
}

export function validateSecretUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const [secret, before] = [object as Secret, old as Secret]
  return [
    ...validateMetadataUpdate(object, old),
    ...immutable('type', secret.type, before.type),
    ...validateFrozen(secret, before, ['data']),
    ...validateSecret(object),
  ]
}

const neededKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}

function validateFrozen(object: ConfigMap, old: ConfigMap, fields: readonly ('data' | 'binaryData')[]): FieldError[] {
  if (old.immutable !== true) return []
  const why = 'field is immutable when `immutable` is set'
  const errors = object.immutable === true ? [] : [forbidden('immutable', why)]
  for (const field of fields) {
    if (!semanticEqual({ [field]: object[field] }, { [field]: old[field] })) errors.push(forbidden(field, why))
  }
  return errors
}

function validateKey(field: string, key: string): FieldError[] {
  return configMapKey(key).map((problem) => invalid(`${field}[${key}]`, key, problem))
}

function sizeOf(values: readonly string[], length: (value: string) => number): number {
  return values.reduce((sum, value) => sum + length(value), 0)
}

/** How many bytes a base64 text stands for. */
function decodedLength(base64: string): number {
  const digits = base64.replace(/=+$/, '').length
  return Math.floor((digits * 3) / 4)
}
