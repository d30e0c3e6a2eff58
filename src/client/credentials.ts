// Who we are, where that changes while we run: a token in a file that is renewed, a program that hands out short-lived
// credentials. Upstream: client-go/transport/token_source.go, plugin/pkg/client/auth/exec.

import { readFileSync } from 'node:fs'
import { type ExecCredential, type ExecPlugin, runExecPlugin } from './exec-credential.ts'
import { KubeconfigError } from './kubeconfig-error.ts'

export interface Credential {
  readonly token: string | undefined
  /** PEM, with its key. */
  readonly clientCertificate: string | undefined
  readonly clientKey: string | undefined
}

export interface CredentialSource {
  current(): Promise<Credential>
  /** The server did not believe what `current` said last. */
  refused(): void
}

export const credentialLimits = {
  /** A pod's token is renewed long before it ends. Upstream: NewCachedFileTokenSource, 1 minute. */
  rereadMs: 60_000,
} as const

/** Undefined: what the connection holds stays as it is. */
export function credentialSource(
  connection: {
    readonly tokenFile?: string | undefined
    readonly exec?: ExecPlugin | undefined
    readonly token?: string | undefined
  } & Partial<Credential>,
  now: () => number,
): CredentialSource | undefined {
  const { tokenFile, exec } = connection
  const fixed = { token: connection.token, ...certificateOf(connection) }
  if (exec !== undefined) return fromProgram(exec, fixed, now)
  return tokenFile === undefined ? undefined : fromFile(tokenFile, fixed, now)
}

function fromFile(path: string, fixed: Credential, now: () => number): CredentialSource {
  let token = fixed.token
  let readMs = Number.NEGATIVE_INFINITY
  return {
    async current() {
      if (now() - readMs >= credentialLimits.rereadMs) {
        try {
          token = readFileSync(path, 'utf8').trim()
          readMs = now()
        } catch (cause) {
          // Upstream: while the file cannot be read, the token of last time goes on.
          if (token === undefined)
            throw new KubeconfigError(`token file ${path}: ${(cause as Error).message}`, { cause })
        }
      }
      return { ...fixed, token }
    },
    refused() {
      readMs = Number.NEGATIVE_INFINITY
    },
  }
}

/** The program runs once, however many ask at a time; again when its credential has ended or was refused. */
function fromProgram(plugin: ExecPlugin, fixed: Credential, now: () => number): CredentialSource {
  let known: ExecCredential | undefined
  let asking: Promise<ExecCredential> | undefined
  return {
    async current() {
      if (known === undefined || (known.expiresMs !== undefined && now() >= known.expiresMs)) {
        asking ??= runExecPlugin(plugin).finally(() => {
          asking = undefined
        })
        known = await asking
      }
      return known.clientCertificate === undefined ? { ...known, ...certificateOf(fixed) } : known
    },
    refused() {
      known = undefined
    },
  }
}

function certificateOf({ clientCertificate, clientKey }: Partial<Credential>) {
  return { clientCertificate, clientKey }
}
