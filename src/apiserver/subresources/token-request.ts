// POST serviceaccounts/NAME/token: a token for the account, for as long as it is asked for, bound to an object if it is
// to end with it (W12.9). Upstream: pkg/registry/core/serviceaccount/storage/token.go.

import { type FieldError, invalid } from '../../api/field-error.ts'
import { nodes, pods, type Resource, secrets } from '../../api/resources.ts'
import { badRequestError, conflictError, invalidError, notFoundError } from '../../api/status.ts'
import { formatTime } from '../../api/time.ts'
import type { ApiObject, Pod } from '../../api/types.ts'
import type { ApiResponse } from '../../api/wire.ts'
import { readPassing } from '../body.ts'
import { type TokenWish, tokenIssuer } from '../identity/account-tokens.ts'
import { type BoundObject, refuseForeignToken } from '../identity/node-tokens.ts'
import { writeOptionsOf } from '../options.ts'
import type { Call, Parts } from '../parts.ts'
import { presentValue } from '../present.ts'
import { parseStored, storeKey } from '../stored.ts'

export const tokenRequestLimits = {
  leastSeconds: 600,
  mostSeconds: 2 ** 32,
  defaultSeconds: 3600,
} as const

export async function requestToken(parts: Parts, call: Call): Promise<ApiResponse> {
  const { resource, namespace = '', name = '' } = call.target
  const { dryRun } = writeOptionsOf('CreateOptions', call.request.query)
  const { metadata, spec = {} } = readPassing<TokenRequest>(call.request, 'TokenRequest') ?? { metadata: {} }
  checkNames(metadata, namespace, name)
  const account = stored<ApiObject>(parts, resource, namespace, name)
  const { expirationSeconds = tokenRequestLimits.defaultSeconds, boundObjectRef } = spec
  const audiences = (spec.audiences ?? []).length === 0 ? [tokenIssuer] : spec.audiences!
  checkExpiration(expirationSeconds)
  const node = refuseForeignToken(call.user, boundObjectRef, (podName) => parts.facts.nodeOfPod(namespace, podName))
  if (node !== undefined) throw node
  const { uid = '' } = account.metadata
  const bound = boundObjectRef === undefined ? {} : boundTo(parts, namespace, name, boundObjectRef)
  const nowMs = parts.clock.now()
  const wish = { namespace, account: { name, uid }, audiences, expirationSeconds, ...bound }
  const status = {
    // A dry run shows what would be, and gives nothing away.
    token: dryRun ? '' : parts.tokens.issue(wish),
    expirationTimestamp: formatTime(nowMs + expirationSeconds * 1000),
  }
  return presentValue(call.presentation, 201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { ...metadata, name, namespace, creationTimestamp: formatTime(nowMs) },
    spec: { ...spec, audiences, expirationSeconds, boundObjectRef: boundObjectRef ?? null },
    status,
  })
}

interface TokenRequest extends ApiObject {
  spec?: { audiences?: string[]; expirationSeconds?: number; boundObjectRef?: BoundObject }
}

const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest' } as const

function checkNames(metadata: ApiObject['metadata'], namespace: string, name: string): void {
  const errors: FieldError[] = []
  const { name: named = '', namespace: within = '' } = metadata
  if (named !== '' && named !== name) {
    errors.push(invalid('metadata.name', named, 'must match the service account name if specified'))
  } else if (within !== '' && within !== namespace) {
    errors.push(invalid('metadata.namespace', within, 'must match the service account namespace if specified'))
  }
  if (errors.length > 0) throw invalidError(kind.group, kind.kind, name, errors)
}

function checkExpiration(seconds: number): void {
  const refuse = (why: string) =>
    invalidError(kind.group, kind.kind, '', [invalid('spec.expirationSeconds', seconds, why)])
  if (seconds < tokenRequestLimits.leastSeconds) throw refuse('may not specify a duration less than 10 minutes')
  if (seconds > tokenRequestLimits.mostSeconds) throw refuse('may not specify a duration larger than 2^32 seconds')
}

const bindable: Readonly<Record<string, Resource>> = { Node: nodes, Pod: pods, Secret: secrets }

function boundTo(
  parts: Parts,
  namespace: string,
  account: string,
  reference: BoundObject,
): Pick<TokenWish, 'pod' | 'node' | 'secret'> {
  const { apiVersion = '', kind = '', name = '' } = reference
  const resource = apiVersion === 'v1' && Object.hasOwn(bindable, kind) ? bindable[kind] : undefined
  if (resource === undefined) {
    const [version = '', group = ''] = apiVersion.split('/').reverse()
    throw badRequestError(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`)
  }
  const object = stored<ApiObject>(parts, resource, resource.namespaced ? namespace : undefined, name)
  const { uid = '' } = object.metadata
  if (reference.uid !== undefined && reference.uid !== '' && reference.uid !== uid) {
    throw conflictError(
      { group: '', plural: kind },
      name,
      `the UID in the bound object reference (${reference.uid}) does not match the UID in record. ` +
        'The object might have been deleted and then recreated',
    )
  }
  if (resource === nodes) return { node: { name, uid } }
  if (resource === secrets) return { secret: { name, uid } }
  const { serviceAccountName, nodeName = '' } = (object as Pod).spec
  if (serviceAccountName !== account) {
    throw badRequestError(
      `cannot bind token for serviceaccount "${account}" to pod running with different serviceaccount name.`,
    )
  }
  return { pod: { name, uid }, node: nodeName === '' ? undefined : nodeOf(parts, nodeName) }
}

function nodeOf({ store }: Parts, name: string): TokenWish['node'] {
  const record = store.get(nodes.collection, name)
  return { name, uid: record === undefined ? '' : (parseStored(record.bytes).metadata.uid ?? '') }
}

function stored<T extends ApiObject>(
  { store }: Parts,
  resource: Resource,
  namespace: string | undefined,
  name: string,
) {
  const record = store.get(resource.collection, storeKey(namespace, name))
  if (record === undefined) throw notFoundError(resource, name)
  return parseStored<T>(record.bytes)
}
