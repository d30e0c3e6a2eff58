// Rules for the file of --encryption-provider-config. Nothing of a key is ever in a message.
// Upstream: apiserver/pkg/apis/apiserver/validation/validation_encryption.go.

import { isObject, type JsonObject } from '../../base/json.ts'
import { encryptionApiVersion, encryptionKind } from '../encryption-configuration.ts'
import { type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { isPresent, textOf } from './parts.ts'

/** Empty: it is an EncryptionConfiguration. */
export function validateEncryptionConfiguration(value: unknown): FieldError[] {
  if (!isObject(value)) return [required('kind', `a mapping with apiVersion ${encryptionApiVersion} is needed`)]
  const errors = [
    ...oneOf('apiVersion', value.apiVersion, encryptionApiVersion),
    ...oneOf('kind', value.kind, encryptionKind),
  ]
  if (errors.length > 0) return errors
  errors.push(...unknownFields('', value, ['apiVersion', 'kind', 'resources']))
  const entries = listAt('resources', value.resources, errors)
  for (const [i, entry] of entries.entries()) errors.push(...validateEntry(`resources[${i}]`, entry))
  return errors
}

function oneOf(field: string, value: unknown, wanted: string): FieldError[] {
  if (!isPresent(value) || value === '') return [required(field, `it is ${wanted}`)]
  return value === wanted ? [] : [notSupported(field, value, [wanted])]
}

function validateEntry(field: string, entry: unknown): FieldError[] {
  if (!isObject(entry)) return [mapping(field, entry)]
  const errors = unknownFields(field, entry, ['resources', 'providers'])
  const resources = listAt(`${field}.resources`, entry.resources, errors)
  errors.push(...validateOverlap(`${field}.resources`, resources))
  for (const [i, name] of resources.entries()) errors.push(...validateResource(`${field}.resources[${i}]`, name))
  const providers = listAt(`${field}.providers`, entry.providers, errors)
  for (const [i, one] of providers.entries()) errors.push(...validateProvider(`${field}.providers[${i}]`, one))
  return errors
}

/** The first reason of a name that has one. */
const nameRules: readonly [why: string, applies: (name: string, resource: string, group: string) => boolean][] = [
  ['resource name should not contain capital letters', (name) => name !== name.toLowerCase()],
  ["use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources", (name) => name === '*'],
  [
    "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file",
    (_name, _resource, group) => group === 'events.k8s.io',
  ],
  [
    "'extensions' group has been removed and cannot be used for encryption",
    (_name, _resource, group) => group === 'extensions',
  ],
  [
    'encrypting the same resource across groups is not supported',
    (_name, resource, group) => group === '*' && resource !== '*',
  ],
]

function validateResource(field: string, name: unknown): FieldError[] {
  if (typeof name !== 'string') return [invalid(field, name, 'must be a text')]
  const [resource, group] = groupResource(name)
  const rule = nameRules.find(([, applies]) => applies(name, resource, group))
  return rule === undefined ? [] : [invalid(field, name, rule[0])]
}

/** `daemonsets.apps` → daemonsets, apps. Upstream: schema.ParseGroupResource. */
export function groupResource(name: string): readonly [resource: string, group: string] {
  const dot = name.indexOf('.')
  return dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot + 1)]
}

function validateOverlap(field: string, names: readonly unknown[]): FieldError[] {
  const parsed = names.map((name) => groupResource(textOf(name)))
  const pairs = parsed.flatMap((a, i) => parsed.slice(i + 1).map((b) => [a, b] as const))
  const isAll = ([resource, group]: readonly [string, string]) => resource === '*' && group === '*'
  const equal = pairs.some(([a, b]) => a[0] === b[0] && a[1] === b[1])
  const masked = pairs.some(([a, b]) => {
    if (a[0] === b[0] && a[1] === b[1]) return false
    return isAll(a) || isAll(b) || (a[1] === b[1] && (a[0] === '*' || b[0] === '*'))
  })
  return [
    ...(equal ? [invalid(field, names, 'the same resource cannot be specified multiple times')] : []),
    ...(masked
      ? [
          invalid(
            field,
            names,
            "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
          ),
        ]
      : []),
  ]
}

