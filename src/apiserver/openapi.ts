// The OpenAPI documents, from which kubectl learns whether the server validates fields and how patches merge, and from
// which `kubectl explain` prints (W4). Upstream: k8s.io/kube-openapi/pkg/handler3.

import { createHash } from 'node:crypto'
import { ApiError } from '../api/status.ts'
import type { ApiRequest, ApiResponse } from '../api/wire.ts'
import { bytesAnswer } from './answer.ts'
import { openapiDocument } from './openapi-document.ts'
import { type ServedVersion, servedVersions } from './served-groups.ts'

/** The answer to `/openapi/v3`, `/openapi/v3/apis/GROUP/VERSION` and `/openapi/v2`; undefined for any other path. */
export function openapiAnswer(request: ApiRequest): ApiResponse | undefined {
  const path = request.path.replace(/\/$/, '')
  const served = servedVersions.find((row) => path === `/openapi/v3/${rootOf(row)}`)
  if (path !== '/openapi/v3' && path !== '/openapi/v2' && served === undefined) return undefined
  if (request.method !== 'GET') {
    const message = 'the server does not allow this method on the requested resource'
    throw new ApiError('MethodNotAllowed', message, {})
  }
  if (path === '/openapi/v2') return version2(request)
  return served === undefined ? index(request) : document(request, served)
}

/** `api/v1`, `apis/apps/v1`: how the index names a version. */
function rootOf({ group, groupVersion }: ServedVersion): string {
  return group === '' ? `api/${groupVersion}` : `apis/${groupVersion}`
}

interface Prepared {
  readonly bytes: Uint8Array
  readonly hash: string
}

/** The table of resources never changes, so neither do the documents: made when first asked for. */
const prepared = new Map<string, Prepared>()

function prepare(name: string, make: () => object): Prepared {
  const known = prepared.get(name)
  if (known !== undefined) return known
  const bytes = Buffer.from(JSON.stringify(make()))
  const made = { bytes, hash: createHash('sha256').update(bytes).digest('hex') }
  prepared.set(name, made)
  return made
}

const prepareDocument = (served: ServedVersion) => prepare(rootOf(served), () => openapiDocument(served))

function urlOf(served: ServedVersion): string {
  return `/openapi/v3/${rootOf(served)}?hash=${prepareDocument(served).hash}`
}

function index(request: ApiRequest): ApiResponse {
  const { bytes, hash } = prepare('index', () => ({
    paths: Object.fromEntries(servedVersions.map((served) => [rootOf(served), { serverRelativeURL: urlOf(served) }])),
  }))
  const etag = `"${hash}"`
  const unchanged = request.headers['if-none-match'] === etag
  return bytesAnswer(unchanged ? 304 : 200, unchanged ? new Uint8Array() : bytes, { etag, vary: 'Accept' })
}

const oneYearSeconds = 365 * 24 * 60 * 60

/** With the right hash a document never changes and is kept by its readers; with a wrong one the right one is told (W4.2). */
function document(request: ApiRequest, served: ServedVersion): ApiResponse {
  const { bytes, hash } = prepareDocument(served)
  const asked = request.query.get('hash')
  if (asked === null || asked === '') return bytesAnswer(200, bytes, { etag: `"${hash}"`, vary: 'Accept' })
  if (asked !== hash) return bytesAnswer(301, new Uint8Array(), { location: urlOf(served) })
  const headers = { 'cache-control': `public, max-age=${oneYearSeconds}, immutable`, etag: `"${hash}"`, vary: 'Accept' }
  return bytesAnswer(200, bytes, headers)
}

/**
 * The smallest swagger document in protobuf. kubectl reads it when no v3 document knows a kind, and then says so; JSON
 * in its place would break kubectl worse than nothing (X5, W4.7).
 */
const emptySwagger = Buffer.from('0a03322e3012080a026162120276314200', 'hex')

function version2(request: ApiRequest): ApiResponse {
  if (!(request.headers.accept ?? '').includes('application/com.github.proto-openapi.spec.v2')) {
    const message =
      'only the following media types are accepted: application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
    throw new ApiError('NotAcceptable', message, {})
  }
  return bytesAnswer(200, emptySwagger, {
    'content-type': 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
    vary: 'Accept',
  })
}
