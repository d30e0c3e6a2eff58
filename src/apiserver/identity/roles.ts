// The roles: which verbs on which resources and paths each group holds. A table; its rows are the documentation.
// Upstream: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go.

import type { User } from '../../api/wire.ts'
import type { RequestAttributes } from './authorize.ts'

export type Rule =
  | {
      readonly verbs: readonly string[]
      readonly groups: readonly string[]
      /** `pods`, `pods/log`, `*` (every resource and subresource). */
      readonly resources: readonly string[]
      /** `*` with exceptions: these are not meant. */
      readonly except?: readonly string[]
    }
  | {
      readonly verbs: readonly string[]
      /** A trailing `*` stands for whatever follows. */
      readonly paths: readonly string[]
    }

export interface Role {
  /** Held by every member of this group. */
  readonly group: string
  readonly rules: readonly Rule[]
}

export const groups = {
  /** Everything. Only a certificate of this cluster's own authority can say it. */
  masters: 'system:masters',
  controllers: 'system:controllers',
  nodes: 'system:nodes',
  viewers: 'everynode:viewers',
  authenticated: 'system:authenticated',
  unauthenticated: 'system:unauthenticated',
} as const

const read = ['get', 'list', 'watch']
const write = ['create', 'update', 'patch', 'delete', 'deletecollection']
const any = ['*']

/** A GET upgrades to a shell: reading verbs must not include these. */
const intoContainers = ['pods/exec', 'pods/attach', 'pods/portforward']

/** Paths anybody may read, so that a health check needs no credentials. Upstream: system:public-info-viewer. */
export const publicPaths: readonly string[] = [
  '/healthz',
  '/healthz/*',
  '/livez',
  '/livez/*',
  '/readyz',
  '/readyz/*',
  '/version',
  '/version/',
]

export const roles: readonly Role[] = [
  {
    group: groups.masters,
    rules: [
      { verbs: any, groups: any, resources: any },
      { verbs: any, paths: ['*'] },
    ],
  },
  {
    // One role for all controllers: the garbage collector and the namespace controller touch every resource anyway.
    group: groups.controllers,
    rules: [{ verbs: [...read, ...write], groups: any, resources: any, except: intoContainers }],
  },
  {
    group: groups.viewers,
    rules: [
      { verbs: read, groups: any, resources: any, except: ['secrets', ...intoContainers] },
      { verbs: ['get'], paths: ['/', '/metrics'] },
    ],
  },
  {
    // What every client asks before it does anything. Upstream: system:discovery and system:basic-user.
    group: groups.authenticated,
    rules: [
      { verbs: ['get', 'head'], paths: ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*'] },
      { verbs: ['get', 'head'], paths: publicPaths },
      {
        verbs: ['create'],
        groups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      },
      { verbs: ['create'], groups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
    ],
  },
  { group: groups.unauthenticated, rules: [{ verbs: ['get', 'head'], paths: publicPaths }] },
]

/** May be asked by somebody who showed no credentials at all. */
export function isPublic(method: string, path: string): boolean {
  return (method === 'GET' || method === 'HEAD') && publicPaths.some((pattern) => pathMatches(pattern, path))
}

/** The roles a user holds through its groups. */
export function rolesOf(user: User, extra: readonly Role[]): Role[] {
  const holds = (role: Role) => user.groups.includes(role.group)
  return [...roles.filter(holds), ...extra.filter(holds)]
}

export function allows(role: Role, attributes: RequestAttributes): boolean {
  return role.rules.some((rule) => ruleAllows(rule, attributes))
}

function ruleAllows(rule: Rule, attributes: RequestAttributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false
  if (attributes.kind === 'path') {
    return 'paths' in rule && rule.paths.some((pattern) => pathMatches(pattern, attributes.path))
  }
  if (!('resources' in rule) || !has(rule.groups, attributes.group)) return false
  const { plural, subresource } = attributes
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`
  const excepted = rule.except?.includes(resource) || rule.except?.includes(plural)
  return has(rule.resources, resource) && excepted !== true
}

function has(list: readonly string[], word: string): boolean {
  return list.includes(word) || list.includes('*')
}

export function pathMatches(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
}
