// The query of a list and of a watch, and what its resourceVersion means (W8.2, W8.3, W7.6).
// Upstream: apimachinery/pkg/apis/meta/internalversion/validation/validation.go.

import { type FieldError, forbidden, invalid, notSupported } from '../../api/field-error.ts'
import { ApiError, badRequestError } from '../../api/status.ts'
import { optionsError } from '../options.ts'
import type { Call, Parts } from '../parts.ts'
import { isTrue } from '../request.ts'

/** Which version of the collection: the newest, whatever is at hand, one of at least or exactly this revision. */
export type AtVersion =
  | { readonly version: 'now' }
  | { readonly version: 'any' }
  | { readonly version: 'notOlderThan'; readonly revision: number }
  | { readonly version: 'exact'; readonly revision: number }

export interface ListOptions {
  readonly at: AtVersion
  /** Undefined: all of it. */
  readonly limit: number | undefined
  readonly continueToken: string | undefined
}

export interface WatchOptions {
  /** 'present': the objects as they are come first; 'now': nothing but what is still to come (W7.2). */
  readonly from: 'present' | 'now' | number
  /** The objects first, then a bookmark that says so (W7.6); it carries at least this revision. */
  readonly initialEvents: boolean
  readonly notOlderThan: number
  readonly bookmarks: boolean
  readonly timeoutSeconds: number | undefined
}

export function listOptionsOf({ request: { query } }: Call): ListOptions {
  const text = query.get('resourceVersion') ?? ''
  const match = query.get('resourceVersionMatch') ?? ''
  const continueToken = query.get('continue') || undefined
  const errors: FieldError[] = []
  if (query.get('sendInitialEvents') !== null) {
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  }
  if (match !== '') errors.push(...matchErrors(match, text, continueToken))
  if (errors.length > 0) throw optionsError('ListOptions', errors)
  const limit = Number(query.get('limit') || '0')
  if (!Number.isSafeInteger(limit))
    throw badRequestError(`strconv.ParseInt: parsing ${quoted(query.get('limit'))}: invalid syntax`)
  if (continueToken !== undefined && text !== '' && text !== '0') {
    throw badRequestError('specifying resource version is not allowed when using continue')
  }
  return { at: versionOf(text, match, limit), limit: limit > 0 ? limit : undefined, continueToken }
}

function matchErrors(match: string, version: string, continueToken: string | undefined): FieldError[] {
  const field = 'resourceVersionMatch'
  if (version === '') return [forbidden(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided')]
  if (continueToken !== undefined)
    return [forbidden(field, 'resourceVersionMatch is forbidden when continue is provided')]
  if (match !== 'Exact' && match !== 'NotOlderThan') return [notSupported(field, match, ['Exact', 'NotOlderThan', ''])]
  if (match === 'Exact' && version === '0') {
    return [forbidden(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')]
  }
  return []
}

function versionOf(text: string, match: string, limit: number): AtVersion {
  if (text === '') return { version: 'now' }
  if (text === '0') return { version: 'any' }
  const revision = revisionOf(text)
  // Without a match a limited list has always meant exactly this version (kubernetes.io, "API concepts").
  const exact = match === 'Exact' || (match === '' && limit > 0)
  return { version: exact ? 'exact' : 'notOlderThan', revision }
}

export function watchOptionsOf({ request: { query } }: Call): WatchOptions {
  const text = query.get('resourceVersion') ?? ''
  const match = query.get('resourceVersionMatch') ?? ''
  const asked = query.get('sendInitialEvents')
  const bookmarks = isTrue(query.get('allowWatchBookmarks'))
  const errors: FieldError[] = []
  if (asked !== null && match !== 'NotOlderThan') {
    const why = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
    errors.push(
      match === ''
        ? forbidden('resourceVersionMatch', why)
        : notSupported('resourceVersionMatch', match, ['NotOlderThan']),
    )
  }
  if (asked === null && match !== '') {
    errors.push(
      forbidden(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    )
  }
  const timeout = Number(query.get('timeoutSeconds') || '0')
  if (!Number.isSafeInteger(timeout) || timeout < 0) {
    errors.push(invalid('timeoutSeconds', query.get('timeoutSeconds'), 'must be a whole number of seconds'))
  }
  if (errors.length > 0) throw optionsError('ListOptions', errors)
  const revision = text === '' ? 0 : revisionOf(text)
  const initialEvents = asked !== null && isTrue(asked)
  return {
    from: initialEvents || (revision === 0 && asked === null) ? 'present' : revision === 0 ? 'now' : revision,
    initialEvents,
    notOlderThan: revision,
    bookmarks,
    timeoutSeconds: timeout === 0 ? undefined : timeout,
  }
}

export function getOptionsOf({ request: { query } }: Call): ListOptions {
  const text = query.get('resourceVersion') ?? ''
  return { at: versionOf(text, '', 0), limit: undefined, continueToken: undefined }
}

const waitForRevisionMs = 3000

/** Waits until the store is at least where the client has been, or answers 504 (W6.3). */
export async function awaitRevision(parts: Parts, { at }: Pick<ListOptions, 'at'>): Promise<void> {
  if (at.version === 'now' || at.version === 'any') return
  const { store, clock } = parts
  const deadline = clock.now() + waitForRevisionMs
  while (store.revision < at.revision) {
    if (clock.now() >= deadline) throw tooLargeRevision(at.revision, store.revision)
    await new Promise<void>((resolve) => clock.after(pollMs, resolve))
  }
}

/** Rare: a client was told of a revision by another connection that is a moment ahead. */
const pollMs = 20

function tooLargeRevision(asked: number, current: number): ApiError {
  return new ApiError('Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

function revisionOf(text: string): number {
  const revision = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(revision)) return revision
  throw optionsError('ListOptions', [
    invalid('resourceVersion', text, `strconv.ParseUint: parsing ${quoted(text)}: invalid syntax`),
  ])
}

function quoted(text: string | null): string {
  return JSON.stringify(text ?? '')
}