const known = ['aescbc', 'aesgcm', 'identity']
/** Kubernetes has them; this server does not: node's crypto has no XSalsa20, and a KMS is another process. */
const foreign = ['kms', 'secretbox']

function validateProvider(field: string, provider: unknown): FieldError[] {
  if (!isObject(provider)) return [mapping(field, provider)]
  const named = Object.keys(provider).filter((name) => isPresent(provider[name]))
  const lacking = named.find((name) => foreign.includes(name))
  if (lacking !== undefined) return [notSupported(`${field}.${lacking}`, lacking, known)]
  const errors = unknownFields(field, provider, known)
  if (errors.length > 0) return errors
  const [name, ...more] = named
  // What stands in it may be a key: only the names are shown.
  if (name === undefined) {
    return [invalid(field, named, `provider does not contain any of the expected providers: ${known.join(', ')}`)]
  }
  if (more.length > 0) {
    const why = 'more than one provider specified in a single element, should split into different list elements'
    return [invalid(field, named, why)]
  }
  const body = provider[name]
  if (!isObject(body)) return [mapping(`${field}.${name}`, undefined)]
  return name === 'identity' ? unknownFields(`${field}.identity`, body, []) : validateKeys(`${field}.${name}`, body)
}

function validateKeys(field: string, body: JsonObject): FieldError[] {
  const errors = unknownFields(field, body, ['keys'])
  const keys = listAt(`${field}.keys`, body.keys, errors, 'keys')
  const names = new Set<string>()
  for (const [i, key] of keys.entries()) errors.push(...validateKey(`${field}.keys[${i}]`, key, names))
  return errors
}

function validateKey(field: string, key: unknown, names: Set<string>): FieldError[] {
  if (!isObject(key)) return [mapping(field, undefined)]
  const errors = unknownFields(field, key, ['name', 'secret'])
  const [name, secret] = [textOf(key.name), textOf(key.secret)]
  if (name === '') errors.push(required(`${field}.name`, 'name is a mandatory field for a key'))
  // Upstream takes them, and reads what the first one wrote by it, then by the second.
  else if (name.includes(':')) errors.push(invalid(`${field}.name`, name, "must not contain ':'"))
  names.add(name)
  if (secret === '') return [...errors, required(`${field}.secret`, 'secret is a mandatory field for a key')]
  const bytes = decodedBytes(secret)
  if (bytes === undefined) return [...errors, invalid(`${field}.secret`, 'REDACTED', 'secrets must be base64 encoded')]
  if (aesKeyBytes.includes(bytes)) return errors
  const why = `secret is not of the expected length, got ${bytes}, expected one of [${aesKeyBytes.join(' ')}]`
  return [...errors, invalid(`${field}.secret`, 'REDACTED', why)]
}

const aesKeyBytes: readonly number[] = [16, 24, 32]

/** Undefined where it is not base64 as Go's StdEncoding has it: padded, and line breaks do not count. */
function decodedBytes(base64: string): number | undefined {
  const text = base64.replace(/[\r\n]/g, '')
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  return (text.length / 4) * 3 - (text.length - text.replace(/=+$/, '').length)
}

/** A list with something in it. */
function listAt(field: string, value: unknown, errors: FieldError[], what = field): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value
  if (isPresent(value) && !Array.isArray(value)) errors.push(typeInvalid(field, 'a list is needed'))
  else errors.push(required(field, `at least one ${what} is required`))
  return []
}

function mapping(field: string, value: unknown): FieldError {
  return typeInvalid(field, isPresent(value) ? 'a mapping is needed' : 'a mapping is needed ({} where it is empty)')
}

function typeInvalid(field: string, why: string): FieldError {
  return { reason: 'FieldValueTypeInvalid', field, message: `Invalid value: ${why}` }
}

function unknownFields(field: string, object: JsonObject, fields: readonly string[]): FieldError[] {
  return Object.keys(object)
    .filter((name) => !fields.includes(name))
    .map((name) => ({
      reason: 'FieldValueInvalid',
      field: field === '' ? name : `${field}.${name}`,
      message: 'unknown field',
    }))
}
