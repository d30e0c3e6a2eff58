// What is served here, told to clients: the aggregated form that kubectl asks for, and the old form that everything else
// does (W3). Upstream: apiserver/pkg/endpoints/discovery.

import { createHash } from 'node:crypto'
import { ApiError } from '../api/status.ts'
import type { ApiRequest, ApiResponse } from '../api/wire.ts'
import { bytesAnswer } from './answer.ts'
import { aggregatedDiscovery, type DiscoveryVersion } from './discovery-aggregated.ts'
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery-lists.ts'
import { negotiate } from './negotiate.ts'
import { presentValue } from './present.ts'
import { findGroup, findGroupVersion } from './served-groups.ts'

/** The answer to `/api`, `/apis`, `/apis/GROUP`, `/api/v1` and `/apis/GROUP/VERSION`; undefined for any other path. */
export function discoveryAnswer(request: ApiRequest): ApiResponse | undefined {
  const path = request.path.replace(/\/$/, '')
  const isRoot = path === '/api' || path === '/apis'
  const plain = isRoot ? undefined : plainDocument(path)
  if (!isRoot && plain === undefined) return undefined
  if (request.method !== 'GET') {
    const message = 'the server does not allow this method on the requested resource'
    throw new ApiError('MethodNotAllowed', message, {})
  }
  if (!isRoot) return presentValue(negotiate(request), 200, plain)
  const version = aggregatedVersion(request.headers.accept ?? '')
  if (version !== undefined) return aggregatedAnswer(request, path, version)
  const document = path === '/api' ? apiVersions(request.headers.host ?? '') : apiGroupList()
  return presentValue(negotiate(request), 200, document, { vary: 'Accept' })
}

function plainDocument(path: string): object | undefined {
  const [root, group, version, ...more] = path.slice(1).split('/')
  if (more.length > 0) return undefined
  if (root === 'api' && group !== undefined && version === undefined) return resourceList('', group)
  if (root !== 'apis' || group === undefined || group === '') return undefined
  if (version !== undefined) return resourceList(group, version)
  const served = findGroup(group)
  return served === undefined ? undefined : apiGroup(served)
}

function resourceList(group: string, version: string): object | undefined {
  const served = findGroupVersion(group, version)
  return served === undefined ? undefined : apiResourceList(served)
}

/** The aggregated version a client prefers; undefined where it would rather have, or only knows, the old form. */
function aggregatedVersion(accept: string): DiscoveryVersion | undefined {
  for (const entry of accept.split(',')) {
    const [type, ...parameters] = entry.split(';').map((part) => part.trim())
    if (type !== 'application/json') continue
    if (!parameters.includes('as=APIGroupDiscoveryList')) return undefined
    if (!parameters.includes('g=apidiscovery.k8s.io')) continue
    if (parameters.includes('v=v2')) return 'v2'
    if (parameters.includes('v=v2beta1')) return 'v2beta1'
  }
  return undefined
}

interface Prepared {
  readonly bytes: Uint8Array
  readonly etag: string
}

/** The table of resources never changes, so neither do the documents: made when first asked for. */
const prepared = new Map<string, Prepared>()

function aggregatedAnswer(request: ApiRequest, path: '/api' | '/apis', version: DiscoveryVersion): ApiResponse {
  const { bytes, etag } = prepare(path, version)
  const headers = {
    // Exactly this type: the right body under another one makes kubectl see an empty server (X4).
    'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    'cache-control': 'public',
    etag,
    vary: 'Accept',
  }
  if (request.headers['if-none-match'] === etag) return bytesAnswer(304, new Uint8Array(), headers)
  return bytesAnswer(200, bytes, headers)
}

function prepare(path: '/api' | '/apis', version: DiscoveryVersion): Prepared {
  const key = `${path} ${version}`
  const known = prepared.get(key)
  if (known !== undefined) return known
  const bytes = Buffer.from(`${JSON.stringify(aggregatedDiscovery(path, version))}\n`)
  const made = { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex')}"` }
  prepared.set(key, made)
  return made
}
