// What a request asks for: the URL grammar (W2.1) and the verb (W2.2), looked up in tables made once at start.

import { type Resource, resources, type Subresource, type Verb } from '../api/resources.ts'
import type { ApiRequest } from '../api/wire.ts'

/** Which objects, or which one, or which part of it. */
export interface Target {
  readonly resource: Resource
  /** Undefined for cluster-wide resources, and for a collection across all namespaces. */
  readonly namespace: string | undefined
  /** Undefined: the collection. */
  readonly name: string | undefined
  readonly subresource: Subresource | undefined
}

export type Route =
  | { readonly to: 'target'; readonly target: Target; readonly verb: Verb }
  /** A served resource, but it does not know this method (W2.3). */
  | { readonly to: 'no-method'; readonly target: Target }
  /** A served group and version without such a resource: a Status (W1.6). */
  | { readonly to: 'no-resource' }
  /** Everything that is not below `/api/VERSION/…` or `/apis/GROUP/VERSION/…`. */
  | { readonly to: 'path' }

export function routeOf(request: ApiRequest): Route {
  const segments = segmentsOf(request.path)
  const root = segments === undefined ? undefined : rootOf(segments)
  if (segments === undefined || root === undefined) return { to: 'path' }
  const served = resourcesByRoot.get(root.groupVersion)
  if (served === undefined) return { to: 'path' }
  const rest = segments.slice(root.length)
  if (rest.length === 0) return { to: 'path' }
  // `/api/v1/watch/…`, of old: the path says it, where today the query does (W2.2).
  const isOldWatch = rest[0] === 'watch' && rest.length > 1
  const target = targetOf(served, isOldWatch ? rest.slice(1) : rest)
  if (target === undefined || (isOldWatch && target.subresource !== undefined)) return { to: 'no-resource' }
  const verb = isOldWatch ? oldWatchVerb(request, target) : verbOf(request, target)
  if (verb === undefined) return { to: 'no-method', target }
  return { to: 'target', target, verb }
}

/** The same path in its parts; undefined where an escape is malformed or a part is empty. */
function segmentsOf(path: string): string[] | undefined {
  const trimmed = path.endsWith('/') ? path.slice(1, -1) : path.slice(1)
  const segments = trimmed.split('/')
  if (segments.length > maxSegments) return undefined
  try {
    return path.includes('%') ? segments.map(decodeURIComponent) : segments
  } catch {
    return undefined
  }
}

/** `/apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME/SUBRESOURCE` is the longest there is; or with `watch`. */
const maxSegments = 8

/** Group and version → plural → resource. */
const resourcesByRoot: ReadonlyMap<string, ReadonlyMap<string, Resource>> = tableByRoot()

function tableByRoot(): Map<string, Map<string, Resource>> {
  const table = new Map<string, Map<string, Resource>>()
  for (const resource of resources) {
    const groupVersion = `${resource.group}/${resource.version}`
    const row = table.get(groupVersion) ?? new Map<string, Resource>()
    table.set(groupVersion, row.set(resource.plural, resource))
  }
  return table
}

function rootOf(segments: readonly string[]): { groupVersion: string; length: number } | undefined {
  if (segments[0] === 'api' && segments.length >= 2) return { groupVersion: `/${segments[1]}`, length: 2 }
  if (segments[0] !== 'apis' || segments.length < 3 || segments[1] === '') return undefined
  return { groupVersion: `${segments[1]}/${segments[2]}`, length: 3 }
}

function targetOf(served: ReadonlyMap<string, Resource>, rest: readonly string[]): Target | undefined {
  if (rest.some((segment) => segment === '')) return undefined
  // `namespaces/NAME/status` is the namespace itself; any other third part is a resource in it.
  const within = rest[0] === 'namespaces' && rest.length >= 3 && !(served.has('namespaces') && isOfNamespace(rest[2]!))
  const [plural, name, subresourceName, more] = within ? rest.slice(2) : rest
  const namespace = within ? rest[1] : undefined
  const resource = served.get(plural!)
  if (resource === undefined || more !== undefined) return undefined
  if (namespace !== undefined && !resource.namespaced) return undefined
  if (namespace === undefined && resource.namespaced && name !== undefined) return undefined
  const subresource = resource.subresources.find((row) => row.name === subresourceName)
  if (subresourceName !== undefined && subresource === undefined) return undefined
  return { resource, namespace, name, subresource }
}

function isOfNamespace(segment: string): boolean {
  return segment === 'status' || segment === 'finalize'
}

const itemVerbs: Readonly<Record<string, Verb>> = { GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

function verbOf(request: ApiRequest, { resource, namespace, name, subresource }: Target): Verb | undefined {
  if (subresource !== undefined) {
    const verb = request.method === 'POST' ? 'create' : itemVerbs[request.method]
    return verb !== undefined && subresource.verbs.includes(verb) ? verb : undefined
  }
  const verb = name === undefined ? collectionVerb(request) : itemVerbs[request.method]
  if (verb === undefined || !resource.verbs.includes(verb)) return undefined
  // All namespaces at once can be read, not written.
  const isRead = verb === 'get' || verb === 'list' || verb === 'watch'
  return isRead || !resource.namespaced || namespace !== undefined ? verb : undefined
}

function oldWatchVerb({ method }: ApiRequest, { resource }: Target): Verb | undefined {
  return method === 'GET' && resource.verbs.includes('watch') ? 'watch' : undefined
}

function collectionVerb(request: ApiRequest): Verb | undefined {
  switch (request.method) {
    case 'GET':
      return isTrue(request.query.get('watch')) ? 'watch' : 'list'
    case 'POST':
      return 'create'
    case 'DELETE':
      return 'deletecollection'
    default:
      return undefined
  }
}

/** A query's boolean, as upstream reads it: present without a value is true. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false'
}
