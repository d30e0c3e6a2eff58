// The API server: a function from a request to its answer, over a store. No socket, no clock and no chance of its own.
// The way of a request: who asks, for what, may they, and then the verb. Upstream: apiserver/pkg/endpoints.

import type { Resource } from '../api/resources.ts'
import { ApiError, noSuchResourceError } from '../api/status.ts'
import type { ApiRequest, ApiResponse, Send, User } from '../api/wire.ts'
import { UnreadableRecord } from '../store/encryption/encrypted-journal.ts'
import { StoreUnavailable } from '../store/store.ts'
import { refusalAnswer } from './answer.ts'
import { anonymous, authorize } from './authorization.ts'
import { createFacts } from './authorization-facts.ts'
import { bootstrap } from './bootstrap.ts'
import { type AuditTrail, createAudit } from './identity/audit.ts'
import { Grants } from './identity/grants.ts'
import { signerOfThisRun } from './identity/jwt.ts'
import { createTokens } from './identity/tokens.ts'
import { asWhom } from './impersonation.ts'
import { createMetrics } from './metrics.ts'
import { negotiate, wantsPretty } from './negotiate.ts'
import { type Address, announce } from './own-service.ts'
import type { ApiserverOptions, Call, Parts } from './parts.ts'
import { type Health, pathAnswer, type Self } from './paths.ts'
import { type Route, routeOf } from './request.ts'
import { reviewAccess, reviewLocalAccess, reviewOwnAccess } from './subresources/access-review.ts'
import { bind } from './subresources/binding.ts'
import { evict } from './subresources/eviction.ts'
import { log } from './subresources/log.ts'
import { attach, exec, portForward } from './subresources/streaming.ts'
import { requestToken } from './subresources/token-request.ts'
import { reviewOwnRules, reviewSelf, reviewToken } from './subresources/user-reviews.ts'
import { create } from './verbs/create.ts'
import { remove } from './verbs/delete.ts'
import { removeCollection } from './verbs/delete-collection.ts'
import { get } from './verbs/get.ts'
import { list } from './verbs/list.ts'
import { patch } from './verbs/patch.ts'
import { update } from './verbs/update.ts'
import { watch } from './verbs/watch.ts'
import { createHubs } from './watch/hub.ts'

export type { ApiserverOptions } from './parts.ts'

export interface Apiserver {
  /** Never rejects: whatever goes wrong is an answer. */
  readonly handle: Send
  /** Resolves when the cluster's own namespaces are there; rejects when they cannot be made. */
  readonly ready: Promise<void>
  /** Whose bearer token this is; undefined: nobody's. */
  userOfToken(token: string): User | undefined
  /** Where it can be reached: the endpoints of the service `kubernetes` say it. */
  announce(address: Address): Promise<void>
  /** Ends every watch; the store stays open, it is its owner's. */
  close(): void
}

export function createApiserver(options: ApiserverOptions): Apiserver {
  const hubs = createHubs(options)
  const grants = new Grants(options.store)
  const tokens = createTokens({ ...options, signer: options.tokenSigner ?? signerOfThisRun() })
  const parts: Parts = {
    kubelets: () => undefined,
    durability: 'default',
    ...options,
    hubs,
    facts: createFacts({ store: options.store, hubs, grants }),
    tokens,
  }
  let bootstrapped: 'not yet' | 'done' | 'failed' = 'not yet'
  const ready = bootstrap(parts).then(
    () => {
      bootstrapped = 'done'
    },
    (error: unknown) => {
      bootstrapped = 'failed'
      options.log.error('bootstrap failed', { error: String(error) })
      throw error
    },
  )
  // Whoever does not wait for it hears of it from /readyz.
  ready.catch(() => {})
  const health: Health = {
    checks: () => ({ ping: undefined, bootstrap: bootstrapped === 'done' ? undefined : bootstrapped }),
  }
  const metrics = createMetrics(parts)
  const self: Self = { health, metrics, caCertificate: options.caCertificate ?? '' }
  const beginAudit = options.audit === undefined ? undefined : createAudit({ ...options, tell: options.audit })
  return {
    ready,
    userOfToken: (token) => tokens.holderOf(token)?.user,
    handle: async (request) => {
      const route = routeOf(request)
      const finished = metrics.begin(route)
      const trail = beginAudit?.(request, route, request.user ?? anonymous)
      const answered = await answer(parts, self, request, route, trail).catch((error: unknown) =>
        refusalAnswer(refusalFrom(parts, request, error), wantsPretty(request)),
      )
      finished(answered.status)
      return trail === undefined ? answered : trail.answered(answered)
    },
    announce: (address) => announce(parts, address),
    close() {
      hubs.close()
      grants.close()
    },
  }
}

async function answer(
  parts: Parts,
  self: Self,
  asked: ApiRequest,
  route: Route,
  trail: AuditTrail | undefined,
): Promise<ApiResponse> {
  const request = asWhom(parts, asked, trail)
  const user = authorize(parts, request, route, trail)
  switch (route.to) {
    case 'path':
      return pathAnswer(request, self)
    case 'no-resource':
      throw noSuchResourceError()
    case 'no-method':
      throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
    case 'target':
      return verbOf(route)(parts, { request, user, target: route.target, presentation: negotiate(request) })
    default:
      return route satisfies never
  }
}

type Verb = (parts: Parts, call: Call) => Promise<ApiResponse>

const verbs: Readonly<Record<(Route & { to: 'target' })['verb'], Verb>> = {
  create,
  delete: remove,
  deletecollection: removeCollection,
  get,
  list,
  patch,
  update,
  watch,
}

/** Subresources that are more than another way to write the object. */
const subresources: Readonly<Record<string, Verb>> = {
  attach,
  binding: bind,
  eviction: evict,
  exec,
  log,
  portforward: portForward,
  token: requestToken,
}

/** Kinds that are questions: creating one answers it. */
const questions: Readonly<Record<Resource['plural'], Verb>> = {
  localsubjectaccessreviews: reviewLocalAccess,
  selfsubjectaccessreviews: reviewOwnAccess,
  selfsubjectreviews: reviewSelf,
  selfsubjectrulesreviews: reviewOwnRules,
  subjectaccessreviews: reviewAccess,
  tokenreviews: reviewToken,
}

function verbOf({ target, verb }: Route & { to: 'target' }): Verb {
  const special =
    target.subresource === undefined ? questions[target.resource.plural] : subresources[target.subresource.name]
  return special ?? verbs[verb]
}

function refusalFrom({ log }: Parts, request: ApiRequest, error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const { method, path } = request
  if (error instanceof StoreUnavailable) {
    log.warn('store unavailable', { method, path, error: error.message })
    // No Retry-After: kubectl would ask ten times before it says why, and a store that failed stays so until a restart.
    return new ApiError('ServiceUnavailable', error.message)
  }
  if (error instanceof UnreadableRecord) log.warn('object cannot be read', { method, path, error: error.message })
  else logFailure(log, request, error)
  const why = error instanceof Error ? error.message : String(error)
  return new ApiError('InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] })
}

function logFailure(log: Parts['log'], { method, path }: ApiRequest, error: unknown): void {
  const fields = error instanceof Error ? { error: error.message, stack: error.stack } : { error: String(error) }
  log.error('request failed', { method, path, ...fields })
}
