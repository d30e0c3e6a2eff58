// Who did what, and was it allowed: one event a request, without anything of what was sent or answered, so that no
// secret, no token and no value of an object ever stands in it. Told to a callback; off without one.
// Upstream: apiserver/pkg/audit, level Metadata of audit.k8s.io/v1.

import { apiVersionOf } from '../../api/resources.ts'
import { formatMicroTime } from '../../api/time.ts'
import type { ApiRequest, ApiResponse, ByteSink, User } from '../../api/wire.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Route } from '../request.ts'
import type { Decision } from './authorize.ts'
import { publicPaths } from './default-policy.ts'
import { grantText } from './grants.ts'
import { groups } from './groups.ts'

export const auditLimits = {
  /** Of a URL; the rest is left out. */
  uriCharacters: 2048,
} as const

export interface AuditEvent {
  readonly kind: 'Event'
  readonly apiVersion: 'audit.k8s.io/v1'
  readonly level: 'Metadata'
  readonly auditID: string
  /** A watch, a log or an exec tells twice: when it begins and when it ends. */
  readonly stage: 'ResponseStarted' | 'ResponseComplete'
  readonly requestURI: string
  readonly verb: string
  readonly user: AuditUser
  readonly impersonatedUser?: AuditUser
  readonly userAgent?: string
  readonly objectRef?: {
    readonly resource: string
    readonly namespace?: string
    readonly name?: string
    readonly apiGroup?: string
    readonly apiVersion: string
    readonly subresource?: string
  }
  /** Without a message: that may quote what was sent. */
  readonly responseStatus: { readonly metadata: Record<string, never>; readonly code: number }
  readonly requestReceivedTimestamp: string
  readonly stageTimestamp: string
  readonly annotations?: Readonly<Record<string, string>>
}

interface AuditUser {
  readonly username: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** What happens to one request; each part is told as soon as it is known. */
export interface AuditTrail {
  impersonates(user: User): void
  decided(decision: Decision): void
  /** The answer as it goes out: one that streams tells of its end. */
  answered(answer: ApiResponse): ApiResponse
}

export interface AuditOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly tell: (event: AuditEvent) => void
}

/** Undefined: nothing is told of this request. */
export type BeginAudit = (request: ApiRequest, route: Route, user: User) => AuditTrail | undefined

export function createAudit({ clock, random, tell }: AuditOptions): BeginAudit {
  return (request, route, user) => {
    if (isRoutine(request, route, user)) return undefined
    const auditID = random.uuid()
    const received = formatMicroTime(clock.now())
    const facts = { ...factsOf(request, route), user: auditUser(user) }
    let impersonatedUser: User | undefined
    let decision: Decision | undefined

    const tellOf = (stage: AuditEvent['stage'], code: number) =>
      tell({
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        level: 'Metadata',
        auditID,
        stage,
        ...facts,
        ...(impersonatedUser === undefined ? {} : { impersonatedUser: auditUser(impersonatedUser) }),
        responseStatus: { metadata: {}, code },
        requestReceivedTimestamp: received,
        stageTimestamp: formatMicroTime(clock.now()),
        ...(decision === undefined ? {} : { annotations: annotationsOf(decision) }),
      })

    return {
      impersonates: (other) => {
        impersonatedUser = other
      },
      decided: (made) => {
        decision = made
      },
      answered: (answer) => {
        const { body, status, upgrade } = answer
        const headers = { ...answer.headers, 'audit-id': auditID }
        if (upgrade !== undefined) {
          tellOf('ResponseStarted', status)
          const ended = () => {
            tellOf('ResponseComplete', status)
            upgrade.ended()
          }
          return { ...answer, headers, upgrade: { ...upgrade, ended } }
        }
        if (body.kind !== 'stream') {
          tellOf('ResponseComplete', status)
          return { ...answer, headers }
        }
        tellOf('ResponseStarted', status)
        const start = (sink: ByteSink) => startTold(body.start, sink, () => tellOf('ResponseComplete', status))
        return { ...answer, headers, body: { kind: 'stream', start } }
      },
    }
  }
}

/** What comes by itself, all the time, and says nothing: probes, and the cluster's own heartbeats and events. */
function isRoutine({ method, path }: ApiRequest, route: Route, { groups: held }: User): boolean {
  if (route.to === 'path') return method === 'GET' && publicPaths.includes(path)
  if (route.to !== 'target') return false
  const isOwn = held.includes(groups.nodes) || held.includes(groups.controllers)
  const { plural } = route.target.resource
  return isOwn && (plural === 'leases' || plural === 'events')
}

function factsOf({ method, path, query, headers }: ApiRequest, route: Route) {
  const text = String(query)
  const uri = text === '' ? path : `${path}?${text}`
  const agent = headers['user-agent']
  return {
    requestURI: uri.slice(0, auditLimits.uriCharacters),
    verb: route.to === 'target' ? route.verb : method.toLowerCase(),
    ...(agent === undefined ? {} : { userAgent: agent }),
    ...(route.to === 'target' ? { objectRef: objectOf(route) } : {}),
  }
}

function objectOf({ target }: Route & { to: 'target' }): NonNullable<AuditEvent['objectRef']> {
  const { resource, namespace, name, subresource } = target
  return {
    resource: resource.plural,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(resource.group === '' ? {} : { apiGroup: resource.group }),
    apiVersion: apiVersionOf({ group: '', version: resource.version }),
    ...(subresource === undefined ? {} : { subresource: subresource.name }),
  }
}

function auditUser({ name, uid, groups, extra }: User): AuditUser {
  return { username: name, ...(uid === undefined ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) }
}

function annotationsOf(decision: Decision): Record<string, string> {
  const reason = decision.allowed
    ? decision.grant === undefined
      ? ''
      : `RBAC: allowed by ${grantText(decision.grant)}`
    : decision.reason
  return {
    'authorization.k8s.io/decision': decision.allowed ? 'allow' : 'forbid',
    'authorization.k8s.io/reason': reason,
  }
}

/** Whoever ends it, reader or server: it is told once. */
function startTold(start: (sink: ByteSink) => () => void, sink: ByteSink, tell: () => void): () => void {
  let told = false
  const ended = () => {
    if (!told) tell()
    told = true
  }
  const stop = start({
    write: (chunk) => sink.write(chunk),
    drained: () => sink.drained(),
    end: () => {
      ended()
      sink.end()
    },
    destroy: () => {
      ended()
      sink.destroy()
    },
  })
  return () => {
    ended()
    stop()
  }
}
