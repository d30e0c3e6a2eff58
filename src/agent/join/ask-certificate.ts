// Asking the cluster for a certificate: a request is made, and looked at until somebody has answered it.
// Upstream: client-go/util/certificate/csr/csr.go, RequestCertificate and WaitForCertificate.

import {
  type CertificateSigningRequest,
  type CertificateUse,
  kubeletClientSigner,
  kubeletServingSigner,
  type RequestCondition,
} from '../../api/certificates.ts'
import { certificateSigningRequests } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import { type Backoff, backoffMs, withJitter } from '../../base/backoff.ts'
import { type Clock, sleep } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { Client } from '../../client/client.ts'
import { nodeCertificateRequest } from './certificate-request.ts'
import { JoinRefused } from './join-refused.ts'

export interface CertificateAndKey {
  /** PEM texts. */
  readonly certificate: string
  readonly key: string
}

export interface AskOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly nodeName: string
  readonly use: CertificateUse
}

export const askLimits = {
  /** Then it is asked for anew: the request may have been cleaned up. Upstream: 15 minutes. */
  waitMs: 15 * 60_000,
  /** Who waits longer than this is told what for. */
  patienceMs: 10_000,
} as const

const lookBackoff: Backoff = { initialMs: 100, maxMs: 5_000 }

const kinds = {
  client: { signerName: kubeletClientSigner, usages: ['digital signature', 'client auth'] },
  server: { signerName: kubeletServingSigner, usages: ['digital signature', 'server auth'] },
} as const

/** Undefined when nobody answered in time or `signal` was aborted; JoinRefused when the answer is no. */
export async function askCertificate(options: AskOptions, signal: AbortSignal): Promise<CertificateAndKey | undefined> {
  const { client, clock, random, nodeName, use } = options
  const { key, request } = nodeCertificateRequest(nodeName, use)
  const { signerName, usages } = kinds[use]
  const made = await client.create<CertificateSigningRequest>(certificateSigningRequests, {
    metadata: { generateName: 'csr-' },
    spec: { request: Buffer.from(request).toString('base64'), signerName, usages: [...usages] },
  })
  const name = made.metadata.name ?? ''
  const log = options.log.child({ request: name, signer: signerName })
  const askedMs = clock.monotonic()
  let isTold = false
  for (let looks = 1; !signal.aborted && clock.monotonic() - askedMs < askLimits.waitMs; looks++) {
    const certificate = await answerTo(client, name)
    if (certificate === 'gone') return undefined
    if (certificate !== undefined) return { certificate, key }
    if (!isTold && clock.monotonic() - askedMs >= askLimits.patienceMs) {
      isTold = true
      log.warn('certificate not given yet', { cure: `kubectl certificate approve ${name}` })
    }
    await sleep(clock, withJitter(backoffMs(lookBackoff, looks), 0.2, random.float()), signal)
  }
  return undefined
}

async function answerTo(client: Client, name: string): Promise<string | 'gone' | undefined> {
  let status: CertificateSigningRequest['status']
  try {
    status = (await client.get<CertificateSigningRequest>(certificateSigningRequests, { name })).status
  } catch (error) {
    if (reasonOf(error) === 'NotFound') return 'gone'
    throw error
  }
  const no = status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed')
  if (no !== undefined) throw new JoinRefused(`certificate request ${name}: ${textOf(no)}`)
  return status?.certificate === undefined ? undefined : Buffer.from(status.certificate, 'base64').toString('utf8')
}

function textOf({ type, reason, message }: RequestCondition): string {
  return [type === 'Denied' ? 'denied' : 'not signed', reason, message].filter(Boolean).join(': ')
}
