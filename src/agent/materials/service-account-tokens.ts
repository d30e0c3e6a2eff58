// Tokens that pods show to the API server and to others: asked for in the name of the pod's service account, bound to
// the pod, and renewed long before they end. Upstream: pkg/kubelet/token/token_manager.go.

import { serviceAccounts } from '../../api/resources.ts'
import { parseTime } from '../../api/time.ts'
import type { ApiObject, Pod } from '../../api/types.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { Client } from '../../client/client.ts'
import { messageOf } from './objects.ts'
import type { TokenSource } from './volume-sources.ts'

interface TokenRequest extends ApiObject {
  spec: {
    audiences: string[]
    expirationSeconds: number
    boundObjectRef: { apiVersion: 'v1'; kind: 'Pod'; name: string; uid: string }
  }
  status?: { token: string; expirationTimestamp: string }
}

interface Token {
  readonly text: string
  readonly expiresAtMs: number
  readonly renewAtMs: number
}

export interface TokensOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export const tokenLimits = {
  /** Of its life is over when a token is renewed. Upstream: requiresRefresh. */
  renewAfter: 0.8,
  /** A token that lives longer is renewed by then. Upstream: maxTTL. */
  renewAfterMs: 24 * 3_600_000,
  /** So that not all pods of a node ask at one moment. Upstream: maxJitter. */
  jitterMs: 10_000,
  /** Between two tries, while the old one is still good. */
  retryMs: 10_000,
} as const

export class ServiceAccountTokens {
  readonly #options: TokensOptions
  /** By pod, then by what was asked for. */
  readonly #known = new Map<string, Map<string, Token>>()

  constructor(options: TokensOptions) {
    this.#options = options
  }

  /** Rejects where there is none yet and none can be had; an old one is good until it ends. */
  async token(pod: Pod, source: TokenSource): Promise<string> {
    const { clock, log } = this.#options
    const { uid = '', namespace, name } = pod.metadata
    const ofPod = this.#known.get(uid) ?? new Map<string, Token>()
    this.#known.set(uid, ofPod)
    const id = `${source.audience ?? ''} ${source.expirationSeconds ?? ''}`
    const known = ofPod.get(id)
    if (known !== undefined && clock.now() < known.renewAtMs) return known.text
    try {
      const token = await this.#request(pod, source)
      ofPod.set(id, token)
      return token.text
    } catch (error) {
      if (known === undefined || clock.now() >= known.expiresAtMs) throw error
      log.warn('service account token not renewed', { pod: `${namespace}/${name}`, error: messageOf(error) })
      ofPod.set(id, { ...known, renewAtMs: clock.now() + tokenLimits.retryMs })
      return known.text
    }
  }

  /** When the next token of the pod is to be renewed; undefined where it has none. */
  renewAtMs(podUid: string): number | undefined {
    const times = [...(this.#known.get(podUid)?.values() ?? [])].map(({ renewAtMs }) => renewAtMs)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  forget(podUid: string): void {
    this.#known.delete(podUid)
  }

  async #request(pod: Pod, { audience, expirationSeconds = 3600 }: TokenSource): Promise<Token> {
    const { client, clock, random } = this.#options
    const { namespace = '', name = '', uid = '' } = pod.metadata
    const account = pod.spec.serviceAccountName ?? 'default'
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: {
        audiences: audience === undefined || audience === '' ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    }
    const at = { namespace, name: account, subresource: 'token' }
    const { status } = await client.create<TokenRequest>(serviceAccounts, request, at)
    const nowMs = clock.now()
    const expiresAtMs = parseTime(status?.expirationTimestamp)
    if (status === undefined || expiresAtMs === undefined) {
      throw new Error(`failed to fetch token: the server's answer for service account ${account} holds none`)
    }
    const jitterMs = random.float() * tokenLimits.jitterMs
    const lifeMs = Math.min((expiresAtMs - nowMs) * tokenLimits.renewAfter, tokenLimits.renewAfterMs)
    return { text: status.token, expiresAtMs, renewAtMs: nowMs + Math.max(0, lifeMs - jitterMs) }
  }
}
