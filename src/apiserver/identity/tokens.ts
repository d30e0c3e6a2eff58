// Every bearer token the cluster itself gives out: those of service accounts, and those by which nodes join.

import { type AccountTokens, type AccountTokensOptions, createAccountTokens, tokenIssuer } from './account-tokens.ts'
import { userOfBootstrapToken } from './bootstrap-tokens.ts'

export function createTokens(options: AccountTokensOptions): AccountTokens {
  const accounts = createAccountTokens(options)
  return {
    issue: accounts.issue,
    holderOf(token, audiences = [tokenIssuer]) {
      const holder = accounts.holderOf(token, audiences)
      if (holder !== undefined) return holder
      // They are for the API server, and say nothing of audiences.
      if (!audiences.includes(tokenIssuer)) return undefined
      const user = userOfBootstrapToken(options, token)
      return user === undefined ? undefined : { user, audiences: [tokenIssuer] }
    },
  }
}
