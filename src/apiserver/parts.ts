// What every verb is handed: the store and the rest of the world the API server stands on, all of it given from
// outside.

import type { ApiRequest, Send, User } from '../api/wire.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Store } from '../store/store.ts'
import type { AccountTokens } from './identity/account-tokens.ts'
import type { AuditEvent } from './identity/audit.ts'
import type { AuthorizationFacts, Authorizer } from './identity/authorize.ts'
import type { TokenSigner } from './identity/jwt.ts'
import type { Presentation } from './negotiate.ts'
import type { Target } from './request.ts'
import type { WatchHubs } from './watch/hub.ts'

export interface ApiserverOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly authorizer: Authorizer
  /** The kubelet of a node: pods/log asks it. Undefined: no such node, or it does not answer. */
  readonly kubelets?: (nodeName: string) => Send | undefined
  /** 'strict': leases and events are flushed before they are answered, like everything else. */
  readonly durability?: 'default' | 'strict'
  /** PEM of the authority that signed the server's certificate; without one `/cacerts` is not there. */
  readonly caCertificate?: string
  /** Signs the tokens of service accounts. Default: a key of this run, so that tokens end with it. */
  readonly tokenSigner?: TokenSigner
  /** Hears what everybody did, and whether they were allowed to. Default: nobody listens. */
  readonly audit?: (event: AuditEvent) => void
}

export interface Parts extends Required<Omit<ApiserverOptions, 'tokenSigner' | 'audit' | 'caCertificate'>> {
  readonly hubs: WatchHubs
  /** What the authorizer decides by. */
  readonly facts: AuthorizationFacts
  readonly tokens: AccountTokens
}

/** One request for a resource, as far as it is understood before its body is read. */
export interface Call {
  readonly request: ApiRequest
  readonly user: User
  readonly target: Target
  readonly presentation: Presentation
}
