// Tokens by which a machine that has no certificate yet asks for one: secrets of a type of their own in kube-system.
// They end when their time is over, or when their secret is deleted.
// Upstream: plugin/pkg/auth/authenticator/token/bootstrap, cluster-bootstrap/token/util.

import { timingSafeEqual } from 'node:crypto'
import { bootstrapTokenNamespace, bootstrapTokenType } from '../../api/bootstrap-tokens.ts'
import { secrets } from '../../api/resources.ts'
import { parseTime } from '../../api/time.ts'
import type { ApiObject } from '../../api/types.ts'
import type { User } from '../../api/wire.ts'
import type { Clock } from '../../base/clock.ts'
import type { Store } from '../../store/store.ts'
import { parseStored, storeKey } from '../stored.ts'
import { groups } from './groups.ts'

/** `id.secret`: the id is known to all, the secret is not. */
const tokenForm = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
/** Nobody can become more than a newcomer by such a token. */
const groupForm = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

interface TokenSecret extends ApiObject {
  type?: string
  data?: Record<string, string>
}

export interface BootstrapTokensOptions {
  readonly store: Pick<Store, 'get'>
  readonly clock: Pick<Clock, 'now'>
}

/** Whose token this is; undefined: none of these, or no longer one. */
export function userOfBootstrapToken({ store, clock }: BootstrapTokensOptions, token: string): User | undefined {
  const [, id, given] = tokenForm.exec(token) ?? []
  if (id === undefined || given === undefined) return undefined
  const record = store.get(secrets.collection, storeKey(bootstrapTokenNamespace, `bootstrap-token-${id}`))
  if (record === undefined) return undefined
  const { metadata, type, data = {} } = parseStored<TokenSecret>(record.bytes)
  const text = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString('utf8')
  if (metadata.deletionTimestamp !== undefined || type !== bootstrapTokenType) return undefined
  if (!isSame(text('token-secret'), given) || text('token-id') !== id) return undefined
  if (isOver(text('expiration'), clock.now()) || text('usage-bootstrap-authentication') !== 'true') return undefined
  const extra = text('auth-extra-groups')
    .split(',')
    .filter((group) => group !== '')
  if (!extra.every((group) => groupForm.test(group))) return undefined
  return { name: `system:bootstrap:${id}`, groups: [...new Set([groups.bootstrappers, ...extra])].sort() }
}

/** In constant time: how long a wrong secret takes says nothing. */
function isSame(kept: string, given: string): boolean {
  const [a, b] = [Buffer.from(kept), Buffer.from(given)]
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}

/** A time that cannot be read is over, as upstream. */
function isOver(expiration: string, nowMs: number): boolean {
  if (expiration === '') return false
  const endMs = parseTime(expiration)
  return endMs === undefined || nowMs >= endMs
}
