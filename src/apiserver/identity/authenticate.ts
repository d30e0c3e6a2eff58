// Who is asking? What the connection and the headers prove, turned into a user. Certificates are verified by TLS
// itself; here only the moment counts, as a connection may outlive its certificate.
// Upstream: apiserver/pkg/authentication/request/{x509,bearertoken,union}.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { User } from '../../api/wire.ts'
import type { Clock } from '../../base/clock.ts'
import { groups } from './groups.ts'

/** The client certificate of a connection, as far as it says who somebody is. */
export interface PeerCertificate {
  /** Signed by our authority, for clients, and within its time when the connection was made. */
  readonly trusted: boolean
  /** The user's name; undefined where the certificate has none, or several. */
  readonly commonName: string | undefined
  /** The user's groups. */
  readonly organizations: readonly string[]
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

export interface Credentials {
  readonly certificate: PeerCertificate | undefined
  /** The `authorization` header. */
  readonly authorization: string | undefined
}

/** 'anonymous' showed nothing; 'refused' showed something that proves nothing, and gets nowhere at all. */
export type Identified = User | 'anonymous' | 'refused'

export type Authenticate = (credentials: Credentials) => Identified

export interface AuthenticateOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Bearer tokens that do not change while the server runs. */
  readonly tokens?: readonly { readonly token: string; readonly user: User }[]
  /** All other tokens: those of service accounts, and those by which nodes join. */
  readonly userOfToken?: (token: string) => User | undefined
}

export function createAuthenticator({ clock, tokens = [], userOfToken }: AuthenticateOptions): Authenticate {
  const known = tokens.map(({ token, user }) => ({ hash: hashOf(token), user }))

  // Hashes are of one length and are all compared in constant time: how long a wrong token takes says nothing.
  function userOfFixed(token: string): User | undefined {
    const hash = hashOf(token)
    let found: User | undefined
    for (const one of known) if (timingSafeEqual(one.hash, hash)) found = one.user
    return found
  }

  return ({ certificate, authorization }) => {
    const token = bearerToken(authorization)
    const user =
      (certificate === undefined ? undefined : userOfCertificate(certificate, clock.now())) ??
      (token === undefined ? undefined : (userOfFixed(token) ?? userOfToken?.(token)))
    if (user !== undefined) return authenticated(user)
    return certificate === undefined && authorization === undefined ? 'anonymous' : 'refused'
  }
}

export const anonymous: User = { name: 'system:anonymous', groups: [groups.unauthenticated] }

function userOfCertificate(certificate: PeerCertificate, nowMs: number): User | undefined {
  const { trusted, commonName, organizations, notBeforeMs, notAfterMs } = certificate
  if (!trusted || commonName === undefined || nowMs < notBeforeMs || nowMs > notAfterMs) return undefined
  return { name: commonName, groups: organizations }
}

/** Everybody who proved who they are is in one group. Upstream: authentication/group/authenticated_group_adder.go. */
function authenticated(user: User): User {
  if (user.groups.includes(groups.authenticated)) return user
  return { ...user, groups: [...user.groups, groups.authenticated] }
}

/** The token of `Bearer TOKEN`; the word in any case, as upstream reads it. */
function bearerToken(authorization: string | undefined): string | undefined {
  return /^bearer +([^\s]+) *$/i.exec(authorization ?? '')?.[1]
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
