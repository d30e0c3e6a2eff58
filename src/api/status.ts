// Refusals: the Status object that answers a request that was not carried out, and the error that carries it inside
// the program. Texts as seen on the wire (W6.3). Upstream: apimachinery/pkg/api/errors/errors.go.

import { type FieldError, fieldErrorText } from './field-error.ts'
import { qualifiedName, type Resource } from './resources.ts'

/** Reason → HTTP status code. */
export const reasons = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const

export type Reason = keyof typeof reasons

export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: { continue?: string }
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  code?: number
}

/** An expected refusal. Everything that is not one of these is a bug and answers 500. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly reason: Reason
  readonly code: number
  readonly details: StatusDetails | undefined
  /** A continue token the client may go on with (only with 410 of a paged list, W6.5). */
  readonly continueToken: string | undefined
  readonly #plain: boolean

  /** `plain`: of an error without a reason of its own, of which upstream tells the message only. */
  constructor(
    reason: Reason,
    message: string,
    details?: StatusDetails,
    more: { code?: number; continueToken?: string; cause?: unknown; plain?: boolean } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.reason = reason
    this.code = more.code ?? reasons[reason]
    this.details = details
    this.continueToken = more.continueToken
    this.#plain = more.plain ?? false
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: 'Failure',
      message: this.message,
      ...(this.#plain ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    }
  }
}

/** The reason of an expected refusal, undefined for anything else. */
export function reasonOf(error: unknown): Reason | undefined {
  return error instanceof ApiError ? error.reason : undefined
}

type Named = Pick<Resource, 'group' | 'plural'>

function detailsOf(resource: Named, name: string): StatusDetails {
  return { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural }
}

export function notFoundError(resource: Named, name: string): ApiError {
  return new ApiError('NotFound', `${qualifiedName(resource)} "${name}" not found`, detailsOf(resource, name))
}

/** No such resource, method or subresource on this server (W1.6). */
export function noSuchResourceError(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource', {})
}

export function alreadyExistsError(resource: Named, name: string): ApiError {
  return new ApiError('AlreadyExists', `${qualifiedName(resource)} "${name}" already exists`, detailsOf(resource, name))
}

export const staleObject = 'the object has been modified; please apply your changes to the latest version and try again'

export function conflictError(resource: Named, name: string, why: string = staleObject): ApiError {
  return new ApiError(
    'Conflict',
    `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${why}`,
    detailsOf(resource, name),
  )
}

export function forbiddenError(resource: Named, name: string, why: string, causes?: StatusCause[]): ApiError {
  const subject = name === '' ? qualifiedName(resource) : `${qualifiedName(resource)} "${name}"`
  return new ApiError('Forbidden', `${subject} is forbidden: ${why}`, {
    ...detailsOf(resource, name),
    ...(causes === undefined ? {} : { causes }),
  })
}

/** 422 with one cause a field error. `kind` is the Kind, `group` '' for core. */
export function invalidError(group: string, kind: string, name: string, errors: readonly FieldError[]): ApiError {
  const texts = errors.map(fieldErrorText)
  const subject = group === '' ? kind : `${kind}.${group}`
  const what = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  return new ApiError('Invalid', `${subject} "${name}" is invalid: ${what}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  })
}

export function badRequestError(message: string): ApiError {
  return new ApiError('BadRequest', message)
}

/** An ApiError from a Status that arrived over the wire. */
export function errorFromStatus(status: Partial<Status>, code: number): ApiError {
  const reason = (status.reason ?? '') in reasons ? (status.reason as Reason) : reasonForCode(code)
  return new ApiError(reason, status.message ?? `the server answered ${code}`, status.details, { code })
}

function reasonForCode(code: number): Reason {
  for (const [reason, itsCode] of Object.entries(reasons)) if (itsCode === code) return reason as Reason
  return 'InternalError'
}
