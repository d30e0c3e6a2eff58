// The paths of one resource in an OpenAPI document. kubectl looks among them for the patch of a kind: whether it knows
// `fieldValidation` and `dryRun`, and whether it takes a strategic merge patch (W4.3, W4.4).

import { apiVersionOf, type Resource, type Subresource, type Verb } from '../api/resources.ts'
import { componentKey, patchKey, refTo } from './openapi-schemas.ts'

/** Path → its operations and the parameters they share. */
export function resourcePaths(resource: Resource): Record<string, object> {
  const root = `${resource.group === '' ? '/api' : '/apis'}/${apiVersionOf(resource)}`
  const collection = `${root}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`
  const item = `${collection}/{name}`
  const places: Place[] = [
    { resource, path: collection, verbs: pick(resource.verbs, ['list', 'create', 'deletecollection']) },
    { resource, path: item, verbs: pick(resource.verbs, ['get', 'update', 'patch', 'delete']) },
    ...resource.subresources.map((part) => ({
      resource,
      part,
      path: `${item}/${part.name}`,
      verbs: part.verbs,
    })),
  ]
  if (resource.namespaced) {
    const path = `${root}/${resource.plural}`
    places.push({ resource, path, verbs: pick(resource.verbs, ['list']) })
  }
  return Object.fromEntries(
    places.filter(({ verbs }) => verbs.length > 0).map((place) => [place.path, pathItem(place)]),
  )
}

/** One path, and what can be done there. */
interface Place {
  readonly resource: Resource
  readonly part?: Subresource
  readonly path: string
  readonly verbs: readonly Verb[]
}

function pick(verbs: readonly Verb[], wanted: readonly Verb[]): Verb[] {
  return wanted.filter((verb) => verbs.includes(verb))
}

interface Method {
  readonly method: string
  /** How the operation's id begins. */
  readonly word: string
  /** `x-kubernetes-action`. */
  readonly action: string
  readonly description: string
}

const methods: Readonly<Record<Exclude<Verb, 'watch'>, Method>> = {
  create: { method: 'post', word: 'create', action: 'post', description: 'create' },
  delete: { method: 'delete', word: 'delete', action: 'delete', description: 'delete' },
  deletecollection: {
    method: 'delete',
    word: 'deleteCollection',
    action: 'deletecollection',
    description: 'delete a collection of',
  },
  get: { method: 'get', word: 'read', action: 'get', description: 'read the specified' },
  list: { method: 'get', word: 'list', action: 'list', description: 'list or watch objects of kind' },
  patch: { method: 'patch', word: 'patch', action: 'patch', description: 'partially update the specified' },
  update: { method: 'put', word: 'replace', action: 'put', description: 'replace the specified' },
}

function connects({ part }: Place): boolean {
  return part?.connects !== undefined
}

/** `connectCoreV1GetNamespacedPodExec`: here the verb is only the method. */
function connect(verb: Exclude<Verb, 'watch'>): Method {
  const { method } = methods[verb]
  const description = `connect ${method.toUpperCase()} requests to`
  return { method, word: 'connect', action: 'connect', description }
}

function pathItem(place: Place): object {
  const operations = place.verbs.flatMap((verb) =>
    verb === 'watch' ? [] : [[methods[verb].method, operation(place, verb)] as const],
  )
  const inPath = [...place.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', uniqueItems: true },
  }))
  const ofAll = place.part?.connects ?? ['pretty']
  return { ...Object.fromEntries(operations), parameters: [...inPath, ...ofAll.map(query)] }
}

function operation(place: Place, verb: Exclude<Verb, 'watch'>): object {
  const { resource, part } = place
  const { word, action, description } = connects(place) ? connect(verb) : methods[verb]
  const { group, version, kind } = kindAt(place)
  const what = part === undefined ? resource.kind : `${part.name} of ${resource.kind}`
  return {
    description: `${description} ${what}`,
    operationId: `${word}${idOf(place, connects(place) ? capital(methods[verb].method) : '')}`,
    tags: [`${resource.group === '' ? 'core' : groupWord(resource.group).toLowerCase()}_${resource.version}`],
    ...(connects(place) ? {} : asked(place, verb)),
    responses: responses(place, verb),
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, kind, version },
  }
}

