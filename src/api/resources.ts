// The table of everything the embedded API server serves: one row a resource. Discovery, routing, OpenAPI, storage
// and the garbage collector read it; nothing else says what exists. Upstream: pkg/registry/*/rest/storage_*.go.

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'

export interface Subresource {
  readonly name: string
  /** The kind that travels, where it is not the resource's own (`Eviction` of policy/v1, `Binding` …). */
  readonly kind?: string
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly Verb[]
  /** Takes the connection over: its kind only names what the query may ask, and never travels. */
  readonly connects?: readonly string[]
}

export interface Resource {
  /** '' is the core group. */
  readonly group: string
  readonly version: string
  /** Plural, lower case: the word in the URL. */
  readonly plural: string
  readonly singular: string
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly Verb[]
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly subresources: readonly Subresource[]
  /** Name of the type in the schema table (schema/types.generated.ts), e.g. `DaemonSet`. */
  readonly schema: string
  /**
   * Where the objects are kept: a collection of the store. Two resources with one collection are two views of the same
   * objects (daemonsets in apps/v1 and extensions/v1beta1, events in v1 and events.k8s.io/v1).
   */
  readonly collection: string
  /** True where metadata.generation counts spec changes (W12.2). */
  readonly hasGeneration: boolean
  /** Leases and events are answered before they are flushed (DESIGN section 5), unless durability is strict. */
  readonly durability: 'flushed' | 'written'
}

const everyVerb: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const statusVerbs: readonly Verb[] = ['get', 'patch', 'update']
const containerQuery = ['container', 'stderr', 'stdin', 'stdout', 'tty'] as const
const status: Subresource = { name: 'status', verbs: statusVerbs }

/** A WebSocket begins with GET, SPDY with POST. */
function connecting(name: string, kind: string, connects: readonly string[]): Subresource {
  return { name, kind, verbs: ['create', 'get'], connects }
}

type Row = Partial<Resource> & Pick<Resource, 'plural' | 'kind'>

function resource(group: string, version: string, row: Row): Resource {
  return {
    group,
    version,
    singular: row.kind.toLowerCase(),
    namespaced: true,
    verbs: everyVerb,
    shortNames: [],
    categories: [],
    subresources: [],
    schema: row.kind,
    collection: group === '' ? row.plural : `${group}/${row.plural}`,
    hasGeneration: false,
    durability: 'flushed',
    ...row,
  }
}

/** A kind that is only asked, never kept: creating one answers it. */
function question(group: string, plural: string, kind: string, namespaced = false): Resource {
  return resource(group, 'v1', { plural, kind, namespaced, verbs: ['create'] })
}

/**
 * In the order of discovery: `apps` before `extensions`, so that `ds` means apps/v1; the old group advertises no short
 * name and no category, so that nobody is warned (W3.9).
 */
