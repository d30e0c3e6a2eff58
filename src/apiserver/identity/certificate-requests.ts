// Requests for certificates (PKCS #10): reading what is asked, and giving it. Only a name and groups are ever taken from
// one; everything else in the certificate is ours. Whether it may be given is decided elsewhere.

import type { webcrypto } from 'node:crypto'
import type { RequestedCertificate } from '../../api/certificates.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { type Encoder, encoder, type KeyPair, signedCertificate } from './certificates.ts'

export interface CertificateRequests {
  /** `request`: PEM. Undefined: it cannot be read, or who sent it does not hold the key. */
  read(request: string): Promise<RequestedCertificate | undefined>
  /** PEM of a client certificate for the name and groups of a request that `read` has read. */
  sign(request: string, lifeMs: number): Promise<string>
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

    async sign(request, lifeMs) {
      const x509 = await encoder()
      const parsed = parse(x509, request)
      if (parsed === undefined) throw new Error('sign a certificate request: it cannot be read')
      const { commonName = '', organizations } = requestedBy(parsed)
      const nowMs = clock.now()
      const subject = {
        key: (await parsed.publicKey.export()) as webcrypto.CryptoKey,
        purpose: { for: 'client', commonName, organizations },
        validity: { notBeforeMs: nowMs - certificateRequestLimits.skewMs, notAfterMs: nowMs + lifeMs },
      } as const
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
  }
}

/** The values of one attribute, as plain texts. */
function textsOf(values: readonly (string | object)[] = []): string[] {
  return values.map((value) =>
    typeof value === 'string' ? value : (Object.values(value).find((one) => typeof one === 'string') ?? ''),
  )
}
