// Who this node is to its cluster: where the server is, whom to trust, and the node's own certificate. Got once by a token
// and the hash of the authority's key, kept in a directory, and from then on needing neither.
// Upstream: pkg/kubelet/certificate/bootstrap and kubelet.go, TLS bootstrapping.

import { X509Certificate } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Send } from '../../api/wire.ts'
import { type Backoff, backoffMs, withJitter } from '../../base/backoff.ts'
import { type Clock, sleep } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import { type Client, createClient } from '../../client/client.ts'
import type { CredentialSource } from '../../client/credentials.ts'
import { type HttpConnection, httpSend } from '../../client/http.ts'
import { Unreachable } from '../../client/unreachable.ts'
import { askCertificate } from './ask-certificate.ts'
import { userOf } from './certificate-request.ts'
import { discoverAuthority } from './discover.ts'
import { JoinRefused } from './join-refused.ts'
import { KeptCertificate } from './kept-certificate.ts'
import { readIfThere, writeWhole } from './whole-file.ts'

export interface NodeIdentityOptions {
  /** Where it is kept: `ca.crt`, `kubelet-client-current.pem`. */
  readonly directory: string
  readonly server: string
  readonly nodeName: string
  /** Needed the first time, and again when the certificate has ended while nobody was there to renew it. */
  readonly token: string | undefined
  readonly caHash: string | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly userAgent: string
}

export interface NodeIdentity {
  /** PEM: who signs for this cluster. */
  readonly authority: string
  /** As the node itself. */
  readonly client: Client
  /** Rejects with JoinRefused where the certificate has ended and there is no other. */
  keep(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

const reachBackoff: Backoff = { initialMs: 500, maxMs: 15_000 }

/** Undefined when `signal` was aborted before. Rejects with JoinRefused. */
export async function openIdentity(
  options: NodeIdentityOptions,
  signal: AbortSignal,
): Promise<NodeIdentity | undefined> {
  const { directory, clock, random, log, nodeName, server, userAgent } = options
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const authority = await authorityOf(options, signal)
  if (authority === undefined) return undefined
  const signer = new X509Certificate(authority)
  const certificate = new KeptCertificate({
    path: join(directory, 'kubelet-client-current.pem'),
    clock,
    random,
    log,
    fits: (found) => found.verify(signer.publicKey) && found.subject.split('\n').includes(`CN=${userOf(nodeName)}`),
    ask: async (signal) => {
      const client = certificate.current === undefined ? newcomer() : own
      try {
        return await askCertificate({ client, clock, random, log, nodeName, use: 'client' }, signal)
      } catch (error) {
        throw isUnauthorized(error) && client !== own ? new JoinRefused(wrongToken) : error
      }
    },
  })
  await certificate.load()
  const credentials: CredentialSource = {
    current: async () => ({
      token: undefined,
      clientCertificate: certificate.current?.certificate,
      clientKey: certificate.current?.key,
    }),
    refused() {},
  }
  const http = httpSend({ server, ca: authority, credentials })
  const own = createClient({ send: http.send, userAgent })
  let guest: ReturnType<typeof httpSend> | undefined

  function newcomer(): Client {
    const { token } = options
    if (token === undefined) throw new JoinRefused(certificateLost)
    guest ??= httpSend({ server, ca: authority, token } as HttpConnection)
    return createClient({ send: guest.send, userAgent })
  }

  try {
    await certificate.have(signal)
  } catch (error) {
    await http.close()
    throw error
  } finally {
    await guest?.close()
    guest = undefined
  }
  return {
    authority,
    client: own,
    keep: (signal) => certificate.keep(signal),
    close: async () => {
      await Promise.all([http.close(), guest?.close()])
    },
  }
}

const wrongToken =
  'the server does not accept the token: it is wrong, or its time is over; `everynode token create` on the server makes another'
const certificateLost =
  'this node has no certificate (any more): join it with --token and --ca-hash; `everynode token create` on the server prints both'

/** As kept, or as the server shows it. */
async function authorityOf(options: NodeIdentityOptions, signal: AbortSignal): Promise<string | undefined> {
  const { directory, server, caHash, clock, random, log, userAgent } = options
  const path = join(directory, 'ca.crt')
  const kept = await readIfThere(path)
  if (kept !== undefined) return kept
  if (caHash === undefined)
    throw new JoinRefused('--ca-hash is needed: `everynode token create` on the server prints it')
  const untrusted = httpSend({ server, insecure: true })
  try {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const found = await discoverAuthority(untrusted.send as Send, caHash, userAgent)
        await writeWhole(path, found, 0o600)
        return found
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error
        log.warn('server not reached', { server, failures: ++failures, error: error.message })
        await sleep(clock, withJitter(backoffMs(reachBackoff, failures), 0.2, random.float()), signal)
      }
    }
    return undefined
  } finally {
    await untrusted.close()
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 401
}
