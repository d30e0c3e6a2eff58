// The cluster's own certificate authority: made once and kept in a folder, it signs the server's certificate and those
// of clients. Losing it means that every kubeconfig and node must be set up anew, so it is never replaced in silence.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import { jsonEqual } from '../../base/json.ts'
import type { Random } from '../../base/random.ts'
import { sortedBy } from '../../base/sorted.ts'
import { type CertificateRequests, createCertificateRequests } from './certificate-requests.ts'
import { type KeyPair, makeCertificate, type Purpose, type ServerNames } from './certificates.ts'
import { filesOf, readKeyPair, writeKeyPair } from './key-files.ts'
import { subjectOf } from './subject.ts'

const dayMs = 24 * 60 * 60 * 1000

export const certificateLife = {
  authorityMs: 3650 * dayMs,
  leafMs: 365 * dayMs,
  /** A kept certificate with less than this left is made anew. */
  renewMs: 60 * dayMs,
  /** Clocks of clients may be this far behind. */
  skewMs: 5 * 60 * 1000,
} as const

export interface AuthorityOptions {
  /** Where the files lie; made if it is not there. */
  readonly directory: string
  readonly clock: Pick<Clock, 'now'>
  /** For serial numbers only: keys come from the platform's own generator. */
  readonly random: Random
}

export interface ClientIdentity {
  readonly user: string
  readonly groups: readonly string[]
}

export interface Authority {
  /** PEM: what clients must trust, and what client certificates are checked against. */
  readonly certificate: string
  /** For these host names and addresses, and those every cluster has. Kept; made anew near its end or for new names. */
  serverCertificate(hosts: readonly string[]): Promise<KeyPair>
  /** Made anew at each call, or kept under `keep` and made anew near its end. */
  clientCertificate(identity: ClientIdentity, keep?: string): Promise<KeyPair>
  /** For clients that keep their key to themselves. */
  readonly requests: CertificateRequests & {
    /** What the server is known by. */
    ownNames(): ReadonlySet<string>
  }
}

/** The folder does not hold what it should; the message says which file and what to do. */
export class AuthorityError extends Error {
  override name = 'AuthorityError'
}

const serverName = 'everynode-apiserver'
/** What programs inside a cluster call the API server, besides its address. */
const everyServer = [
  'localhost',
  '127.0.0.1',
  '::1',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
]

export async function openAuthority({ directory, clock, random }: AuthorityOptions): Promise<Authority> {
  const make = (purpose: Purpose, lifeMs: number, signer?: KeyPair) => {
    const nowMs = clock.now()
    const validity = { notBeforeMs: nowMs - certificateLife.skewMs, notAfterMs: nowMs + lifeMs }
    return makeCertificate(purpose, validity, random, signer)
  }

  const kept = await keptAuthority(directory)
  const authority = kept ?? (await make({ for: 'authority', commonName: 'everynode-ca' }, certificateLife.authorityMs))
  if (kept === undefined) await writeKeyPair(directory, 'ca', authority)
  else checkAuthority(directory, kept, clock.now())

  /** The pair kept under `name` while `fits` likes its certificate, else a new one. */
  async function keptOr(name: string, fits: (found: X509Certificate) => boolean, purpose: Purpose): Promise<KeyPair> {
    const found = await readKeyPair(directory, name)
    if (found !== undefined && isSound(found, authority, clock.now(), fits)) return found
    const pair = await make(purpose, certificateLife.leafMs, authority)
    await writeKeyPair(directory, name, pair)
    return pair
  }

  const ownNames = new Set(everyServer)
  return {
    certificate: authority.certificate,
    requests: { ...createCertificateRequests({ authority, clock, random }), ownNames: () => ownNames },

    serverCertificate: (hosts) => {
      for (const host of hosts) ownNames.add(host)
      const names = serverNames([...everyServer, ...hosts])
      const fits = (found: X509Certificate) => namesIn(found) === namesText(names)
      return keptOr('server', fits, { for: 'server', commonName: serverName, names })
    },

    clientCertificate: ({ user, groups }, keep) => {
      const purpose: Purpose = { for: 'client', commonName: user, organizations: groups }
      if (keep === undefined) return make(purpose, certificateLife.leafMs, authority)
      const fits = (found: X509Certificate) => {
        const { commonName, organizations } = subjectOf(found)
        return commonName === user && jsonEqual(organizations, groups)
      }
      return keptOr(keep, fits, purpose)
    },
  }
}

const advice =
  'Restore both ca.crt and ca.key from a backup, or remove the folder: kubeconfigs made before will then be refused.'

/** Undefined in a new folder. One file without the other is a loss, or a crash before anything was signed. */
async function keptAuthority(directory: string): Promise<KeyPair | undefined> {
  const pair = await readKeyPair(directory, 'ca')
  if (pair !== undefined) return pair
  const found = await filesOf(directory)
  if (found.some((file) => file.endsWith('.crt'))) {
    throw new AuthorityError(`${directory}: ca.crt or ca.key is missing, ${found.join(', ')} are there. ${advice}`)
  }
  return undefined
}

function checkAuthority(directory: string, pair: KeyPair, nowMs: number): void {
  const certificate = parsed(pair.certificate)
  if (certificate === undefined || !isPairOf(certificate, pair.key)) {
    throw new AuthorityError(`${directory}: ca.crt and ca.key are no certificate and its key. ${advice}`)
  }
  if (nowMs > Date.parse(certificate.validTo)) {
    throw new AuthorityError(`${directory}: ca.crt expired on ${certificate.validTo}. ${advice}`)
  }
}

function isSound(
  pair: KeyPair,
  authority: KeyPair,
  nowMs: number,
  fits: (certificate: X509Certificate) => boolean,
): boolean {
  const certificate = parsed(pair.certificate)
  const signer = parsed(authority.certificate)
  return (
    certificate !== undefined &&
    signer !== undefined &&
    certificate.verify(signer.publicKey) &&
    isPairOf(certificate, pair.key) &&
    nowMs >= Date.parse(certificate.validFrom) &&
    nowMs + certificateLife.renewMs < Date.parse(certificate.validTo) &&
    fits(certificate)
  )
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function isPairOf(certificate: X509Certificate, key: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

function serverNames(hosts: readonly string[]): ServerNames {
  const all = sortedBy(new Set(hosts), (host) => host)
  return { dns: all.filter((host) => isIP(host) === 0), ips: all.filter((host) => isIP(host) !== 0) }
}

function namesText({ dns, ips }: ServerNames): string {
  return [...dns.map((name) => `DNS:${name}`), ...ips.map((ip) => `IP Address:${longForm(ip)}`)].join(', ')
}

function namesIn(certificate: X509Certificate): string {
  return certificate.subjectAltName ?? ''
}

/** As OpenSSL prints an address: IPv6 without its abbreviation. */
function longForm(ip: string): string {
  if (isIP(ip) !== 6) return ip
  const [head = '', tail] = ip.split('::')
  const words = (text: string) => (text === '' ? [] : text.split(':'))
  const missing = tail === undefined ? 0 : 8 - words(head).length - words(tail).length
  return [...words(head), ...Array<string>(missing).fill('0'), ...words(tail ?? '')]
    .map((word) => Number.parseInt(word, 16).toString(16).toUpperCase())
    .join(':')
}