/** `AppsV1NamespacedDaemonSetStatus`: unique in the document together with the verb's word. */
function idOf({ resource, part, path }: Place, method: string): string {
  const place = path.includes('{namespace}') ? 'Namespaced' : ''
  const everywhere = resource.namespaced && place === '' ? 'ForAllNamespaces' : ''
  const group = resource.group === '' ? 'Core' : groupWord(resource.group)
  return `${group}${capital(resource.version)}${method}${place}${resource.kind}${capital(part?.name ?? '')}${everywhere}`
}

/** `Coordination` of `coordination.k8s.io`. */
function groupWord(group: string): string {
  return capital(group.split('.')[0]!)
}

function capital(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`
}

/** The kind that travels here. */
function kindAt({ resource, part }: Place): Pick<Resource, 'group' | 'version' | 'kind' | 'schema'> {
  if (part?.kind === undefined) return resource
  const { kind, group = resource.group, version = resource.version } = part
  return { group, version, kind, schema: kind }
}

const ofWrites = ['dryRun', 'fieldManager', 'fieldValidation']
const ofDeletes = ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy']
const ofLists = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
  'watch',
]

const parameters: Readonly<Record<Exclude<Verb, 'watch'>, readonly string[]>> = {
  create: ofWrites,
  delete: ofDeletes,
  deletecollection: [...ofDeletes, ...ofLists.filter((name) => !/[wW]atch/.test(name))],
  get: [],
  list: ofLists,
  patch: [...ofWrites, 'force'],
  update: ofWrites,
}

const integers = new Set(['gracePeriodSeconds', 'limit', 'ports', 'timeoutSeconds'])
const booleans = new Set([
  'allowWatchBookmarks',
  'force',
  'orphanDependents',
  'sendInitialEvents',
  'stderr',
  'stdin',
  'stdout',
  'tty',
  'watch',
])

function query(name: string): object {
  const type = integers.has(name) ? 'integer' : booleans.has(name) ? 'boolean' : 'string'
  return { name, in: 'query', schema: { type, uniqueItems: true } }
}

function asked(place: Place, verb: Exclude<Verb, 'watch'>): object {
  const inQuery = parameters[verb].length === 0 ? {} : { parameters: parameters[verb].map(query) }
  return { ...inQuery, ...requestBody(place, verb) }
}

const patchTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]

function requestBody(place: Place, verb: Verb): object {
  switch (verb) {
    case 'create':
    case 'update':
      return { requestBody: { content: content(['*/*'], componentKey(kindAt(place))), required: true } }
    case 'patch':
      return { requestBody: { content: content(patchTypes, patchKey), required: true } }
    case 'delete':
    case 'deletecollection':
      return { requestBody: { content: content(['*/*'], componentKey({ schema: 'DeleteOptions' })) } }
    default:
      return {}
  }
}

function content(types: readonly string[], key: string): object {
  return Object.fromEntries(types.map((type) => [type, { schema: refTo(key) }]))
}

const served = ['application/json', 'application/yaml']

function responses(place: Place, verb: Verb): object {
  if (place.part?.name === 'log') {
    return { 200: { description: 'OK', content: { 'text/plain': { schema: { type: 'string' } } } } }
  }
  if (connects(place)) return { 200: { description: 'OK', content: { '*/*': { schema: { type: 'string' } } } } }
  const { schema } = kindAt(place)
  switch (verb) {
    case 'list':
      return { 200: ok(componentKey({ schema, isList: true })) }
    case 'create':
      return { 201: { ...ok(componentKey({ schema })), description: 'Created' } }
    case 'delete':
    case 'deletecollection':
      return { 200: ok(componentKey({ schema: 'Status' })) }
    default:
      return { 200: ok(componentKey({ schema })) }
  }
}

function ok(key: string): { description: string; content: object } {
  return { description: 'OK', content: content(served, key) }
}
