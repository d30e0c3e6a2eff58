// Requests for certificates (PKCS #10): reading what is asked, and giving it. Only a name and groups are ever taken from
// one, and for a server the names it serves under; everything else in the certificate is ours. Whether it may be given is decided elsewhere.

import type { webcrypto } from 'node:crypto'
import type { SubjectAlternativeNameExtension } from '@peculiar/x509'
import type { CertificateUse, RequestedCertificate, RequestedServerNames } from '../../api/certificates.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { type Encoder, encoder, type KeyPair, type Purpose, signedCertificate } from './certificates.ts'

export interface CertificateRequests {
  /** `request`: PEM. Undefined: it cannot be read, or who sent it does not hold the key. */
  read(request: string): Promise<RequestedCertificate | undefined>
  /** PEM of a certificate for the name and groups of a request that `read` has read; a server's for its names, too. */
  sign(request: string, use: CertificateUse, lifeMs: number): Promise<string>
}

export interface CertificateRequestsOptions {
  readonly authority: KeyPair
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
}

export const certificateRequestLimits = {
  requestCharacters: 16 * 1024,
  /** Clocks of clients may be this far behind. */
  skewMs: 5 * 60 * 1000,
} as const

export function createCertificateRequests(options: CertificateRequestsOptions): CertificateRequests {
  const { authority, clock, random } = options
  return {
    async read(request) {
      const parsed = parse(await encoder(), request)
      if (parsed === undefined) return undefined
      try {
        return (await parsed.verify()) ? requestedBy(parsed) : undefined
      } catch {
        // A kind of key or signature that nobody here knows.
        return undefined
      }
    },

    async sign(request, use, lifeMs) {
      const x509 = await encoder()
      const parsed = parse(x509, request)
      if (parsed === undefined) throw new Error('sign a certificate request: it cannot be read')
      const { commonName = '', organizations, serverNames: names = { dns: [], ips: [] } } = requestedBy(parsed)
      const nowMs = clock.now()
      const purpose: Purpose =
        use === 'client'
          ? { for: 'client', commonName, organizations }
          : { for: 'server', commonName, organizations, names }
      const subject = {
        key: (await parsed.publicKey.export()) as webcrypto.CryptoKey,
        purpose,
        validity: { notBeforeMs: nowMs - certificateRequestLimits.skewMs, notAfterMs: nowMs + lifeMs },
      }
      return signedCertificate(x509, subject, random, authority)
    },
  }
}

type Parsed = InstanceType<Encoder['Pkcs10CertificateRequest']>

function parse(x509: Encoder, pem: string): Parsed | undefined {
  if (pem.length > certificateRequestLimits.requestCharacters) return undefined
  const [, base64] =
    /^-----BEGIN CERTIFICATE REQUEST-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE REQUEST-----\s*$/.exec(pem) ?? []
  if (base64 === undefined) return undefined
  try {
    return new x509.Pkcs10CertificateRequest(Buffer.from(base64, 'base64'))
  } catch {
    return undefined
  }
}

const subjectAlternativeName = '2.5.29.17'

function requestedBy(parsed: Parsed): RequestedCertificate {
  const parts = parsed.subjectName.toJSON()
  const valuesOf = (kind: string) => parts.flatMap((part) => textsOf(part[kind]))
  const names = valuesOf('CN')
  return {
    commonName: names.length === 1 && names[0] !== '' ? names[0] : undefined,
    organizations: valuesOf('O'),
    hasOtherNames: parsed.extensions.some(({ type }) => type === subjectAlternativeName),
    serverNames: serverNamesOf(parsed),
  }
}

/** Undefined where there are none, or others beside them. */
function serverNamesOf(parsed: Parsed): RequestedServerNames | undefined {
  const [extension, ...more] = parsed.extensions.filter(({ type }) => type === subjectAlternativeName)
  if (extension === undefined || more.length > 0 || !('names' in extension)) return undefined
  const { items } = (extension as SubjectAlternativeNameExtension).names
  const valuesOf = (kind: string) => items.filter(({ type }) => type === kind).map(({ value }) => value)
  const [dns, ips] = [valuesOf('dns'), valuesOf('ip')]
  return items.length > 0 && dns.length + ips.length === items.length ? { dns, ips } : undefined
}

/** The values of one attribute, as plain texts. */
function textsOf(values: readonly (string | object)[] = []): string[] {
  return values.map((value) =>
    typeof value === 'string' ? value : (Object.values(value).find((one) => typeof one === 'string') ?? ''),
  )
}
