// What a request looks like before it is sent: the path of a resource (W2.1), the query, the headers.

import { qualifiedName, type Resource } from '../api/resources.ts'
import type { ApiRequest, User } from '../api/wire.ts'
import { assert } from '../base/assert.ts'

/** Which object, and which of its subresources. */
export interface At {
  readonly namespace?: string | undefined
  readonly name: string
  readonly subresource?: string | undefined
}

/** `/apis/apps/v1/namespaces/default/daemonsets/x/status`; without a name the collection. */
export function pathOf(resource: Resource, at: Partial<At>): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`
  const segments = resource.namespaced && at.namespace !== undefined ? ['namespaces', at.namespace] : []
  segments.push(resource.plural)
  if (at.name !== undefined) {
    assert(at.name !== '', `request ${qualifiedName(resource)}: the name is empty`)
    assert(
      !resource.namespaced || at.namespace !== undefined,
      `request ${qualifiedName(resource)} "${at.name}": it lives in a namespace, none was given`,
    )
    segments.push(at.name)
    if (at.subresource !== undefined) segments.push(at.subresource)
  }
  return `${root}/${segments.map(encodeURIComponent).join('/')}`
}

export type QueryValues = Readonly<Record<string, string | number | boolean | undefined>>

/** The query without what is undefined or empty. */
export function queryOf(values: QueryValues): URLSearchParams {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') query.set(name, String(value))
  }
  return query
}

export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly query?: QueryValues | URLSearchParams
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
}

const noBody = new Uint8Array()

export function apiRequest(raw: RawRequest, userAgent: string, user: User | undefined): ApiRequest {
  const query = raw.query instanceof URLSearchParams ? raw.query : queryOf(raw.query ?? {})
  const body = typeof raw.body === 'string' ? Buffer.from(raw.body) : (raw.body ?? noBody)
  const headers = { accept: 'application/json', 'user-agent': userAgent, ...raw.headers }
  return { method: raw.method, path: raw.path, query, headers, body, user }
}
