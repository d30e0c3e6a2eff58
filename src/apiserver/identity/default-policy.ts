// The roles and bindings every cluster has: a table. What upstream has is as upstream has it, reduced to the resources
// that exist here; `system:controllers` and `everynode:viewers` are ours. What a node may do is node-rules.ts.
// Upstream: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go.

import { certificatesGroup, kubeletClientSigner, kubeletServingSigner } from '../../api/certificates.ts'
import { type ClusterRole, type PolicyRule, type RoleBinding, rbacGroup } from '../../api/rbac.ts'
import { type Resource, resources } from '../../api/resources.ts'
import { groups } from './groups.ts'
import { pathMatches } from './policy-rules.ts'

const read = ['get', 'list', 'watch']
const write = ['create', 'delete', 'deletecollection', 'patch', 'update']
const readWrite = [...write, ...read]
const aggregatesTo = (role: string) => `rbac.authorization.k8s.io/aggregate-to-${role}`

/** Paths anybody may read, so that a health check needs no credentials. */
export const publicPaths: readonly string[] = ['/cacerts', '/healthz', '/livez', '/readyz', '/version', '/version/']

/** May be asked by somebody who showed no credentials at all. */
export function isPublic(method: string, path: string): boolean {
  return (method === 'GET' || method === 'HEAD') && publicPaths.some((pattern) => pathMatches(pattern, path))
}

/** A GET upgrades to a shell: reading verbs must not include these. */
const intoContainers: readonly string[] = ['pods/exec', 'pods/attach', 'pods/portforward']
/** Whoever has one is that service account. */
const credentials: readonly string[] = ['serviceaccounts/token']

/** What a view of a namespace shows: no secrets, and no roles, which may name some. */
const viewed: readonly [group: string, resources: string][] = [
  ['', 'configmaps endpoints events namespaces pods pods/log pods/status serviceaccounts services services/status'],
  ['apps', 'controllerrevisions daemonsets daemonsets/status'],
  ['extensions', 'daemonsets daemonsets/status'],
  ['policy', 'poddisruptionbudgets poddisruptionbudgets/status'],
]

const edited: readonly [group: string, resources: string][] = [
  ['', 'configmaps endpoints events pods secrets serviceaccounts services'],
  ['apps', 'daemonsets'],
  ['coordination.k8s.io', 'leases'],
  ['extensions', 'daemonsets'],
  ['policy', 'poddisruptionbudgets'],
]

