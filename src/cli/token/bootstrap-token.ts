// A bootstrap token as it is kept: a Secret of kube-system that anybody with rights on it can make, list and delete.
// Upstream: cmd/kubeadm/app/apis/bootstraptoken/v1/utils.go.
import { randomInt } from 'node:crypto'
import { bootstrapTokenNamespace, bootstrapTokenType } from '../../api/bootstrap-tokens.ts'
import { formatTime } from '../../api/time.ts'
import type { ApiObject } from '../../api/types.ts'

export interface TokenSecret extends ApiObject {
  type?: string
  data?: Record<string, string>
}

export interface NewToken {
  readonly token: string
  /** Undefined: it has no end. */
  readonly expiresMs: number | undefined
  readonly description: string
  readonly labels?: Readonly<Record<string, string>>
}

export const tokenForm = /^([a-z0-9]{6})\.([a-z0-9]{16})$/

export function newToken(): string {
  return `${letters(6)}.${letters(16)}`
}

export function tokenSecret({ token, expiresMs, description, labels = {} }: NewToken): TokenSecret {
  const [, id = '', secret = ''] = tokenForm.exec(token) ?? []
  const texts = {
    'token-id': id,
    'token-secret': secret,
    'usage-bootstrap-authentication': 'true',
    ...(expiresMs === undefined ? {} : { expiration: formatTime(expiresMs) }),
    ...(description === '' ? {} : { description }),
  }
  return {
    metadata: { name: secretName(id), namespace: bootstrapTokenNamespace, labels: { ...labels } },
    type: bootstrapTokenType,
    data: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  }
}

export function secretName(id: string): string {
  return `bootstrap-token-${id}`
}

export interface TokenFacts {
  readonly id: string
  readonly token: string
  readonly expiration: string
  readonly usages: string
  readonly description: string
  readonly groups: string
}

/** Undefined for a secret that is no token. */
export function tokenFacts({ type, data = {} }: TokenSecret): TokenFacts | undefined {
  if (type !== bootstrapTokenType) return undefined
  const text = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString('utf8')
  const id = text('token-id')
  const usages = ['authentication', 'signing'].filter((usage) => text(`usage-bootstrap-${usage}`) === 'true')
  return {
    id,
    token: `${id}.${text('token-secret')}`,
    expiration: text('expiration'),
    usages: usages.join(','),
    description: text('description'),
    groups: text('auth-extra-groups'),
  }
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

function letters(count: number): string {
  return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join('')
}