export const resources: readonly Resource[] = [
  resource('', 'v1', { plural: 'configmaps', kind: 'ConfigMap', shortNames: ['cm'] }),
  resource('', 'v1', { plural: 'endpoints', kind: 'Endpoints', singular: 'endpoints', shortNames: ['ep'] }),
  resource('', 'v1', { plural: 'events', kind: 'Event', shortNames: ['ev'], durability: 'written' }),
  resource('', 'v1', {
    plural: 'namespaces',
    kind: 'Namespace',
    namespaced: false,
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    shortNames: ['ns'],
    subresources: [{ name: 'finalize', verbs: ['update'] }, status],
  }),
  resource('', 'v1', { plural: 'nodes', kind: 'Node', namespaced: false, shortNames: ['no'], subresources: [status] }),
  resource('', 'v1', {
    plural: 'pods',
    kind: 'Pod',
    shortNames: ['po'],
    categories: ['all'],
    subresources: [
      connecting('attach', 'PodAttachOptions', containerQuery),
      { name: 'binding', kind: 'Binding', verbs: ['create'] },
      { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
      connecting('exec', 'PodExecOptions', ['command', ...containerQuery]),
      { name: 'log', verbs: ['get'] },
      connecting('portforward', 'PodPortForwardOptions', ['ports']),
      status,
    ],
  }),
  resource('', 'v1', { plural: 'secrets', kind: 'Secret' }),
  resource('', 'v1', {
    plural: 'serviceaccounts',
    kind: 'ServiceAccount',
    shortNames: ['sa'],
    subresources: [
      { name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
    ],
  }),
  resource('', 'v1', {
    plural: 'services',
    kind: 'Service',
    shortNames: ['svc'],
    categories: ['all'],
    subresources: [status],
  }),
  resource('apps', 'v1', { plural: 'controllerrevisions', kind: 'ControllerRevision' }),
  resource('apps', 'v1', {
    plural: 'daemonsets',
    kind: 'DaemonSet',
    shortNames: ['ds'],
    categories: ['all'],
    subresources: [status],
    hasGeneration: true,
  }),
  resource('events.k8s.io', 'v1', {
    plural: 'events',
    kind: 'Event',
    shortNames: ['ev'],
    schema: 'EventsV1Event',
    collection: 'events',
    durability: 'written',
  }),
  resource('coordination.k8s.io', 'v1', { plural: 'leases', kind: 'Lease', durability: 'written' }),
  question('authorization.k8s.io', 'localsubjectaccessreviews', 'LocalSubjectAccessReview', true),
  question('authorization.k8s.io', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
  question('authorization.k8s.io', 'selfsubjectrulesreviews', 'SelfSubjectRulesReview'),
  question('authorization.k8s.io', 'subjectaccessreviews', 'SubjectAccessReview'),
  question('authentication.k8s.io', 'selfsubjectreviews', 'SelfSubjectReview'),
  question('authentication.k8s.io', 'tokenreviews', 'TokenReview'),
  resource('node.k8s.io', 'v1', { plural: 'runtimeclasses', kind: 'RuntimeClass', namespaced: false }),
  resource('policy', 'v1', {
    plural: 'poddisruptionbudgets',
    kind: 'PodDisruptionBudget',
    shortNames: ['pdb'],
    subresources: [status],
    hasGeneration: true,
  }),
  resource('certificates.k8s.io', 'v1', {
    plural: 'certificatesigningrequests',
    kind: 'CertificateSigningRequest',
    namespaced: false,
    shortNames: ['csr'],
    subresources: [{ name: 'approval', verbs: statusVerbs }, status],
  }),
  resource('rbac.authorization.k8s.io', 'v1', {
    plural: 'clusterrolebindings',
    kind: 'ClusterRoleBinding',
    namespaced: false,
  }),
  resource('rbac.authorization.k8s.io', 'v1', { plural: 'clusterroles', kind: 'ClusterRole', namespaced: false }),
  resource('rbac.authorization.k8s.io', 'v1', { plural: 'rolebindings', kind: 'RoleBinding' }),
  resource('rbac.authorization.k8s.io', 'v1', { plural: 'roles', kind: 'Role' }),
  resource('extensions', 'v1beta1', {
    plural: 'daemonsets',
    kind: 'DaemonSet',
    subresources: [status],
    schema: 'DaemonSetV1beta1',
    collection: 'apps/daemonsets',
    hasGeneration: true,
  }),
]

/** `v1`, `apps/v1`: the apiVersion of a resource's objects. */
export function apiVersionOf(resource: Pick<Resource, 'group' | 'version'>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}

/** `daemonsets.apps`, `pods`: how error texts and the command line name a resource. */
export function qualifiedName(resource: Pick<Resource, 'group' | 'plural'>): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`
}

export function findResource(group: string, version: string, plural: string): Resource | undefined {
  return resources.find((row) => row.group === group && row.version === version && row.plural === plural)
}

export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return resources.find((row) => row.kind === kind && apiVersionOf(row) === apiVersion)
}

function known(group: string, version: string, plural: string): Resource {
  const found = findResource(group, version, plural)
  if (found === undefined) throw new Error(`the table of resources has no ${group}/${version} ${plural}`)
  return found
}

export const configMaps = known('', 'v1', 'configmaps')
export const endpoints = known('', 'v1', 'endpoints')
export const events = known('', 'v1', 'events')
export const eventsV1 = known('events.k8s.io', 'v1', 'events')
export const namespaces = known('', 'v1', 'namespaces')
export const nodes = known('', 'v1', 'nodes')
export const pods = known('', 'v1', 'pods')
export const secrets = known('', 'v1', 'secrets')
export const serviceAccounts = known('', 'v1', 'serviceaccounts')
export const services = known('', 'v1', 'services')
export const controllerRevisions = known('apps', 'v1', 'controllerrevisions')
export const daemonSets = known('apps', 'v1', 'daemonsets')
export const oldDaemonSets = known('extensions', 'v1beta1', 'daemonsets')
export const leases = known('coordination.k8s.io', 'v1', 'leases')
export const podDisruptionBudgets = known('policy', 'v1', 'poddisruptionbudgets')
export const runtimeClasses = known('node.k8s.io', 'v1', 'runtimeclasses')
export const certificateSigningRequests = known('certificates.k8s.io', 'v1', 'certificatesigningrequests')
export const selfSubjectAccessReviews = known('authorization.k8s.io', 'v1', 'selfsubjectaccessreviews')
export const subjectAccessReviews = known('authorization.k8s.io', 'v1', 'subjectaccessreviews')
export const clusterRoles = known('rbac.authorization.k8s.io', 'v1', 'clusterroles')
export const clusterRoleBindings = known('rbac.authorization.k8s.io', 'v1', 'clusterrolebindings')
export const roles = known('rbac.authorization.k8s.io', 'v1', 'roles')
export const roleBindings = known('rbac.authorization.k8s.io', 'v1', 'rolebindings')
