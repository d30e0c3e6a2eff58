// The token between two pages of a list: where the last page ended, and at which revision (W8.2). Opaque to clients.
// Upstream: apiserver/pkg/storage/continue.go, whose form this is.

import { badRequestError } from '../../api/status.ts'
import { isObject } from '../../base/json.ts'

export interface Continue {
  /** Undefined: go on with what is there now ("inconsistent", rv −1). */
  readonly revision: number | undefined
  /** The whole key of the last object of the page before. */
  readonly after: string
}

/** Keys in a token lack the prefix of the list, so that one namespace's token is no good for another. */
export function writeContinue({ revision, after }: Continue, prefix: string): string {
  const token = { v: 'meta.k8s.io/v1', rv: revision ?? -1, start: `${after.slice(prefix.length)}\u0000` }
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

export function parseContinue(text: string, prefix: string): Continue {
  let token: unknown
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    throw malformed('continue key is not valid: illegal base64 data')
  }
  if (!isObject(token) || token.v !== 'meta.k8s.io/v1')
    throw malformed('server does not recognize this encoded version')
  const { rv, start } = token
  if (typeof start !== 'string' || start === '' || start.startsWith('/') || start.includes('..')) {
    throw malformed('encoded start key is missing or out of place')
  }
  if (!Number.isSafeInteger(rv) || rv === 0) throw malformed('incorrect encoded start resourceVersion')
  const after = prefix + (start.endsWith('\u0000') ? start.slice(0, -1) : start)
  return { revision: (rv as number) > 0 ? (rv as number) : undefined, after }
}

function malformed(why: string) {
  return badRequestError(`invalid continue token: ${why}`)
}