export const defaultClusterRoles: readonly ClusterRole[] = [
  role('cluster-admin', [rule('*', '*', ['*']), pathRule('*', ['*'])]),
  aggregated('admin', [], 'admin'),
  aggregated('edit', ['admin'], 'edit'),
  aggregated('view', ['edit'], 'view'),
  role(
    'system:aggregate-to-admin',
    [
      rule('authorization.k8s.io', 'localsubjectaccessreviews', ['create']),
      rule(rbacGroup, 'roles rolebindings', readWrite),
    ],
    ['admin'],
  ),
  role(
    'system:aggregate-to-edit',
    [
      rule('', 'pods/attach pods/exec pods/portforward secrets', read),
      rule('', 'serviceaccounts', ['impersonate']),
      rule('', 'pods/attach pods/exec pods/portforward', write),
      rule('', 'pods/eviction serviceaccounts/token', ['create']),
      ...edited.map(([group, names]) => rule(group, names, write)),
      rule('coordination.k8s.io', 'leases', read),
    ],
    ['edit'],
  ),
  role(
    'system:aggregate-to-view',
    viewed.map(([group, names]) => rule(group, names, read)),
    ['view'],
  ),
  role('system:discovery', [
    pathRule('get', ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*', ...publicPaths]),
  ]),
  role('system:basic-user', [
    rule('authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews', ['create']),
    rule('authentication.k8s.io', 'selfsubjectreviews', ['create']),
  ]),
  role('system:public-info-viewer', [pathRule('get', publicPaths)]),
  role('system:monitoring', [
    pathRule('get', ['/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/readyz', '/readyz/*']),
  ]),
  // For servers that ask this one who somebody is, and what he may do: the agents' own API.
  role('system:auth-delegator', [
    rule('authentication.k8s.io', 'tokenreviews', ['create']),
    rule('authorization.k8s.io', 'subjectaccessreviews', ['create']),
  ]),
  // A newcomer asks for a certificate, and waits for it.
  role('system:node-bootstrapper', [rule(certificatesGroup, 'certificatesigningrequests', [...read, 'create'])]),
  role('system:certificates.k8s.io:certificatesigningrequests:nodeclient', [
    rule(certificatesGroup, 'certificatesigningrequests/nodeclient', ['create']),
  ]),
  role('system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', [
    rule(certificatesGroup, 'certificatesigningrequests/selfnodeclient', ['create']),
  ]),
  // Ours: upstream leaves every serving certificate to somebody who looks at it (node-serving.ts).
  role('system:certificates.k8s.io:certificatesigningrequests:selfnodeserver', [
    rule(certificatesGroup, 'certificatesigningrequests/selfnodeserver', ['create']),
  ]),
  role('system:certificates.k8s.io:kube-apiserver-client-kubelet-approver', [
    { ...rule(certificatesGroup, 'signers', ['approve']), resourceNames: [kubeletClientSigner] },
  ]),
  role('system:certificates.k8s.io:kubelet-serving-approver', [
    { ...rule(certificatesGroup, 'signers', ['approve']), resourceNames: [kubeletServingSigner] },
  ]),
  role('system:controller:certificate-controller', [
    {
      ...rule(certificatesGroup, 'signers', ['approve', 'sign']),
      resourceNames: [kubeletClientSigner, kubeletServingSigner],
    },
  ]),
  // One role for all controllers: the garbage collector and the namespace controller touch every resource anyway.
  role(
    'system:controllers',
    everything(readWrite, (name) => ![...intoContainers, ...credentials].includes(name)),
  ),
  // It gives rules it does not hold. Upstream: controller_policy.go.
  role('system:controller:clusterrole-aggregation-controller', [
    rule(rbacGroup, 'clusterroles', ['escalate', 'get', 'list', 'patch', 'update', 'watch']),
  ]),
  role('everynode:viewers', [
    ...everything(read, (name) => !['secrets', ...intoContainers, ...credentials].includes(name)),
    pathRule('get', ['/', '/metrics']),
  ]),
]

export const defaultClusterRoleBindings: readonly RoleBinding[] = [
  binding('cluster-admin', 'cluster-admin', groups.masters),
  binding('system:discovery', 'system:discovery', groups.authenticated),
  binding('system:basic-user', 'system:basic-user', groups.authenticated),
  binding('system:public-info-viewer', 'system:public-info-viewer', groups.authenticated, groups.unauthenticated),
  binding('system:monitoring', 'system:monitoring', groups.monitoring),
  binding('system:controllers', 'system:controllers', groups.controllers),
  ofController('clusterrole-aggregation-controller'),
  ofController('certificate-controller'),
  binding('everynode:node-bootstrapper', 'system:node-bootstrapper', groups.bootstrappers),
  binding(
    'everynode:node-autoapprove-bootstrap',
    'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
    groups.bootstrappers,
  ),
  binding(
    'everynode:node-autoapprove-certificate-rotation',
    'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    groups.nodes,
  ),
  binding(
    'everynode:node-autoapprove-serving-certificate',
    'system:certificates.k8s.io:certificatesigningrequests:selfnodeserver',
    groups.nodes,
  ),
  binding('everynode:viewers', 'everynode:viewers', groups.viewers),
]

function role(name: string, rules: PolicyRule[], aggregated: readonly string[] = []): ClusterRole {
  const labels = Object.fromEntries(aggregated.map((to) => [aggregatesTo(to), 'true']))
  return { metadata: defaultMeta(name, labels), rules }
}

/** A role whose rules are those of all roles that are labelled for it. */
function aggregated(name: string, into: readonly string[], from: string): ClusterRole {
  const selector = { matchLabels: { [aggregatesTo(from)]: 'true' } }
  return { ...role(name, [], into), aggregationRule: { clusterRoleSelectors: [selector] } }
}

/** `autoupdate`: what is missing of it is put back at every start; set it to "false" to have it your way. */
function defaultMeta(name: string, labels: Record<string, string> = {}) {
  return {
    name,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  }
}

function binding(name: string, clusterRole: string, ...toGroups: string[]): RoleBinding {
  return {
    metadata: defaultMeta(name),
    subjects: toGroups.map((group) => ({ kind: 'Group', apiGroup: rbacGroup, name: group })),
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: clusterRole },
  }
}

/** What one controller may besides the others, and needs no more than. */
function ofController(name: string): RoleBinding {
  const role = `system:controller:${name}`
  return { ...binding(role, role), subjects: [{ kind: 'User', apiGroup: rbacGroup, name: role }] }
}

function rule(group: string, names: string, verbs: readonly string[]): PolicyRule {
  return { verbs: [...verbs], apiGroups: [group], resources: names.split(' ') }
}

function pathRule(verb: string, paths: readonly string[]): PolicyRule {
  return { verbs: [verb], nonResourceURLs: [...paths] }
}

/** Rules for what this server serves, a rule a group: the rule language has a `*`, but no exceptions to it. */
function everything(verbs: readonly string[], isMeant: (name: string) => boolean): PolicyRule[] {
  const byGroup = new Map<string, string[]>()
  for (const row of resources) {
    const names = byGroup.get(row.group) ?? []
    byGroup.set(row.group, [...names, ...namesOf(row).filter(isMeant)])
  }
  return [...byGroup].map(([group, names]) => rule(group, names.join(' '), verbs))
}

function namesOf({ plural, subresources }: Resource): string[] {
  return [plural, ...subresources.map(({ name }) => `${plural}/${name}`)]
}
