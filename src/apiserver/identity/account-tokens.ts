// Tokens of service accounts: what they say, and whether it still holds: the account, and the pod, node or secret a
// token is bound to, must be the very objects it was made for.
// Upstream: pkg/serviceaccount/claims.go and jwt.go.

import { nodes, pods, type Resource, secrets, serviceAccounts } from '../../api/resources.ts'
import { parseTime } from '../../api/time.ts'
import type { ObjectMeta } from '../../api/types.ts'
import type { User } from '../../api/wire.ts'
import type { Clock } from '../../base/clock.ts'
import { isObject, type JsonObject } from '../../base/json.ts'
import type { Random } from '../../base/random.ts'
import type { Store } from '../../store/store.ts'
import { parseStored, storeKey } from '../stored.ts'
import { accountGroups, accountUserName } from './groups.ts'
import type { TokenSigner } from './jwt.ts'

/** Who issues tokens, and the audience that the API server itself is. */
export const tokenIssuer = 'https://kubernetes.default.svc.cluster.local'

export const accountTokenLimits = {
  /** What is being deleted still vouches for its tokens this long: a pod's last words. */
  goneLeewayMs: 60_000,
} as const

interface Referred {
  readonly name: string
  readonly uid: string
}

export interface TokenWish {
  readonly namespace: string
  readonly account: Referred
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
  readonly pod?: Referred | undefined
  /** Of the pod, or what the token is bound to. */
  readonly node?: Referred | undefined
  readonly secret?: Referred | undefined
}

/** Who a token stands for, and which of the audiences that were asked about it is for. */
export interface TokenHolder {
  readonly user: User
  readonly audiences: readonly string[]
}

export interface AccountTokens {
  issue(wish: TokenWish): string
  /** Undefined: no token of ours, or no longer one, or for somebody else. */
  holderOf(token: string, audiences?: readonly string[]): TokenHolder | undefined
}

export interface AccountTokensOptions {
  readonly signer: TokenSigner
  readonly store: Pick<Store, 'get'>
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
}

export function createAccountTokens({ signer, store, clock, random }: AccountTokensOptions): AccountTokens {
  /** Is it still the object the token names, and not about to be gone? */
  function stands(resource: Resource, namespace: string | undefined, referred: Referred): boolean {
    const record = store.get(resource.collection, storeKey(namespace, referred.name))
    if (record === undefined) return false
    const { uid, deletionTimestamp } = metadataOf(record.bytes)
    if (uid !== referred.uid) return false
    const goneMs = parseTime(deletionTimestamp)
    return goneMs === undefined || goneMs + accountTokenLimits.goneLeewayMs > clock.now()
  }

  return {
    issue({ namespace, account, audiences, expirationSeconds, pod, node, secret }) {
      const now = Math.floor(clock.now() / 1000)
      return signer.sign({
        aud: audiences,
        exp: now + expirationSeconds,
        iat: now,
        iss: tokenIssuer,
        jti: random.uuid(),
        'kubernetes.io': { namespace, node, pod, secret, serviceaccount: account },
        nbf: now,
        sub: accountUserName(namespace, account.name),
      })
    },

    holderOf(token, audiences = [tokenIssuer]) {
      const claims = claimsOf(signer.verify(token))
      if (claims === undefined) return undefined
      const { namespace, account, pod, node, secret, expiresAt, notBefore } = claims
      const now = clock.now() / 1000
      if (now >= expiresAt || now < notBefore) return undefined
      const meant = audiences.filter((audience) => claims.audiences.includes(audience))
      if (meant.length === 0) return undefined
      if (!stands(serviceAccounts, namespace, account)) return undefined
      if (pod !== undefined && !stands(pods, namespace, pod)) return undefined
      if (secret !== undefined && !stands(secrets, namespace, secret)) return undefined
      // The node of a pod is only told; a token of a node's own ends with it.
      if (pod === undefined && node !== undefined && !stands(nodes, undefined, node)) return undefined
      return { user: userOf(claims), audiences: meant }
    },
  }
}

interface Claims {
  readonly id: string
  readonly audiences: readonly string[]
  readonly expiresAt: number
  readonly notBefore: number
  readonly namespace: string
  readonly account: Referred
  readonly pod: Referred | undefined
  readonly node: Referred | undefined
  readonly secret: Referred | undefined
}

function claimsOf(claims: JsonObject | undefined): Claims | undefined {
  const own = claims?.['kubernetes.io']
  if (claims === undefined || !isObject(own) || claims.iss !== tokenIssuer) return undefined
  const { aud, exp, nbf, jti } = claims
  const { namespace } = own
  const account = referredIn(own.serviceaccount)
  if (account === undefined || typeof namespace !== 'string') return undefined
  if (typeof exp !== 'number' || typeof nbf !== 'number' || !Array.isArray(aud)) return undefined
  if (claims.sub !== accountUserName(namespace, account.name)) return undefined
  return {
    id: String(jti),
    audiences: aud.filter((one) => typeof one === 'string'),
    expiresAt: exp,
    notBefore: nbf,
    namespace,
    account,
    pod: referredIn(own.pod),
    node: referredIn(own.node),
    secret: referredIn(own.secret),
  }
}

function referredIn(value: unknown): Referred | undefined {
  if (!isObject(value)) return undefined
  const { name, uid } = value
  return { name: String(name), uid: String(uid) }
}

/** Upstream: pkg/serviceaccount/util.go, ServiceAccountInfo.UserInfo. */
function userOf({ id, namespace, account, pod, node }: Claims): User {
  const extra: Record<string, string[]> = { 'authentication.kubernetes.io/credential-id': [`JTI=${id}`] }
  for (const [kind, referred] of [
    ['pod', pod],
    ['node', node],
  ] as const) {
    if (referred === undefined) continue
    extra[`authentication.kubernetes.io/${kind}-name`] = [referred.name]
    extra[`authentication.kubernetes.io/${kind}-uid`] = [referred.uid]
  }
  const groups = accountGroups(namespace)
  return { name: accountUserName(namespace, account.name), uid: account.uid, groups, extra }
}

/** Kept as long as the bytes are: each request with a token asks again. */
function metadataOf(bytes: Uint8Array): ObjectMeta {
  let metadata = known.get(bytes)
  if (metadata === undefined) {
    metadata = parseStored(bytes).metadata
    known.set(bytes, metadata)
  }
  return metadata
}

const known = new WeakMap<Uint8Array, ObjectMeta>()
